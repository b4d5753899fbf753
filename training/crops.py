"""What the second stage learns from: crops around labelled faces, around the detector's finds, and around no face."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.face_detector import FaceDetector
from mask_node.vision.geometry import PAD_GREY, iou_matrix
from mask_node.vision.mask_state import CONTEXT, cut
from training.augment import Picture, Rng, photometric
from training.compose import Album
from training.data import LabelledPicture
from training.draw.nobody import draw_nobody
from training.draw.points import Points
from training.draw.synthesise import synthesise

#: A cached crop shows this much more than the model's, so that shift, scale and turn can be drawn afresh each time.
ROOM = 2.0
#: Side of a cached crop over the side of the model's input.
DETAIL = 2
#: A find that overlaps a face this much is that face; one that overlaps all faces less than `FALSE_IOU` is none.
TRUE_IOU, FALSE_IOU = 0.3, 0.2
#: Share of the crops without a face on which hands or a mask are drawn: these alone are no face.
NOBODY_SHARE = 0.4
#: Faces whose shorter side is at least this many pixels give a part of themselves as what is no face.
NEAR = 60.0
#: Shares of what a batch shows.
NO_FACE_SHARE = 0.22
STATE_SHARES = (0.36, 0.28, 0.36)
SCENES_SHARE = 2 / 3
#: By state: the share of its faces that are drawn on bare ones (a mask worn rightly or wrongly, a hand, a beard) ...
DRAWN_SHARES = (0.10, 0.35, 0.25)
#: ... and the share of the others that get what leaves the state as it is (glasses, a hand on the mask).
TOUCHED_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Crop:
    """A cached crop. picture: (S, S, 3). box: the true face, x, y, w, h in its pixels; None if it shows no face.

    proposals: (N, 4) boxes in its pixels that the detector (or, for no face, chance) proposed here.
    points: the face's landmarks in its pixels, where they are known.
    """

    picture: Picture
    box: NDArray[np.float32] | None
    state: int
    source: str
    proposals: NDArray[np.float32]
    points: Points | None = None


def cached(picture: Picture, box: NDArray[np.float32], size: int) -> tuple[Picture, tuple[float, float, float]]:
    """The crop of `ROOM` times the context around a box, and left, top, scale from picture to crop."""
    x, y, w, h = (float(v) for v in box)
    side = max(4, round(max(w, h) * CONTEXT * ROOM))
    left, top = round(x + w / 2 - side / 2), round(y + h / 2 - side / 2)
    pixels = size * DETAIL
    return cut(picture, left, top, side, pixels), (left, top, pixels / side)


def moved(boxes: NDArray[np.float32], place: tuple[float, float, float]) -> NDArray[np.float32]:
    """(N, 4) boxes of the picture in pixels of the crop at `place`."""
    left, top, scale = place
    return np.asarray((boxes - np.array([left, top, 0, 0], np.float32)) * np.float32(scale), np.float32)


def shifted(points: Points | None, place: tuple[float, float, float]) -> Points | None:
    """(N, 2) points of the picture in pixels of the crop at `place`."""
    left, top, scale = place
    return None if points is None else np.asarray((points - (left, top)) * scale, np.float32)


def crops_of(
    picture: Picture, label: LabelledPicture, finds: NDArray[np.float32], size: int, rng: Rng,
    *, points: Mapping[int, Points] = MappingProxyType({}),
) -> list[Crop]:  # fmt: skip
    """All crops of one picture. finds: (N, 4) boxes that the detector proposed, surest first. points: by face."""
    out = []
    overlaps = iou_matrix(finds, label.boxes)
    for index in np.flatnonzero(~label.ignore):
        image, place = cached(picture, label.boxes[index], size)
        mine = np.flatnonzero(overlaps[:, index] >= TRUE_IOU)
        out.append(
            Crop(image, moved(label.boxes[index][None], place)[0], int(label.states[index]), label.source,
                 moved(finds[mine], place), shifted(points.get(int(index)), place))
        )  # fmt: skip
    wrong = finds[overlaps.max(axis=1, initial=0) < FALSE_IOU][:6]
    for box in np.concatenate([wrong, chance(label, rng), parts(label, rng)]).astype(np.float32):
        image, place = cached(picture, box, size)
        out.append(Crop(image, None, 0, label.source, moved(box[None], place)))
    return out


def chance(label: LabelledPicture, rng: Rng, tries: int = 6, most: int = 2) -> NDArray[np.float32]:
    """(N, 4) random squares of a photograph that hold little of any face; none of single face pictures."""
    if label.source != "scenes":
        return np.zeros((0, 4), np.float32)
    side = np.exp(rng.uniform(np.log(16), np.log(min(label.width, label.height)), tries))
    x, y = rng.uniform(0, label.width - side), rng.uniform(0, label.height - side)
    boxes = np.stack([x, y, side, side * rng.uniform(1.0, 1.3, tries)], axis=1).astype(np.float32)
    return np.asarray(boxes[iou_matrix(boxes, label.boxes).max(axis=1, initial=0) < 0.15][:most], np.float32)


def parts(label: LabelledPicture, rng: Rng) -> NDArray[np.float32]:
    """(N, 4) a square of skin or cloth out of each near face: too little of it to be one."""
    near = label.boxes[~label.ignore & (label.boxes[:, 2:].min(axis=1, initial=np.inf) >= NEAR)].astype(np.float64)
    side = near[:, 2:].min(axis=1) * rng.uniform(0.18, 0.32, len(near))
    corner = near[:, :2] + rng.uniform(0, 1, (len(near), 2)) * (near[:, 2:] - side[:, None])
    return np.concatenate([corner, side[:, None], side[:, None]], axis=1).astype(np.float32)


def collect(
    album: Album, finder: FaceDetector | None, size: int, rng: Rng,
    points: Mapping[Path, Mapping[int, Points]] = MappingProxyType({}),
) -> list[Crop]:  # fmt: skip
    """Crops of a whole album, with the finds of the first stage where there is one. points: by file and face."""
    out = []
    for picture, label in zip(album.pictures, album.labels, strict=True):
        finds = finder.find(picture).boxes if finder else np.zeros((0, 4), np.float32)
        out += crops_of(picture, label, finds, size, rng, points=points.get(label.path, {}))
    return out


@dataclass(frozen=True, slots=True)
class Sample:
    """One training crop. picture: (S, S, 3). box: centre x, y from the middle and log w, h, in sides; or zeros.

    framed: 1 where people drew the box, so that it may teach where boxes end; else 0.
    """

    picture: Picture
    state: int
    face: float
    box: NDArray[np.float32]
    framed: float


class Dealer:
    """Draws samples with the shares above. The same generator state gives the same sample."""

    def __init__(self, crops: Sequence[Crop], size: int) -> None:
        self.size = size
        self.none = [crop for crop in crops if crop.box is None]
        faces = [crop for crop in crops if crop.box is not None]
        self.groups = {
            (state, source): [crop for crop in faces if crop.state == state and crop.source == source]
            for state in range(3)
            for source in ("scenes", "mask_faces")
        }
        # Drawing needs a face large enough to draw on.
        self.bare = [c for c in self.groups[2, "mask_faces"] if c.box is not None and max(c.box[2:]) > size]
        self.bare += [crop for crop in self.groups[2, "scenes"] if crop.points is not None]

    def draw(self, rng: Rng) -> Sample:
        """One sample with light and lens effects."""
        if self.none and rng.random() < NO_FACE_SHARE:
            crop = self.none[int(rng.integers(len(self.none)))]
            if rng.random() < NOBODY_SHARE:
                crop = replace(crop, picture=draw_nobody(crop.picture, rng))
        else:
            crop = self._face(rng)
        sample = place(crop, self.size, rng)
        return replace(sample, picture=photometric(sample.picture, rng))

    def _face(self, rng: Rng) -> Crop:
        state = int(rng.choice(3, p=STATE_SHARES))
        if self.bare and rng.random() < DRAWN_SHARES[state]:
            return drawn(self.bare[int(rng.integers(len(self.bare)))], state, rng)
        # `incorrect` comes from scenes alone; the other two give way so that scenes keep their share overall.
        rest = (SCENES_SHARE - STATE_SHARES[1]) / (1 - STATE_SHARES[1])
        source = "scenes" if state == 1 or rng.random() < rest else "mask_faces"
        group = self.groups[state, source] or self.groups[state, "scenes"] or self.groups[state, "mask_faces"]
        if not group:
            raise ValueError(f"no face of state {state} among the crops")
        crop = group[int(rng.integers(len(group)))]
        return drawn(crop, state, rng) if rng.random() < TOUCHED_SHARE else crop


def drawn(crop: Crop, state: int, rng: Rng) -> Crop:
    """A face's crop with something drawn on it, after which it shows `state`."""
    if crop.box is None:
        return crop
    picture, state = synthesise(crop.picture, crop.box, crop.state, crop.points, rng, wanted=state)
    return replace(crop, picture=picture, state=state)


