"""How good predictions are, by COCO's rules at IoU 0.5 (Lin et al. 2014, arXiv:1405.0312), written out in numpy. Pure.

Average precision is the mean of the precision envelope at 101 recalls, of one detection per face, its likeliest state.
`iscrowd` faces are ignored: a detection on one counts neither for nor against. A lower size limit works as COCO's area
ranges do, but on the longer side of a box: ground truth below it is ignored, and so are unmatched detections below it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskgate.states import MODEL_STATES
from training.data import STATE_INDEX, LabelledPicture

Floats = NDArray[np.float64]

#: Detections below this confidence are left out of the two confusion figures, which are about faces found.
FOUND_CONFIDENCE = 0.3
#: The size limit of the second set of figures, in pixels of the longer side.
LARGE = 40.0
MATCH_IOU = 0.5
RECALLS = np.linspace(0.0, 1.0, 101)

#: Class of each state index for the two ways of counting.
THREE_STATES = (0, 1, 2)
COMPLIANCE = (0, 1, 1)


@dataclass(frozen=True, slots=True)
class Predictions:
    """Faces of one picture. boxes: (N, 4) x, y, w, h in its pixels. states: (N,) index. confidences: (N,) 0..1."""

    boxes: Floats
    states: NDArray[np.int64]
    confidences: Floats


@dataclass(frozen=True, slots=True)
class Score:
    """Shares 0..1; NaN where a split holds no such face. `large`: faces whose longer side is 40 px or more."""

    map50: float
    map50_large: float
    compliance50: float
    compliance50_large: float
    ap50: dict[str, float]
    violations_called_mask: float
    masked_called_violation: float
    violations_found: int
    masked_found: int
    pictures: int
    faces: int


def score(truth: Sequence[LabelledPicture], predictions: Sequence[Predictions]) -> Score:
    """All figures of one split. The two sequences are parallel; raises ValueError if they are not."""
    pairs = list(zip(truth, predictions, strict=True))
    by_state = per_class(pairs, THREE_STATES, 0.0)
    slipped, violations = confusion(pairs, wanted=1)
    blamed, masked = confusion(pairs, wanted=0)
    return Score(
        map50=mean(by_state),
        map50_large=mean(per_class(pairs, THREE_STATES, LARGE)),
        compliance50=mean(per_class(pairs, COMPLIANCE, 0.0)),
        compliance50_large=mean(per_class(pairs, COMPLIANCE, LARGE)),
        ap50={state.value: by_state[STATE_INDEX[state]] for state in MODEL_STATES},
        violations_called_mask=slipped / violations if violations else float("nan"),
        masked_called_violation=blamed / masked if masked else float("nan"),
        violations_found=violations,
        masked_found=masked,
        pictures=len(pairs),
        faces=sum(int((~label.ignore).sum()) for label, _ in pairs),
    )


def mean(values: Sequence[float]) -> float:
    """The mean of those that are numbers: a class without a face in the split has no average precision."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def per_class(
    pairs: Sequence[tuple[LabelledPicture, Predictions]], classes: Sequence[int], least: float
) -> list[float]:
    """Average precision of each class, classes numbered as `classes` maps states. least: size limit in pixels."""
    mapping = np.array(classes)
    out = []
    for number in range(max(classes) + 1):
        scores: list[Floats] = []
        right: list[NDArray[np.bool_]] = []
        positives = 0
        for label, found in pairs:
            mine = mapping[label.states] == number
            boxes = label.boxes[mine].astype(np.float64)
            crowd = label.ignore[mine]
            ignore = crowd | (boxes[:, 2:].max(axis=1, initial=0) < least)
            chosen = np.flatnonzero(mapping[found.states] == number)
            chosen = chosen[np.argsort(-found.confidences[chosen], kind="stable")]
            hit, skip = match(found.boxes[chosen], boxes, ignore, crowd)
            skip |= ~hit & (found.boxes[chosen][:, 2:].max(axis=1, initial=0) < least)
            scores.append(found.confidences[chosen][~skip])
            right.append(hit[~skip])
            positives += int((~ignore).sum())
        out.append(average_precision(np.concatenate(scores), np.concatenate(right), positives) if pairs else np.nan)
    return out


def overlap(a: Floats, b: Floats, crowd: NDArray[np.bool_]) -> Floats:
    """(N, M) IoU of boxes; for crowd ground truth the share of the detection that lies inside, as COCO has it."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=2)
    mine = np.prod(a[:, 2:], axis=1)[:, None]
    union = np.where(crowd[None], mine, mine + np.prod(b[:, 2:], axis=1)[None] - common)
    return np.asarray(common / np.maximum(union, 1e-9), np.float64)


def match(
    found: Floats, truth: Floats, ignore: NDArray[np.bool_], crowd: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which detections (N,), surest first, hit a face, and which landed on an ignored one.

    Each takes the free face it overlaps most; a counted face is preferred to an ignored one, and crowds take many.
    """
    hit, skip = np.zeros(len(found), np.bool_), np.zeros(len(found), np.bool_)
    if not len(truth):
        return hit, skip
    overlaps = overlap(found, truth, crowd)
    free = np.ones(len(truth), np.bool_)
    for index in range(len(found)):
        for kind in (~ignore, ignore):
            values = np.where(kind & (free | crowd), overlaps[index], -1.0)
            best = int(values.argmax())
            if values[best] >= MATCH_IOU:
                free[best] = False
                (skip if ignore[best] else hit)[index] = True
                break
    return hit, skip


def average_precision(scores: Floats, right: NDArray[np.bool_], positives: int) -> float:
    """101-point interpolated average precision; NaN without positives. scores, right: (N,) parallel, any order."""
    if not positives:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    recall = hits / positives
    precision = hits / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    return float(np.append(envelope, 0.0)[np.minimum(at, len(envelope))].mean())


def confusion(pairs: Sequence[tuple[LabelledPicture, Predictions]], wanted: int) -> tuple[int, int]:
    """How many faces of compliance class `wanted` were called the other one, of how many found at all."""
    mapping = np.array(COMPLIANCE)
    wrong = total = 0
    for label, found in pairs:
        sure = np.flatnonzero(found.confidences >= FOUND_CONFIDENCE)
        sure = sure[np.argsort(-found.confidences[sure], kind="stable")]
        if not len(sure) or not len(label.boxes):
            continue
        overlaps = overlap(found.boxes[sure], label.boxes.astype(np.float64), np.zeros(len(label.boxes), np.bool_))
        free = np.ones(len(label.boxes), np.bool_)
        for index, prediction in enumerate(sure):
            values = np.where(free, overlaps[index], -1.0)
            best = int(values.argmax())
            if values[best] < MATCH_IOU:
                continue
            free[best] = False
            if not label.ignore[best] and mapping[label.states[best]] == wanted:
                total += 1
                wrong += int(mapping[found.states[prediction]] != wanted)
    return wrong, total
