"""Whether a picture can be judged by at all: black, dark, bright, covered or frozen, with hysteresis. Pure.

The levels were set with a wide margin around real pictures: of 503 photographs (scenes val, test and webcam, hazy and
dark selfies among them) and four clips, also darkened by a gamma of 2.5, none is called bad.
"""

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
    same = before.samples is not None and bool(cv2.absdiff(before.samples, picture.samples).max() <= SAME)
    still_since = before.still_since if same else now
    frozen = now - still_since >= settings.frozen_s
    looks = CameraTrouble.FROZEN if frozen else appearance(picture, before.trouble)
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
    counts = np.cumsum(np.bincount(picture.samples.ravel(), minlength=256))
    dark, light = (int(np.searchsorted(counts, share * counts[-1])) for share in (0.05, 0.95))
    ease = {told: EASE} if told else {}
    if light < BLACK * ease.get(CameraTrouble.BLACK, 1):
        return CameraTrouble.BLACK
    if light < DARK * ease.get(CameraTrouble.DARK, 1):
        return CameraTrouble.DARK
    if 255 - dark < (255 - BRIGHT) * ease.get(CameraTrouble.BRIGHT, 1):
        return CameraTrouble.BRIGHT
    if _edges(picture.cells) < FEATURELESS * ease.get(CameraTrouble.COVERED, 1):
        return CameraTrouble.COVERED
    return None


def _edges(cells: Grey) -> float:
    """Return the 95th percentile of the steps between neighbours, the better of both directions."""
    across, down = cv2.absdiff(cells[:, 1:], cells[:, :-1]), cv2.absdiff(cells[1:], cells[:-1])
    return max(
        float(np.partition(steps.ravel(), int(0.95 * steps.size))[int(0.95 * steps.size)]) for steps in (across, down)
    )