def place(crop: Crop, size: int, rng: Rng) -> Sample:
    """A view of a crop as the node would cut it around a not quite right box, turned and mirrored at random."""
    box = _proposal(crop, rng)
    side = max(float(box[2]), float(box[3])) * CONTEXT * float(np.exp(rng.normal(0, 0.06)))
    stretch = float(np.exp(rng.normal(0, 0.05)))
    scale = size / side * np.array([stretch, 1 / stretch])
    angle = float(rng.normal(0, 0.1)) if rng.random() < 0.5 else 0.0
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.array([[cos * scale[0], -sin * scale[1]], [sin * scale[0], cos * scale[1]]])
    if rng.random() < 0.5:
        linear[0] = -linear[0]
    middle = box[:2].astype(np.float64) + box[2:] / 2
    shift = np.full(2, size / 2) - linear @ middle
    warp = np.column_stack([linear, shift + linear @ np.array([0.5, 0.5]) - 0.5])
    picture = cv2.warpAffine(crop.picture, warp, (size, size), flags=cv2.INTER_LINEAR, borderValue=(PAD_GREY,) * 3)
    if crop.box is None:
        return Sample(np.asarray(picture, np.uint8), 0, 0.0, np.zeros(4, np.float32), 0.0)
    centre = (linear @ (crop.box[:2] + crop.box[2:] / 2) + shift) / size - 0.5
    extent = np.log(crop.box[2:] * scale / size)
    box = np.concatenate([centre, extent]).astype(np.float32)
    return Sample(np.asarray(picture, np.uint8), crop.state, 1.0, box, float(crop.source == "scenes"))


def _proposal(crop: Crop, rng: Rng) -> NDArray[np.float32]:
    """A box to look at: one of the detector's, or the label jittered somewhat more than the detector errs.

    On new pictures it errs more than on those it learnt from: with half of this jitter boxes were hardly corrected.
    """
    count = len(crop.proposals)
    if crop.box is None or (count and rng.random() < 0.35):
        box, spread = crop.proposals[int(rng.integers(count))], 0.5
    else:
        box, spread = crop.box, 1.0
    extent = box[2:].astype(np.float64)
    move = np.clip(rng.normal(0, 0.14 * spread, 2), -0.35, 0.35) * extent
    grow = np.exp(rng.uniform(np.log(0.72), np.log(1.35)) * spread + rng.normal(0, 0.1 * spread, 2))
    size = extent * grow
    middle = box[:2] + extent / 2 + move
    return np.concatenate([middle - size / 2, size]).astype(np.float32)
