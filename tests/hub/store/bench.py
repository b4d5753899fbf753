"""`make bench-migrate`: how long a store that an older program left takes to be brought to this one's tables."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import Engine, func, select, text

from hub.store import open_store, schema
from hub.store.migrate import HEAD
from tests.hub.postgres import Postgres, place, programs
from tests.hub.web.crowd import many

DAYS = 30
MB = 1_000_000


def main() -> None:
    """Fill, bring up, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--steps", default="0001,0005", help="at which steps the stores are, with commas between")
    options = parser.parse_args()
    print(f"{'store':>10} {'from':>6} {'seconds':>8} {'cpu s':>8} {'MB before':>10} {'MB after':>9} {'most MB':>8}")
    with tempfile.TemporaryDirectory(prefix="maskgate-bench-") as folder:
        for step in options.steps.split(","):
            measure(str(Path(folder) / f"{step}.db"), step, options.passages)
    if (found := programs()) is not None:
        cluster = Postgres(found)
        try:
            for step in options.steps.split(","):
                measure(cluster.new(), step, options.passages)
        finally:
            cluster.stop()


@contextmanager
def at_step(step: str) -> Iterator[None]:
    """Within it this program knows no newer tables than those."""
    with patch("hub.store.migrate.HEAD", step):
        yield


def measure(database: str, step: str, passages: int) -> None:
    """Time one; raises `AssertionError` where a row is missing afterwards."""
    with at_step(step):
        db = open_store(place(database))
    many(db, passages, DAYS, datetime.now(UTC))
    held, before = rows(db), size(db)
    db.dispose()
    began, worked = time.perf_counter(), time.process_time()
    db = open_store(place(database))
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    assert rows(db) == held, "every row is there"
    with db.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
    # SQLite keeps all that one transaction writes beside the store until it is over; its file stays as long as it was.
    most = size(db) + wal(db)
    print(
        f"{db.dialect.name:>10} {step:>6} {seconds:8.1f} {worked:8.1f} {before / MB:10.0f} {size(db) / MB:9.0f} "
        f"{most / MB:8.0f}", flush=True,
    )  # fmt: skip
    db.dispose()


def rows(db: Engine) -> list[int | None]:
    """Count what must not be lost."""
    with db.connect() as connection:
        tables = (schema.passages, schema.decisions)
        found = [connection.scalar(select(func.count()).select_from(table)) for table in tables]
        return [*found, connection.scalar(select(func.count(schema.notices.c.seq)))]


def size(db: Engine) -> int:
    """Return how many bytes the store takes."""
    if db.dialect.name != "sqlite":
        with db.connect() as connection:
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    return Path(str(db.url.database)).stat().st_size


def wal(db: Engine) -> int:
    """Return how many bytes lie beside a SQLite file."""
    beside = Path(f"{db.url.database}-wal") if db.dialect.name == "sqlite" else None
    return beside.stat().st_size if beside and beside.exists() else 0


if __name__ == "__main__":
    main()
