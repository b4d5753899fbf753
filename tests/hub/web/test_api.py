"""The API, asked as programs ask it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from hub.roles import Role
from hub.store import schema, writing
from hub.store.write import add_counts
from maskgate.messages import Counters
from maskgate.states import MaskState
from tests.hub.web.conftest import until
from tests.hub.web.hall import Hall


def rows(hall: Hall, path: str, **params: Any) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    found: list[dict[str, Any]] = []
    with hall.machine(Role.ADMIN) as client:
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = client.get(f"/api/v1/{path}", params={"limit": 3, **params, **more})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found


def test_a_command_is_answered_when_it_is_on_disk_with_the_person_in_it(hall: Hall) -> None:
    with hall.browser(Role.OPERATOR) as client:
        body = {"action": "unlock", "reason": "A delivery", "seconds": 60}
        answer = client.post("/api/v1/doors/front/override", json=body)
        assert answer.status_code == 200
        (made,) = answer.json()["decisions"]
        assert (made["event_type"], made["by"]) == ("override", "a-operator")
        assert "A delivery" in made["text"]
        assert answer.json()["door"]["lock"] == "UNLOCKING"
        with hall.db.connect() as connection:
            topics = list(connection.scalars(schema.outbox.select().with_only_columns(schema.outbox.c.topic)))
        assert "lock/front/set" in topics, "the same way to the lock as every command"
        assert client.post("/api/v1/doors/front/mode", json={"mode": "soft"}).json()["door"]["mode"] == "soft"
        assert client.post("/api/v1/doors/front/message", json={"text": "Lift out of order"}).status_code == 200
    said = [(one["actor"], one["action"], one["door"]) for one in rows(hall, "audit") if one["door"]]
    assert said == [("a-operator", name, "front") for name in ("ShowMessage", "SetMode", "Override")]
    listed = rows(hall, "decisions", event="override")
    assert [one["by"] for one in listed] == ["a-operator"]


def test_an_emergency_wins_over_whoever_locks(hall: Hall) -> None:
    with hall.machine(Role.OPERATOR) as client:
        assert client.post("/api/v1/doors/front/emergency", json={"active": True}).status_code == 200
        answer = client.post("/api/v1/doors/front/lock", json={"action": "lock"})
        assert answer.status_code == 409
        assert "emergency stands" in answer.json()["detail"]
        assert client.get("/api/v1/doors/front").json()["state"]["emergency"] is True


def test_a_test_tries_the_whole_line_and_lets_nobody_in(hall: Hall) -> None:
    with hall.browser(Role.OPERATOR) as client:
        answer = client.post("/api/v1/doors/front/test", json={})
        assert [one["event_type"] for one in answer.json()["decisions"]] == ["denied"]
        assert client.post("/api/v1/doors/front/test", json={"state": "mask"}).status_code == 409
        (listed,) = client.get("/api/v1/passages").json()["items"]
        assert (listed["model"], listed["decision"]["by"]) == ("test by a-operator", "a-operator")


def test_passages_are_listed_page_by_page_and_filtered(hall: Hall) -> None:
    made = [hall.passage(state, door=door) for state, door in (
        (MaskState.MASK, "front"), (MaskState.NO_MASK, "yard"), (MaskState.NO_MASK, "front"), (MaskState.MASK, "front"),
        (MaskState.INCORRECT, "front"), (MaskState.NO_MASK, "front"), (MaskState.MASK, "yard"),
    )]  # fmt: skip
    assert [one["passage"] for one in rows(hall, "passages")] == made[::-1]
    assert [one["passage"] for one in rows(hall, "passages", door="yard")] == [made[6], made[1]]
    assert [one["passage"] for one in rows(hall, "passages", node="cam-front", state="no_mask")] == [made[5], made[2]]
    soon = (hall.clock.now() + timedelta(minutes=1)).isoformat()
    assert rows(hall, "passages", since=soon) == []
    assert len(rows(hall, "passages", until=soon)) == 7
    assert [one["decision"] for one in rows(hall, "decisions", event="denied")] == ["deny"] * 4
    with hall.machine() as client:
        story = client.get(f"/api/v1/passages/{made[0]}").json()
        assert [one["decision"]["event_type"] for one in story["items"]] == ["granted"]
        assert story["pictures"] == []


def test_pages_of_a_list_stand_still_while_people_come(hall: Hall) -> None:
    """Whatever arrives between two pages, what was there is listed once and in order."""
    made = [hall.passage(MaskState.NO_MASK) for _ in range(10)]
    lists = ("passages", "decisions", "audit", "notices")
    with hall.machine(Role.ADMIN) as client, hall.browser(Role.OPERATOR) as operator:
        for _ in range(7):
            operator.post("/api/v1/doors/front/acknowledge")
        before = {path: rows(hall, path) for path in lists}
        assert [one["passage"] for one in before["passages"]] == made[::-1]
        for path in lists:
            found: list[dict[str, Any]] = []
            cursor: str | None = None
            while True:
                answer = client.get(f"/api/v1/{path}", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
                found += answer.json()["items"]
                if (cursor := answer.json()["next"]) is None:
                    break
                hall.passage(MaskState.MASK)
                operator.post("/api/v1/doors/front/test", json={})
            assert found == before[path] if path != "audit" else found[-7:] == before[path][-7:], path
            before = {one: rows(hall, one) for one in lists}


def test_a_revised_passage_is_listed_once_and_told_in_full(hall: Hall) -> None:
    passage = hall.passage(MaskState.NO_MASK)
    with writing(hall.db) as tx:
        table = schema.passages
        row = dict(tx.execute(table.select()).mappings().one())
        tx.execute(table.insert().values(row | {"seq": row["seq"] + 1, "revision": 2, "state": "mask"}))
    assert [(one["passage"], one["revision"]) for one in rows(hall, "passages")] == [(passage, 2)]
    with hall.machine() as client:
        story = client.get(f"/api/v1/passages/{passage}").json()["items"]
    assert [(one["revision"], one["state"]) for one in story] == [(1, "no_mask"), (2, "mask")]


def test_counts_by_hour_day_and_door(hall: Hall) -> None:
    with writing(hall.db) as tx:
        for hour, door, people, wrong in (
            ("2026-11-22T23", "front", 1, 1), ("2026-11-23T08", "front", 10, 2), ("2026-11-23T08", "yard", 5, 0),
            ("2026-11-23T09", "front", 3, 0),
        ):  # fmt: skip
            add_counts(tx, {(door, hour): Counters(people=people, violations=wrong)})
    span = {"since": "2026-11-22", "until": "2026-11-23"}
    with hall.machine() as client:

        def ask(**more: str) -> list[tuple[Any, ...]]:
            found = client.get("/api/v1/counts", params=span | more).json()["items"]
            return [(one["key"], one["people"], one["violations"]) for one in found]

        assert ask() == [("2026-11-22", 1, 1), ("2026-11-23", 18, 2)]
        assert ask(by="door") == [("front", 14, 3), ("yard", 5, 0)]
        assert ask(by="hour", door="front") == [
            ("2026-11-22T23", 1, 1), ("2026-11-23T08", 10, 2), ("2026-11-23T09", 3, 0)
        ]  # fmt: skip
        text = client.get("/api/v1/export/counts.csv", params=span).text
        assert text.splitlines() == ["key,people,violations,late", "2026-11-22,1,1,0", "2026-11-23,18,2,0"]
        assert client.get("/api/v1/counts", params={"since": "2026-11-24", "until": "2026-11-23"}).status_code == 400


def test_the_doors_count_by_hour(hall: Hall) -> None:
    with hall.machine(Role.OPERATOR) as client:
        client.post("/api/v1/doors/front/test", json={})
        (hour,) = client.get("/api/v1/counts", params={"by": "hour"}).json()["items"]
        (day,) = client.get("/api/v1/counts").json()["items"]
    there = hall.clock.now().astimezone(hall.config.zone)
    assert hour["key"] == f"{there:%Y-%m-%dT%H}"
    assert day["key"] == hour["key"][:10]
    assert (hour["people"], hour["violations"]) == (day["people"], day["violations"]) == (1, 1)


def test_the_event_stream_tells_every_decision_in_order_and_goes_on_where_it_was(hall: Hall) -> None:
    with hall.machine(Role.OPERATOR) as client:
        for _ in range(3):
            client.post("/api/v1/doors/front/test", json={})
        heard: list[tuple[int, str]] = []
        number = 0
        with client.stream("GET", "/api/v1/events", headers={"Last-Event-ID": "1"}) as answer:
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    number = int(line[4:])
                elif line.startswith("data: ") and '"event_type"' in line and number:
                    heard.append((number, json.loads(line[6:])["event_type"]))
                    if len(heard) == 2:
                        break
    assert heard == [(2, "denied"), (3, "denied")]
    until(lambda: hall.live.viewers() == 0, "the stream's end")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("doors/nowhere", 404), ("nodes/nowhere", 404), ("passages/no-such-passage", 404), ("nowhere", 404),
        ("passages?limit=0", 422), ("passages?cursor=x", 422), ("passages?cursor=999999999999999-1", 422),
        ("passages?since=9999-12-31T23:59:59-14:00", 422), ("passages?state=beard", 422), ("doors/..%2f..", 404),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_as_problem_details(hall: Hall, path: str, status: int) -> None:
    with hall.machine() as client:
        answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]
