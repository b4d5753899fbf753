"""One fault at a random moment, from the side of the lock."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.system.safe.camera import Mood
from tests.system.safe.faults import Fault
from tests.system.safe.site import DOORS, SafeError, Site, until

#: A lock that has not moved after so many seconds never does.
NEVER_S = 30.0
#: Until the fault, and from the safe state until the fault's end, in seconds.
MOMENT_S, AWAY_S = (0.2, 3.0), (1.0, 6.0)
#: How long the locks are listened to once all works again: longer than a hub waits before it does what it owes.
QUIET_S = 3.0
RECOVERS_S = 120.0
VISITS, VISIT_S = 3, 15.0


@dataclass
class Row:
    """What one fault did at one door. since: see `Fault.felt`; `-` where the fault is none for this door."""

    fault: str
    door: str
    since: str
    took: list[float] = field(default_factory=list)
    never: int = 0
    locked_again: int = 0
    unlocked: int = 0

    def record(self) -> dict[str, Any]:
        """Return what is printed."""
        took = sorted(self.took)
        return {
            "fault": self.fault, "door": self.door, "since": self.since, "trials": len(took) + self.never,
            "p50": rank(took, 0.5), "p99": rank(took, 0.99), "max": took[-1] if took else None,
            "never": self.never, "locked_again": self.locked_again, "unlocked": self.unlocked,
        }  # fmt: skip


def rank(values: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile of sorted values."""
    return values[max(0, -int(-share * len(values) // 1) - 1)] if values else None


def run(
    faults: Sequence[Fault], trials: int, folder: Path, *, seed: int = 1, told: Callable[[str], None] = lambda _: None
) -> list[Row]:
    """Try each fault so many times, in mixed order, at one site. `told`: of each trial's end.

    Raises `SafeError` where the site does not work before or after a fault.
    """
    chance = random.Random(seed)
    rows = {fault.name: {door: Row(fault.name, door, fault.felt.get(door, "-")) for door in DOORS} for fault in faults}
    order = [fault for fault in faults for _ in range(trials)]
    chance.shuffle(order)
    with Site(folder, faults[0].site) as site:
        until(site.rests, lambda: f"a site that works; {site.wrong()}")
        for number, fault in enumerate(order, 1):
            took = _trial(site, fault, rows[fault.name], chance)
            told(f"{number}/{len(order)} {fault.name}: {took}")
    return [row for by_door in rows.values() for row in by_door.values()]


def _trial(site: Site, fault: Fault, rows: dict[str, Row], chance: random.Random) -> str:
    _admit(site, chance)
    time.sleep(chance.uniform(*MOMENT_S))
    if shut := [door for door in fault.felt if site.records[door].stands != "unlock"]:
        raise SafeError(f"{fault.name}: {shut} stood in the safe state before the fault came; {site.wrong()}")
    began = time.monotonic()
    fault.begin(site)
    safe = {door: _locked(site, door, began) for door, since in fault.felt.items() if since == "fault"}
    site.camera.leave()
    # Else she is let in again with good reason as soon as all works.
    until(lambda: site.camera.empty, lambda: "her to be gone")
    time.sleep(chance.uniform(*AWAY_S))
    ended = time.monotonic()
    fault.end(site)
    safe |= {door: _locked(site, door, ended) for door, since in fault.felt.items() if since == "return"}
    _recover(site, fault)
    for door, at in safe.items():
        if at is None:
            rows[door].never += 1
        else:
            rows[door].took.append(at - (ended if fault.felt[door] == "return" else began))
        rows[door].locked_again += site.records[door].since(at or ended).count("lock")
    for door in DOORS:
        rows[door].unlocked += site.records[door].opened(began)
    _rest(site)
    return ", ".join(f"{door} {rows[door].took[-1]:.2f} s" if at else f"{door} never" for door, at in safe.items())


def _admit(site: Site, chance: random.Random) -> None:
    """Let somebody in at both doors; sometimes she stays before the camera, sometimes she goes."""
    for _ in range(VISITS):
        began = time.monotonic()
        site.camera.visit()
        if all(site.records[door].wait("unlock", began, began + VISIT_S - time.monotonic()) for door in DOORS):
            if chance.random() < 0.5:
                site.camera.leave()
            return
        site.camera.leave()
        time.sleep(3)  # she is out of sight: who comes next is somebody else
    raise SafeError(f"nobody was let in; {site.wrong()}")


def _locked(site: Site, door: str, after: float) -> float | None:
    return site.records[door].wait("lock", after, after + NEVER_S - time.monotonic())


def _recover(site: Site, fault: Fault) -> None:
    """Wait until all works again, and for what the hub may still do about it."""
    until(site.works, lambda: f"all to work again after {fault.name}; {site.wrong()}", RECOVERS_S)
    time.sleep(QUIET_S)
    until(site.works, lambda: f"all to work still after {fault.name}; {site.wrong()}", RECOVERS_S)


def _rest(site: Site) -> None:
    """End the grants that the fault did not end: nobody is let in by a camera that is away."""
    if not site.rests():
        site.camera.set(Mood.GONE)
        until(lambda: site.blind() and site.locked(), lambda: f"the doors to be locked; {site.wrong()}")
        site.camera.set(Mood.WELL)
    until(site.rests, lambda: f"the doors to rest; {site.wrong()}", RECOVERS_S)
