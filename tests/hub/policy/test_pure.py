"""The policy is a function of what it is given: it reaches for nothing, and asks nobody what time it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import hub.policy

FILES = sorted(Path(hub.policy.__path__[0]).glob("*.py"))
#: Words, shapes and arithmetic. The two of ours that could do more are handed in: what makes ids, and holidays.
ALLOWED = {
    "bisect", "collections", "dataclasses", "datetime", "enum", "functools", "holidays", "hub.config", "hub.languages",
    "hub.policy", "maskgate.ids", "maskgate.messages", "maskgate.states", "pydantic", "typing", "zoneinfo",
}  # fmt: skip
#: What looks at the world all the same.
CALLS = {"now", "utcnow", "today", "open", "print", "input", "exec", "eval", "monotonic", "time_ns", "getenv", "sleep"}


def reached(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def called(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_reaches_for_nothing_that_talks_to_the_world(file: Path) -> None:
    tree = ast.parse(file.read_text())
    for name in reached(tree):
        assert any(name == one or name.startswith(f"{one}.") for one in ALLOWED), name
    assert not CALLS & set(called(tree))
