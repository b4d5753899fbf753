"""`report.html`: one file with everything in it, to be read in a browser without a network, on a phone too."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from training.data import DataError
from training.evaluation.evaluate import FLOAT, OURS, PEER, Evaluation, SplitResult
from training.evaluation.history import read_history
from training.evaluation.intervals import Estimate
from training.evaluation.record import SHOWN, shown

#: What people call the detectors.
NAMES = {OURS: "ours", FLOAT: "ours, float", PEER: "peer"}
#: Columns of the table of slices.
SLICE_COLUMNS = {
    "map50": "3-state mAP50",
    "compliance50": "compliance mAP50",
    "recall": "found",
    "violations_called_mask": "violations called mask",
    "masked_called_violation": "masked called violation",
}


def write_report(
    result: Evaluation, path: Path, about: Mapping[str, Any], history: Sequence[Path] = (), *, gallery: bool = True
) -> Path:
    """Write the report and return where. history: folders of training runs. gallery: show mistakes, thus people.

    Raises DataError if a history cannot be read or a library for charts is not installed.
    """
    try:
        from jinja2 import Environment, select_autoescape
        from markupsafe import Markup

        from training.evaluation import charts
    except ImportError as error:
        raise DataError(f"{error.name} is missing; pip install 'maskgate[training]', or use --no-report") from error
    environment = Environment(
        autoescape=select_autoescape(default_for_string=True), trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["shown"] = shown
    template = environment.from_string(files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8"))
    series = read_history(history)
    names = list(dict.fromkeys(one.name for one in series))
    text = template.render(
        about=about,
        names=NAMES,
        shown_figures=SHOWN,
        slice_columns=SLICE_COLUMNS,
        splits=result.splits,
        charts={split: [Markup(svg) for svg in _charts(part)] for split, part in result.splits.items()},  # noqa: S704
        history=[Markup(charts.history(n, [s for s in series if s.name == n])) for n in names],  # noqa: S704
        gallery=_gallery(result) if gallery else {},
        every=every,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def every(part: SplitResult) -> list[tuple[str, list[Estimate]]]:
    """Every figure of a split with its estimates, in the order of the models."""
    judged = list(part.models.values())
    return [(name, [one.figures[name] for one in judged]) for name in judged[0].figures]


def _charts(part: SplitResult) -> list[str]:
    from training.evaluation import charts

    by_model = {NAMES.get(key, key): judged.curves for key, judged in part.models.items()}
    # Float lies on int8: one line for both where there are many lines already.
    few = {name: curves for name, curves in by_model.items() if name != NAMES[FLOAT]}
    pr = {name: curves.precision_recall for name, curves in few.items()}
    roc = {name: {"violation": curves.roc.get("violation", [])} for name, curves in few.items()}
    states = {NAMES[OURS]: {k: v for k, v in by_model[NAMES[OURS]].roc.items() if k != "violation"}}
    return [
        charts.lines("Precision and recall", "recall", "precision", pr),
        charts.lines("ROC: is it a violation?", "false alarms", "violations told", _known(roc), diagonal=True),
        charts.lines("ROC: each state, ours", "false positives", "true positives", states, diagonal=True),
        charts.reliability(by_model),
        charts.risk_coverage(by_model),
        charts.recall_by_size(by_model),
    ]


def _known(curves: Mapping[str, Mapping[str, list[Any]]]) -> dict[str, dict[str, list[Any]]]:
    return {name: {key: points for key, points in one.items() if points} for name, one in curves.items()}


def _gallery(result: Evaluation) -> dict[str, Any]:
    from training.evaluation.gallery import worst

    return {
        split: worst(result.truth[split], result.seen[split, OURS].predictions, result.tables[split, OURS])
        for split in result.splits
    }
