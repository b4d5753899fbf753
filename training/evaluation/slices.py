"""Parts of a split that are hard for a reason: small, dark, hazy faces and so on, told by a rule or by a tag. Pure.

A rule reads pixels, so it says what it measures and no more; docs/training.md states the limits. What no rule can
measure (profile, beard, hand, chin, nose) needs tags: `training/labels/slices.csv` for the photographs we judge by,
`scenes/slices.csv` of the data for others, with the columns `file` (as the COCO file names it), `face` (index of the
label in its picture, from 0, in the file's order) and `tag`. Skin is not sliced by: luminance of a face in unknown
light is not a measure of it.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data import DataError, LabelledPicture
from training.evaluation.figures import MASK, SIZES
from training.evaluation.matching import Flags, Predictions
from training.evaluation.measures import Measures
from training.evaluation.precision import Within, by_size

#: Mean luminance of the surround below this is dark (0..255). About one face in ten of the train pictures.
DARK = 65.0
#: 5th to 95th percentile of the surround's luminance closer than this is hazy. About one in twenty.
HAZY = 125.0
#: Mean Laplacian over contrast of a face of 48 px and more, at 48 px, below this is blurred. About one in fifteen.
BLURRED = 0.25
#: Masks by the middle of the box's lower half: value, saturation and spread of value, 0..255.
DARK_CLOTH, LIGHT_CLOTH, PLAIN, COLOURED, PATTERNED = 80.0, 150.0, 50.0, 90.0, 45.0
CROWD = 5
#: Tags given by eye. The names of the files are hashes of their content, so they mean no others.
OURS = Path(__file__).parents[1] / "labels" / "slices.csv"
#: Tags that are always listed, so that a report says what it could not show.
TAGS = ("profile", "beard", "hand", "chin", "nose")

Tags = dict[str, set[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Slice:
    """Which faces of a split.

    members: one per picture, or None where nothing is labelled. precise: detections can be told apart by the rule
    too, so that average precision has a meaning.
    """

    name: str
    rule: str
    members: list[Within] | None
    precise: bool


BoxRule = Callable[[Measures], Flags]

BOX_RULES: dict[str, tuple[str, BoxRule]] = {
    "dark": (f"mean luminance of the surround below {DARK:g}", lambda m: m.luminance < DARK),
    "hazy": (f"luminance of the surround spans less than {HAZY:g}", lambda m: m.contrast < HAZY),
    "blurred": (f"48 px and more, sharpness below {BLURRED:g}", lambda m: m.sharpness < BLURRED),
}
CLOTH_RULES: dict[str, tuple[str, BoxRule]] = {
    "dark mask": (f"masked, value below {DARK_CLOTH:g}", lambda m: m.cloth[:, 2] < DARK_CLOTH),
    "light mask": (
        f"masked, value from {LIGHT_CLOTH:g}, saturation below {PLAIN:g}",
        lambda m: (m.cloth[:, 2] >= LIGHT_CLOTH) & (m.cloth[:, 1] < PLAIN),
    ),
    "coloured mask": (
        f"masked, saturation from {COLOURED:g}, not dark",
        lambda m: (m.cloth[:, 1] >= COLOURED) & (m.cloth[:, 2] >= DARK_CLOTH),
    ),
    "patterned mask": (
        f"masked, spread of value from {PATTERNED:g} (also hard shadows and edges)",
        lambda m: m.cloth[:, 3] >= PATTERNED,
    ),
}
PICTURE_RULES: dict[str, tuple[str, Callable[[LabelledPicture], bool]]] = {
    "two people": ("pictures with two labelled faces", lambda label: len(label.boxes) == 2),
    "crowded": (f"pictures with {CROWD} labelled faces and more", lambda label: len(label.boxes) >= CROWD),
    "door camera": ("webcam pictures named *-photo: dark, hazy", lambda label: label.path.stem.endswith("-photo")),
}


def slices(
    truth: Sequence[LabelledPicture],
    predictions: Sequence[Predictions],
    true_measures: Sequence[Measures],
    found_measures: Sequence[Measures],
    tags: Tags,
) -> list[Slice]:
    """Every slice of a split for one detector; all sequences are parallel."""
    pairs = list(zip(truth, predictions, strict=True))
    measures = list(zip(true_measures, found_measures, strict=True))
    out = []
    for name, (least, below) in SIZES.items():
        rule = f"width {least:g} px and more" if np.isinf(below) else f"width {least:g} to {below:g} px"
        out.append(Slice(name, rule, [by_size(label, seen, least, below) for label, seen in pairs], precise=True))
    for name, (text, box_rule) in BOX_RULES.items():
        out.append(Slice(name, text, [Within(box_rule(true), box_rule(seen)) for true, seen in measures], precise=True))
    for name, (text, picture_rule) in PICTURE_RULES.items():
        whole = [_whole(label, seen, inside=picture_rule(label)) for label, seen in pairs]
        out.append(Slice(name, text, whole, precise=True))
    for name, (text, box_rule) in CLOTH_RULES.items():
        worn = [box_rule(true) & (label.states == MASK) for label, true in zip(truth, true_measures, strict=True)]
        out.append(Slice(name, text, _faces_only(worn, predictions), precise=False))
    for tag in dict.fromkeys((*TAGS, *sorted(tags))):
        tagged = _faces_only([_tagged(label, tags[tag]) for label in truth], predictions) if tag in tags else None
        out.append(Slice(tag, "tagged by hand in slices.csv", tagged, precise=False))
    return out


def _whole(label: LabelledPicture, seen: Predictions, *, inside: bool) -> Within:
    return Within(np.full(len(label.boxes), inside), np.full(len(seen.boxes), inside))


def _faces_only(chosen: Sequence[Flags], predictions: Sequence[Predictions]) -> list[Within]:
    return [Within(c, np.zeros(len(p.boxes), np.bool_)) for c, p in zip(chosen, predictions, strict=True)]


def _tagged(label: LabelledPicture, faces: set[tuple[str, int]]) -> Flags:
    # Names relative to scenes/ are a folder and a file.
    name = "/".join(label.path.parts[-2:])
    return np.array([(name, index) in faces for index in range(len(label.boxes))], np.bool_)


def read_tags(*paths: Path) -> Tags:
    """The faces of each tag in these files, of which each may be missing.

    Raises DataError if a file lacks a column or a face is not a whole number.
    """
    tags: Tags = {}
    for path in filter(Path.is_file, paths):
        with path.open(newline="", encoding="utf-8") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                try:
                    tags.setdefault(row["tag"].strip(), set()).add((row["file"].strip(), int(row["face"])))
                except (KeyError, ValueError, AttributeError, TypeError) as error:
                    raise DataError(
                        f"{path}:{number}: needs the columns file, face, tag, face a whole number"
                    ) from error
    return tags
