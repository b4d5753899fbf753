"""Whether a picture can be judged by at all: black, dark, bright, covered or frozen, with hysteresis. Pure.

The levels were set with a wide margin around real pictures: of 503 photographs (scenes val, test and webcam, hazy and
dark selfies among them) and four clips, also darkened by a gamma of 2.5, none is called bad.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mask_node.config_seeing import PictureSettings
from mask_node.sight.thumbnail import Grey, Thumbnail
from maskgate.messages import CameraTrouble

#: Grey levels, 0..255, of the picture's light parts (95th percentile) below which it is black, and dark.
BLACK, DARK = 24, 50
#: The dark parts (5th percentile) above which it is too bright.
BRIGHT = 205
#: The sharper edges (95th percentile of the steps between neighbouring cells) below which it is covered.
FEATURELESS = 6
#: A picture that is bad already must be better than that by so much to be good: hysteresis.
EASE = 1.4
#: A sample that differs by more is another picture: sensors are never this quiet all over.
SAME = 1


@dataclass(frozen=True, slots=True)
class PictureHealth:
    """What is known after a picture. Times in seconds of the source.

    trouble: what is wrong, as it is told. suspected: what the last pictures looked like, since `since`.
    samples: the last picture; the same since `still_since`; same: whether this one was.
    """

    trouble: CameraTrouble | None = None
    suspected: CameraTrouble | None = None
    since: float | None = None
    samples: Grey | None = None
    still_since: float = 0.0
    same: bool = False


def judge(before: PictureHealth, picture: Thumbnail, now: float, settings: PictureSettings) -> PictureHealth:
    """Return what is known after a picture at `now`.

    A trouble is told after `after_s` (`frozen` after `frozen_s`), another one in its place after as long, and its end
    after `clear_s` of good pictures.
    """
    same = before.samples is not None and cv2.norm(before.samples, picture.samples, cv2.NORM_INF) <= SAME
    still_since = before.still_since if same else now
    frozen = now - still_since >= settings.frozen_s
    # What is black stays the same for long without being stuck: it is told as black.
    looks = appearance(picture, before.trouble) or (CameraTrouble.FROZEN if frozen else None)
    since = before.since if looks is before.suspected and before.since is not None else now
    wait = settings.clear_s if looks is None else settings.after_s
    # `frozen` has waited already.
    settled = looks is CameraTrouble.FROZEN or now - since >= wait
    return replace(
        before,
        trouble=looks if settled else before.trouble,
        suspected=looks,
        since=since,
        samples=picture.samples,
        still_since=still_since,
        same=same,
    )


def appearance(picture: Thumbnail, told: CameraTrouble | None = None) -> CameraTrouble | None:
    """Return what is wrong with a single picture; None for a good one.

    told: the trouble told so far, which must be clearly gone to be gone.
    """
    ease = {told: EASE} if told else {}
    # Whole levels, because bytes are compared with whole numbers the fastest.
    black, dark, featureless = (
        math.ceil(level * ease.get(trouble, 1))
        for level, trouble in (
            (BLACK, CameraTrouble.BLACK), (DARK, CameraTrouble.DARK), (FEATURELESS, CameraTrouble.COVERED)
        )
    )  # fmt: skip
    bright = math.floor(255 - (255 - BRIGHT) * ease.get(CameraTrouble.BRIGHT, 1))
    # Percentiles by counting: to sort the picture would cost ten times as much.
    samples, few, most = picture.samples, 0.05 * picture.samples.size, 0.95 * picture.samples.size
    if np.count_nonzero(samples < dark) >= most:
        return CameraTrouble.BLACK if np.count_nonzero(samples < black) >= most else CameraTrouble.DARK
    if np.count_nonzero(samples <= bright) < few:
        return CameraTrouble.BRIGHT
    return CameraTrouble.COVERED if _featureless(picture.cells, featureless) else None


def _featureless(cells: Grey, least: int) -> bool:
    """Return whether the 95th percentile of the steps between neighbours is below `least` in both directions."""
    for one, other in ((cells[:, 1:], cells[:, :-1]), (cells[1:], cells[:-1])):
        steps = cv2.absdiff(one, other)
        if np.count_nonzero(steps < least) <= int(0.95 * steps.size):
            return False
    return True
