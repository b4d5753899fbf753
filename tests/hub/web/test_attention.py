"""What the console says at its top: everything once, the gravest first."""

from datetime import UTC, datetime
from typing import Any

from hub.watch.problem import Finding, Kind, Problem, Severity
from hub.web import Health
from hub.web.pages import attention

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


def card(problem: str | None = None, lock: str = "locked") -> dict[str, Any]:
    return {"id": "front", "name": "Front entry", "emergency": False, "problem": problem, "lock": ("x", lock)}


def stands(kind: Kind, text: str, *, severe: bool = False, door: str | None = None, node: str | None = None) -> Problem:
    severity = Severity.SEVERE if severe else Severity.WARNING
    return Problem(Finding(text, kind, severity, text, door=door, node=node), NOW)


def test_what_the_watch_finds_stands_beside_what_doors_say_and_nothing_stands_twice() -> None:
    node = {"id": "cam-front", "door": "Front entry", "chip": ("Offline", "bad"), "bad": None}
    found = attention.problems(
        Health(broker="is away", notices="2 given up"),
        [card("The lock did not answer", "bad")],
        [node],
        [
            stands(Kind.BROKER, "The broker is away", severe=True),
            stands(Kind.LOCK, "The lock did not answer", severe=True, door="front"),
            stands(Kind.NODE, "The camera board cam-front is silent", door="front", node="cam-front"),
            stands(Kind.MAIL, "Notices to guard do not get through"),
            stands(Kind.DISK, "The disk is full", severe=True),
        ],
    )
    assert [(one.text, one.path) for one in found] == [
        ("The hub does not hear the cameras and locks: broker is away.", "/nodes"),
        ("Front entry: The lock did not answer.", "/doors/front"),
        ("The disk is full.", "/"),
        ("The camera board cam-front is silent.", "/nodes"),
        ("Notices to guard do not get through.", "/notices?status=failed"),
    ]
    assert [one.grave for one in found] == [True, True, True, False, False]


def test_what_a_person_acknowledged_at_the_door_is_still_said_of_the_site() -> None:
    found = attention.problems(
        Health(), [card()], [], [stands(Kind.LOCK, "The lock did not answer", severe=True, door="front")]
    )
    assert [one.text for one in found] == ["Front entry: The lock did not answer."]


def test_nothing_is_said_when_nothing_is_wrong() -> None:
    node = {"id": "cam-front", "door": "Front entry", "chip": ("Online", "good"), "bad": None}
    assert attention.problems(Health(), [card()], [node], []) == []
