"""The worst mistakes as small pictures. They show people: they belong into a report, never into a repository."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from maskgate.states import MODEL_STATES
from training.data import LabelledPicture
from training.evaluation.faces import FaceTable
from training.evaluation.figures import INCORRECT, MASK
from training.evaluation.matching import FOUND_CONFIDENCE, MATCH_IOU, Floats, Ints, Predictions, overlap

#: How many of each kind, the side of a crop in pixels, and how much more than the box it shows.
MOST, SIDE, CONTEXT = 12, 160, 1.5
_LABEL_COLOUR, _FOUND_COLOUR = (115, 158, 0), (0, 94, 213)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One crop and what went wrong in it.

    picture: a data URI. label, called: states, or why there is none. sure: probability or confidence, 0..1.
    size: width of the box in pixels.
    """

    picture: str
    label: str
    called: str
    sure: float | None
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class _Place:
    picture: int
    label_box: Floats | None
    found_box: Floats | None
    label: str
    called: str
    sure: float | None


def worst(
    truth: Sequence[LabelledPicture], predictions: Sequence[Predictions], table: FaceTable
) -> dict[str, list[Mistake]]:
    """The surest wrong answers, the largest faces missed and the surest false alarms, by kind."""
    wrong = table.found & (table.state != table.label)
    slipped = wrong & (table.state == MASK)
    kinds = {
        "incorrect called mask": slipped & (table.label == INCORRECT),
        "no_mask called mask": slipped & (table.label != INCORRECT),
        "mask called a violation": wrong & (table.label == MASK),
        "incorrect and no_mask confused": wrong & (table.label != MASK) & (table.state != MASK),
    }
    out = {}
    for kind, chosen in kinds.items():
        rows = np.flatnonzero(chosen)
        rows = rows[np.argsort(-table.certainty[rows], kind="stable")][:MOST]
        out[kind] = [_found(truth, predictions, table, row) for row in rows.tolist()]
    rows = np.flatnonzero(~table.found)
    rows = rows[np.argsort(-table.size[rows], kind="stable")][:MOST]
    out["largest faces not found"] = [_missed(truth, table, row) for row in rows.tolist()]
    out["surest false alarms"] = false_alarms(truth, predictions)
    return {kind: [_shown(truth[place.picture], place) for place in places] for kind, places in out.items() if places}


def _found(truth: Sequence[LabelledPicture], predictions: Sequence[Predictions], table: FaceTable, row: int) -> _Place:
    picture = int(table.picture[row])
    return _Place(
        picture,
        truth[picture].boxes[table.index[row]].astype(np.float64),
        predictions[picture].boxes[table.find[row]],
        MODEL_STATES[table.label[row]].value,
        MODEL_STATES[table.state[row]].value,
        float(table.certainty[row]),
    )


def _missed(truth: Sequence[LabelledPicture], table: FaceTable, row: int) -> _Place:
    picture = int(table.picture[row])
    box = truth[picture].boxes[table.index[row]].astype(np.float64)
    return _Place(picture, box, None, MODEL_STATES[table.label[row]].value, "not found", None)


def false_alarms(truth: Sequence[LabelledPicture], predictions: Sequence[Predictions]) -> list[_Place]:
    """Finds that lie on no labelled face, ignored ones included, and on no surer find's face, surest first."""
    out = []
    for picture, (label, seen) in enumerate(zip(truth, predictions, strict=True)):
        boxes = label.boxes.astype(np.float64)
        overlaps = overlap(seen.boxes, boxes, label.ignore)
        alone: Ints = np.flatnonzero(
            (seen.confidences >= FOUND_CONFIDENCE) & (overlaps.max(axis=1, initial=0) < MATCH_IOU)
        )
        for find in alone.tolist():
            near = overlaps[find].max(initial=0.0)
            why = "no face labelled" if near < 0.1 else f"labelled face overlaps by {near:.2f} only"
            state = MODEL_STATES[seen.states[find]].value
            other = boxes[int(overlaps[find].argmax())] if near >= 0.1 else None
            out.append(_Place(picture, other, seen.boxes[find], why, state, float(seen.confidences[find])))
    return sorted(out, key=lambda place: -(place.sure or 0.0))[:MOST]


def _shown(label: LabelledPicture, place: _Place) -> Mistake:
    """Cut around the label, or the find where there is none, with both boxes drawn."""
    box = place.label_box if place.label_box is not None else place.found_box
    if box is None:
        raise ValueError("a mistake needs a place")
    side = max(2.0, float(box[2:].max()) * CONTEXT)
    corner = box[:2] + box[2:] / 2 - side / 2
    scale = SIDE / side
    move = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
    crop = cv2.warpAffine(label.read(), move, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderValue=(114, 114, 114))
    for one, colour in ((place.label_box, _LABEL_COLOUR), (place.found_box, _FOUND_COLOUR)):
        if one is not None:
            low = ((one[:2] - corner) * scale).round().astype(int).tolist()
            high = ((one[:2] + one[2:] - corner) * scale).round().astype(int).tolist()
            cv2.rectangle(crop, low, high, colour, 1, cv2.LINE_AA)
    _, content = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 82])
    uri = "data:image/jpeg;base64," + base64.b64encode(content.tobytes()).decode()
    return Mistake(uri, place.label, place.called, place.sure, label.path.name, round(float(box[2:].max())))
