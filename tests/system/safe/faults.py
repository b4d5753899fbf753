"""The faults: how each begins and ends, at which doors it must be felt, and from when that is counted."""

import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.system.safe.camera import Mood
from tests.system.safe.site import DOORS, Kind, Site

#: From the fault itself; or from its end, where nothing can reach the lock before.
From = Literal["fault", "return"]


@dataclass(frozen=True)
class Fault:
    """felt: the doors whose locks must go to their safe state, and from when that counts."""

    name: str
    begin: Callable[[Site], object]
    end: Callable[[Site], object]
    felt: dict[str, From] = field(default_factory=lambda: dict.fromkeys(DOORS, "fault"))
    site: Kind = "sqlite"
    cheap: bool = False  # of those that a test tries as well


def _each(number: signal.Signals) -> Callable[[Site], None]:
    def send(site: Site) -> None:
        for board in site.boards.values():
            board.send(number)

    return send


def _nothing(_site: Site) -> None:
    """It mends itself."""


def _break_models(site: Site) -> None:
    """The file is broken, and the board begins anew: it does not come up."""
    site.break_models("front", broken=True)
    site.boards["front"].end()
    site.boards["front"].start()


def _mend_models(site: Site) -> None:
    site.break_models("front", broken=False)
    site.boards["front"].close()
    site.boards["front"].start()


class _Held:
    """The lock on the file of one site's store."""

    def __init__(self) -> None:
        self._by: dict[Site, sqlite3.Connection] = {}

    def begin(self, site: Site) -> None:
        self._by[site] = site.lock_database()

    def end(self, site: Site) -> None:
        self._by.pop(site).close()


def _hub_returns(site: Site) -> None:
    site.hub.start()


def _postgres(word: str) -> Callable[[Site], None]:
    def do(site: Site) -> None:
        assert site.postgres is not None
        getattr(site.postgres, word)()

    return do


_held = _Held()
_FRONT: dict[str, From] = {"front": "fault"}
_BACK: dict[str, From] = {"back": "fault"}
#: Nothing reaches the lock on MQTT while the broker is away; it is told on the return.
_BROKER: dict[str, From] = {"front": "return", "back": "fault"}

FAULTS: tuple[Fault, ...] = (
    Fault(
        "node: killed", lambda site: site.boards["front"].kill(), lambda site: site.boards["front"].start(), _FRONT,
    ),
    Fault(
        "node: hangs", lambda site: site.boards["front"].send(signal.SIGSTOP),
        lambda site: site.boards["front"].send(signal.SIGCONT), _FRONT, cheap=True,
    ),
    Fault(
        "camera: gone", lambda site: site.camera.set(Mood.GONE), lambda site: site.camera.set(Mood.WELL)
    ),
    Fault("camera: silent", lambda site: site.camera.set(Mood.SILENT), lambda site: site.camera.set(Mood.WELL)),
    Fault("camera: black", lambda site: site.camera.set(Mood.BLACK), lambda site: site.camera.set(Mood.WELL)),
    Fault("camera: frozen", lambda site: site.camera.set(Mood.FROZEN), lambda site: site.camera.set(Mood.WELL)),
    Fault("detector: hangs", _each(signal.SIGUSR1), _nothing),
    Fault("detector: fails", _each(signal.SIGUSR2), _nothing),
    Fault("detector: its file is broken at a start", _break_models, _mend_models, _FRONT),
    Fault(
        "broker: killed", lambda site: site.broker.stop(kill=True), lambda site: site.broker.start(), _BROKER,
    ),
    Fault(
        "broker: hangs", lambda site: site.broker.process and site.broker.process.send_signal(signal.SIGSTOP),
        lambda site: site.broker.process and site.broker.process.send_signal(signal.SIGCONT), _BROKER,
    ),
    Fault("hub: killed", lambda site: site.hub.kill(), _hub_returns, _BACK),
    Fault(
        "hub: hangs", lambda site: site.hub.send(signal.SIGSTOP), lambda site: site.hub.send(signal.SIGCONT), _BACK
    ),
    Fault("database: SQLite locked by another", _held.begin, _held.end, cheap=True),
    Fault(
        "database: no room on the disk", lambda site: site.fill_disk(full=True),
        lambda site: site.fill_disk(full=False),
    ),
    Fault("database: PostgreSQL hangs", _postgres("hang"), _postgres("go_on"), site="postgresql"),
    Fault("database: PostgreSQL killed", _postgres("kill"), _postgres("start"), site="postgresql"),
    Fault(
        "Home Assistant: gone, where it owns the lock", lambda site: site.to_homeassistant.cut(),
        lambda site: site.to_homeassistant.mend(), _FRONT, site="homeassistant",
    ),
)  # fmt: skip
