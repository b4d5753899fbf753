"""Judge several detectors on several splits in one run; the result is what `evaluation.json` holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from mask_node.vision.types import Detector
from training.data import LabelledPicture, read_scenes
from training.evaluation.agreement import Agreement, agreement
from training.evaluation.curves import Curves, confusion, curves, roc_area
from training.evaluation.faces import FaceTable, face_table
from training.evaluation.figures import confusions, figures, precisions
from training.evaluation.intervals import RESAMPLES, Estimate, Statistic, estimate, resamples
from training.evaluation.look import as_predictions
from training.evaluation.matching import FOUND_CONFIDENCE, Predictions
from training.evaluation.measures import Measures, measure
from training.evaluation.slices import OURS as OUR_TAGS
from training.evaluation.slices import Slice, read_tags, slices

#: Figures that are compared between two detectors, on the same resamples.
COMPARED = (
    "map50", "map50_large", "compliance50", "compliance50_large", "recall",
    "violations_called_mask", "masked_called_violation", "state_accuracy",
)  # fmt: skip


#: The detectors' keys in a result.
OURS, FLOAT, PEER = "ours", "ours_float", "peer"


@dataclass(frozen=True, slots=True)
class Subject:
    """One detector to judge. key: its name in the result. least: confidence from which its finds count as found."""

    key: str
    detector: Detector
    least: float = FOUND_CONFIDENCE


@dataclass(frozen=True, slots=True)
class Seen:
    """What one detector made of a split."""

    predictions: list[Predictions]
    measures: list[Measures]
    ms: float


@dataclass(frozen=True, slots=True)
class SliceResult:
    """faces, pictures: how many are in it; None where they are not labelled."""

    name: str
    rule: str
    faces: int | None
    pictures: int | None
    figures: dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class Judged:
    """One detector on one split. confusion: rows true, columns called, the last: not found. ms: median of a look."""

    model_id: str
    found_confidence: float
    ms: float
    figures: dict[str, Estimate]
    confusion: list[list[int]]
    slices: list[SliceResult]
    curves: Curves


@dataclass(frozen=True, slots=True)
class SplitResult:
    """differences: `first minus second` of the compared figures. agreement: of int8 with float."""

    pictures: int
    faces: int
    faces_by_state: list[int]
    models: dict[str, Judged]
    differences: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All splits, and what is needed to show mistakes."""

    splits: dict[str, SplitResult]
    tables: dict[tuple[str, str], FaceTable]
    truth: dict[str, list[LabelledPicture]]
    seen: dict[tuple[str, str], Seen]


def evaluate(
    subjects: Sequence[Subject],
    data: Path,
    splits: Sequence[str],
    *,
    count: int = RESAMPLES,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Look at every picture with every detector, then measure. The first subject is the one that others differ from."""
    out = Evaluation({}, {}, {}, {})
    tags = read_tags(OUR_TAGS, data / "scenes" / "slices.csv")
    for split in splits:
        truth = read_scenes(data, split)
        true_measures = [measure(label.read(), label.boxes) for label in truth]
        draws = resamples(len(truth), count, seed)
        statistics: dict[str, dict[str, Statistic]] = {}
        models = {}
        for subject in subjects:
            say(f"{split}: {subject.key} looks at {len(truth)} pictures")
            seen = look_and_measure(subject.detector, truth)
            table = face_table(truth, seen.predictions, subject.least)
            parts = slices(truth, seen.predictions, true_measures, seen.measures, tags)
            statistics[subject.key] = figures(truth, seen.predictions, table) | {"violation_roc_area": roc_area(table)}
            models[subject.key] = Judged(
                model_id=subject.detector.model_id,
                found_confidence=subject.least,
                ms=seen.ms,
                figures={name: estimate(s, draws) for name, s in statistics[subject.key].items()},
                confusion=confusion(table),
                slices=[slice_result(part, truth, seen.predictions, table, draws) for part in parts],
                curves=curves(truth, seen.predictions, table, draws),
            )
            out.seen[split, subject.key], out.tables[split, subject.key] = seen, table
        out.truth[split] = truth
        out.splits[split] = _together(truth, models, statistics, draws, _agreement(out, split))
    return out


def look_and_measure(detector: Detector, truth: Sequence[LabelledPicture]) -> Seen:
    """What the detector finds, and what the rules of slices measure around each find."""
    predictions, measures, times = [], [], []
    for label in truth:
        picture = label.read()
        sight = detector.detect(picture)
        times.append(sight.ms["total"])
        predictions.append(as_predictions(sight.faces))
        measures.append(measure(picture, predictions[-1].boxes))
    return Seen(predictions, measures, median(times) if times else float("nan"))


def slice_result(
    part: Slice,
    truth: Sequence[LabelledPicture],
    predictions: Sequence[Predictions],
    table: FaceTable,
    draws: np.ndarray,
) -> SliceResult:
    """The figures of one slice; average precision only where detections can be told apart by its rule."""
    if part.members is None:
        return SliceResult(part.name, part.rule, None, None, {})
    inside = [member.truth for member in part.members]
    among = np.array([inside[p][i] for p, i in zip(table.picture, table.index, strict=True)], np.bool_)
    statistics = confusions(table, among)
    if part.precise:
        precise = precisions(truth, predictions, part.members)
        statistics = {name: precise[name] for name in ("map50", "compliance50")} | statistics
    return SliceResult(
        part.name,
        part.rule,
        int(among.sum()),
        len(np.unique(table.picture[among])),
        {name: estimate(s, draws) for name, s in statistics.items()} if among.any() else {},
    )


def difference(first: Statistic, second: Statistic) -> Statistic:
    """First minus second, on the same resamples: much narrower than the two intervals beside one another."""
    return lambda weights: first(weights) - second(weights)


def _together(
    truth: Sequence[LabelledPicture],
    models: dict[str, Judged],
    statistics: dict[str, dict[str, Statistic]],
    draws: np.ndarray,
    agreed: Agreement | None,
) -> SplitResult:
    first, *others = models
    states = np.concatenate([np.zeros(0, np.int64), *(label.states[~label.ignore] for label in truth)])
    return SplitResult(
        pictures=len(truth),
        faces=len(states),
        faces_by_state=np.bincount(states.astype(np.int64), minlength=3).tolist(),
        models=models,
        differences={
            f"{first} minus {other}": {
                name: estimate(difference(statistics[first][name], statistics[other][name]), draws) for name in COMPARED
            }
            for other in others
        },
        agreement=agreed,
    )


def _agreement(so_far: Evaluation, split: str) -> Agreement | None:
    pair = [so_far.seen[split, key].predictions for key in (OURS, FLOAT) if (split, key) in so_far.seen]
    return agreement(*pair) if len(pair) == 2 else None
