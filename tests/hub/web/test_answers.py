"""Whoever commands a door at a page is answered, whatever becomes of the store or of the hub."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from hub.inputs import Answer, Asked, CommandIn
from hub.questions import NotTakenError, Questions
from hub.roles import Role
from hub.web.api import commands
from maskgate.clock import SystemClock
from maskgate.messages import Acknowledge, DoorState, Entry, LockState, Mode
from tests.hub.web.conftest import until
from tests.hub.web.hall import Hall

CLOCK = SystemClock()
DOOR = DoorState(
    door="front", name="Front", at=CLOCK.now(), mode=Mode.HARD, entry=Entry.OPEN, lock=LockState.LOCKED
)  # fmt: skip


@contextmanager
def stuck(hall: Hall) -> Iterator[None]:
    """Meanwhile the store takes nothing: somebody else holds it."""
    with create_engine(hall.db.url).connect() as other:
        other.exec_driver_sql("BEGIN EXCLUSIVE")
        yield
        other.rollback()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gives up by the clock, so that an answer comes for another reason or not at all."""
    monkeypatch.setattr(commands, "PATIENCE_S", 600.0)


@pytest.mark.usefixtures("patient")
def test_a_store_that_is_stuck_is_said_and_what_was_refused_is_not_obeyed_later(hall: Hall) -> None:
    with hall.browser(Role.OPERATOR) as client, ThreadPoolExecutor(3) as people:
        with stuck(hall):
            waiting = [people.submit(client.post, "/api/v1/doors/front/mode", json={"mode": "off"}) for _ in range(3)]
            first = [one.result(60) for one in waiting]
            begun = time.monotonic()
            later = client.post("/api/v1/doors/front/mode", json={"mode": "off"})
            assert time.monotonic() - begun < 5, "while it is stuck, at once"
        for answer in (*first, later):
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            assert "the store takes nothing just now" in answer.json()["detail"]
            assert answer.headers["retry-after"] == "5"

        def obeyed() -> httpx.Response | None:
            answer = client.post("/api/v1/doors/yard/mode", json={"mode": "off"})
            return answer if answer.status_code == 200 else None

        assert until(obeyed, "the store to take commands again").json()["door"]["mode"] == "off"
        assert client.get("/api/v1/doors/front").json()["state"]["mode"] == "hard"


@pytest.mark.usefixtures("patient")
def test_a_hub_that_stops_answers_who_waits_and_who_comes(hall: Hall) -> None:
    with hall.browser(Role.OPERATOR) as client, ThreadPoolExecutor(1) as people:
        with stuck(hall):
            waiting = people.submit(client.post, "/api/v1/doors/front/lock", json={"action": "lock"})
            until(lambda: hall.engine._asking._open, "the command to wait")
            hall.engine.stop()
            answers = [waiting.result(60), client.post("/api/v1/doors/front/lock", json={"action": "lock"})]
        for answer in answers:
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        said = [answer.json()["detail"] for answer in answers]
        assert any(word in said[0] for word in ("the hub is stopping", "the store takes nothing")), "either is so"
        assert "the hub is stopping" in said[1]


@given(steps=st.lists(st.sampled_from(["ask", "begin", "give up", "refuse", "decide", "fail", "write"]), max_size=30))
def test_nothing_is_obeyed_after_it_was_refused_or_given_up(steps: list[str]) -> None:
    asking = Questions()
    waiting: list[Asked] = []
    begun: list[Asked] = []
    over: list[Asked] = []
    refusing = deciding = False
    for number, step in enumerate(steps):
        match step:
            case "ask" if refusing:
                with pytest.raises(NotTakenError, match="stuck"):
                    asking.ask(CommandIn("front", Acknowledge(sent_at=CLOCK.now()), mark=f"mark-{number}"))
            case "ask":
                command = CommandIn("front", Acknowledge(sent_at=CLOCK.now()), mark=f"mark-{number}")
                waiting.append(asking.ask(command))
            case "begin" if waiting and not deciding:
                asked = waiting.pop(0)
                assert asking.begin(asked) is (asked not in over)
                begun += [] if asked in over else [asked]
            case "give up" if waiting:
                assert waiting[0].answer.cancel() or waiting[0] in over
                over.append(waiting[0])
            case "refuse":
                asking.refuse("the store is stuck")
                refusing = True
                over += waiting if deciding else [*waiting, *begun]
            case "decide" if not deciding:
                taken = asking.deciding([one.item for one in begun])
                deciding, begun = True, [one for one in begun if one not in over]
                assert list(taken) == [one.item for one in begun]
            case "fail" | "write" if deciding:
                asking.decided(written=step == "write")
                deciding = False
                if step == "write":
                    for one in begun:
                        one.answer.set_result(Answer(True, DOOR, ()))
                    refusing = False
                    begun.clear()
        assert all(one.answer.done() for one in over), "whoever waits is told"
        assert not any(one.answer.done() for one in begun if one not in over), "and nobody else"
