"""Whether a look at a picture is worth it. Pure.

A picture is compared with the last one that was looked at, not the last one that came: what changes slowly adds up.
"""

from dataclasses import dataclass

import numpy as np

from mask_node.config_seeing import MotionSettings
from mask_node.sight.thumbnail import Grey


@dataclass(frozen=True, slots=True)
class Motion:
    """What is known after a picture. cells: the last picture looked at. Times in seconds of the source."""

    cells: Grey | None = None
    looked_at: float = 0.0
    moved_at: float | None = None  # the last motion, or the last time that somebody was in view


def wants_look(before: Motion, cells: Grey, now: float, settings: MotionSettings, *, busy: bool) -> tuple[bool, Motion]:
    """Return whether to look at the picture, and what is known afterwards. busy: somebody is in view."""
    if before.cells is None or busy or not settings.enabled:
        return True, Motion(cells, now, now)
    moved_at = now if changed(before.cells, cells, settings.change) >= settings.cells else before.moved_at
    lingering = moved_at is not None and now - moved_at <= settings.linger_s
    if lingering or now - before.looked_at >= settings.look_every_s:
        return True, Motion(cells, now, moved_at)
    return False, before


def changed(one: Grey, other: Grey, least: float) -> int:
    """Return how many cells differ by more than `least` grey levels, the change of the whole picture's light apart."""
    change = other.astype(np.int16) - one
    # The median is the light's: somebody who covers less than half of the picture does not move it.
    change -= np.int16(np.partition(change.ravel(), change.size // 2)[change.size // 2])
    return int(np.count_nonzero(np.abs(change) > least))
