"""From a thread to viewers in an event loop."""

import asyncio
import threading
from datetime import UTC, datetime

from hub.live import Live, Update
from maskgate.messages import Display, DisplayKind, DoorState, Entry, LockState, Mode

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def say(live: Live, door: str, text: str) -> None:
    state = DoorState(door=door, name=door, at=NOW, mode=Mode.HARD, entry=Entry.OPEN, lock=LockState.LOCKED)
    live.publish(door, state, Display(door=door, at=NOW, kind=DisplayKind.MESSAGE, title="T", text=text, language="en"))


def texts(updates: list[Update]) -> list[str]:
    return [update.display.text for update in updates]


def test_a_new_viewer_gets_the_latest_at_once_and_then_what_comes_from_another_thread() -> None:
    async def watch() -> None:
        live = Live()
        say(live, "front", "before")
        viewer = live.subscribe("front")
        assert texts(await viewer.updates(5)) == ["before"]
        threading.Thread(target=say, args=(live, "front", "after")).start()
        assert texts(await viewer.updates(5)) == ["after"]
        assert await viewer.updates(0.01) == []

    asyncio.run(watch())


def test_a_slow_viewer_keeps_only_the_newest_of_each_door() -> None:
    async def watch() -> None:
        live = Live()
        viewer, other = live.subscribe(), live.subscribe("yard")
        for number in range(10_000):
            say(live, "front", str(number))
        say(live, "yard", "y")
        assert texts(await viewer.updates(5)) == ["9999", "y"]
        assert texts(await other.updates(5)) == ["y"]
        live.end_all()
        assert await viewer.updates(5) == []
        assert viewer.ended
        assert live.viewers() == 0

    asyncio.run(watch())


def test_a_viewer_whose_loop_is_gone_harms_nobody() -> None:
    live = Live()

    async def leave() -> None:
        live.subscribe()

    asyncio.run(leave())
    say(live, "front", "1")
    say(live, "front", "2")
    assert live.viewers() == 0
