"""Whether a face is somebody: people move, portraits, posters and masks on a table do not. Pure.

The picture at the place where a face was first seen is compared with what is there now. Even who stands still sways
by some pixels; of a thing only the light and the noise change, and both are taken out. It does not tell a person from
a photograph that somebody holds up and moves.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.config_seeing import SeeingSettings
from mask_node.sight.crop import face_picture
from mask_node.vision.types import Box, Frame

#: Cells on a side of the picture compared.
CELLS = 16
#: A face whose centre has moved by this share of its size is somebody, whatever the picture at its old place.
WALKED = 0.5
#: So many more looks must show a change than do not, so that a flash or a passer-by's arm is none.
LOOKS = 3
#: Contrast below this, in grey levels, is taken for this.
LEAST_CONTRAST = 8.0

Patch = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of one track. place, patch: of its first look; since: its time in seconds of the source.

    alive: it has moved, once for all. thing: it has not for so long that only walking away would show life.
    """

    place: Box
    patch: Patch
    since: float
    changes: int = 0
    alive: bool = False
    thing: bool = False


def first_look(frame: Frame, box: Box, now: float) -> Life | None:
    """Return what is known after a track's first look; None where its box lies outside of the picture."""
    patch = _patch(frame, box)
    return None if patch is None else Life(box, patch, now)


def look_again(before: Life, frame: Frame, box: Box, now: float, settings: SeeingSettings) -> Life:
    """Return what is known after a further look, at a frame that shows the face in `box`."""
    if before.alive:
        return before
    # A thing shows life by walking away alone: its picture need not be compared.
    patch = None if before.thing else _patch(frame, before.place)
    moved = patch is not None and change(before.patch, patch) >= settings.alive_change
    changes = before.changes + 1 if moved or _walked(before.place, box) else max(0, before.changes - 1)
    alive = changes >= LOOKS
    thing = not alive and (before.thing or now - before.since >= settings.thing_after_s)
    return replace(before, changes=changes, alive=alive, thing=thing)


def change(before: Patch, now: Patch) -> float:
    """Return the 90th percentile of what changed between two patches, as a share of the first's contrast.

    The best gain and offset of the light between the two is taken out first.
    """
    one, other = before - before.mean(), now - now.mean()
    gain = max(0.0, float(np.vdot(one, other)) / max(1e-6, float(np.vdot(other, other))))
    place = int(0.9 * one.size)
    rest = np.partition(np.abs(one - np.float32(gain) * other).ravel(), place)
    return float(rest[place]) / max(LEAST_CONTRAST, math.sqrt(float(np.vdot(one, one)) / one.size))


def _patch(frame: Frame, box: Box) -> Patch | None:
    picture = face_picture(frame, box, CELLS)
    return None if picture is None else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.float32)


def _walked(place: Box, box: Box) -> bool:
    across, down = place[0] - box[0] + (place[2] - box[2]) / 2, place[1] - box[1] + (place[3] - box[3]) / 2
    return math.hypot(across, down) >= WALKED * max(place[2], place[3])
