"""What a store does for a page: each statement is asked again, with EXPLAIN or with SQLite's steps counted."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

#: To look at more rows of a growing table than this for one page is a fault; SQLite takes some steps for each.
MANY, STEPS = 10_000, 10
GROWING = {"passages", "decisions", "notices", "outbox", "audit", "refusals", "evidence"}

Asked = tuple[str, Any]


@contextmanager
def heard(db: Engine) -> Iterator[list[Asked]]:
    """Collect what is asked of a store meanwhile."""
    found: list[Asked] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, executemany: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT") and not executemany:
            found.append((statement, parameters))

    event.listen(db, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db, "before_cursor_execute", note)


def explained(db: Engine, asked: list[Asked]) -> tuple[float, list[str]]:
    """Return how many milliseconds PostgreSQL says that it works for these, and what walks a whole growing table."""
    ms, walks = 0.0, list[str]()
    growing = re.compile(rf"\b({'|'.join(GROWING)})\b")
    with db.connect() as connection:
        for statement, parameters in asked:
            if db.dialect.name == "postgresql":
                (plan,) = connection.exec_driver_sql(
                    f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
                ).scalar_one()
                ms += plan["Planning Time"] + plan["Execution Time"]
                walks += _walked(plan["Plan"], statement)
            elif growing.search(statement) and (steps := _steps(connection, statement, parameters)) > MANY * STEPS:
                walks.append(f"{steps} steps: {_short(statement)}")
    return ms, walks


def _walked(plan: dict[str, Any], statement: str) -> Iterator[str]:
    looked = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    if plan.get("Relation Name") in GROWING and looked * plan["Actual Loops"] > MANY:
        yield f"{plan['Node Type']} of {plan['Relation Name']}, {looked} rows: {_short(statement)}"
    for part in plan.get("Plans", ()):
        yield from _walked(part, statement)


def _steps(connection: Connection, statement: str, parameters: Any) -> int:
    steps, every = 0, 100

    def step() -> int:
        nonlocal steps
        steps += every
        return 0

    raw: Any = connection.connection.driver_connection
    raw.set_progress_handler(step, every)
    connection.exec_driver_sql(statement, parameters).all()
    raw.set_progress_handler(None, 0)
    return steps


def _short(statement: str) -> str:
    return re.sub(r"SELECT .* \nFROM", "SELECT ... FROM", statement, flags=re.DOTALL).replace("\n", "")[:160]
