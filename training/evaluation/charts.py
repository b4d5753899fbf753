"""Charts as inline SVG: colours that colour-blind eyes tell apart (Okabe and Ito 2008), ink that follows the page."""

import io
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.evaluation.curves import Curves, Points
from training.evaluation.history import Series

#: Readable on white and on near-black, but for the blue, which the page lightens where it is dark.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)))
#: Stand-ins that the page's own colours replace.
_INK, _FAINT = "#010203", "#040506"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, "legend.fontsize": 8, "legend.frameon": False,
    "axes.edgecolor": _FAINT, "axes.labelcolor": _INK, "axes.titlecolor": _INK, "text.color": _INK,
    "xtick.color": _INK, "ytick.color": _INK, "grid.color": _FAINT, "grid.linewidth": 0.5,
    "axes.grid": True, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10,
    "lines.linewidth": 1.6,
}  # fmt: skip
_NUMBER = itertools.count()


def draw(figure: Figure, title: str) -> str:
    """The figure as an `<svg>` element for a page: no header, no fixed size, ids of its own, ink of the page."""
    text = io.StringIO()
    blank = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(text, format="svg", transparent=True, bbox_inches="tight", metadata=blank)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace("xlink:href", "href").replace(_INK, "currentColor")
    svg = svg.replace(_FAINT, "var(--line)").replace(PALETTE[0].lower(), "var(--blue)")
    prefix = f"c{next(_NUMBER)}-"
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = re.sub(r'href="#|url\(#', lambda found: found.group() + prefix, svg)
    head, rest = svg.split(">", 1)
    head = re.sub(r'\s(xmlns(:\w+)?|width|height|version)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{title}">{rest.strip()}'


def _axes(title: str, across: str, up: str, wide: float = 4.2) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(wide, 3.2))
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=across, ylabel=up)
    return figure, axes


def _legend(axes: Axes, place: Any) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc=place)


def lines(
    title: str, across: str, up: str, by_model: Mapping[str, Mapping[str, Points]], *, diagonal: bool = False
) -> str:
    """Lines between 0 and 1: a colour for each name, a dash for each model. Empty without a line."""
    if not any(by_model.values()):
        return ""
    with rc_context(_STYLE):
        figure, axes = _axes(title, across, up)
        names = list(dict.fromkeys(name for model in by_model.values() for name in model))
        for dash, (model, curves) in zip(itertools.cycle(DASHES), by_model.items()):
            for name, points in curves.items():
                colour = PALETTE[names.index(name) % len(PALETTE)]
                label = f"{name}, {model}" if len(by_model) > 1 else name
                axes.plot(*zip(*points, strict=True), color=colour, linestyle=dash, label=label)
        if diagonal:
            axes.plot((0, 1), (0, 1), color=_FAINT, linewidth=0.8)
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        _legend(axes, "best")
        return draw(figure, title)


def risk_coverage(by_model: Mapping[str, Curves]) -> str:
    """Error among the answered faces, over the share answered."""
    title = "Error when the least certain are `uncertain`"
    with rc_context(_STYLE):
        figure, axes = _axes(title, "share of found faces answered", "error among the answered")
        for colour, (model, curves) in zip(itertools.cycle(PALETTE), by_model.items()):
            if curves.risk_coverage:
                axes.plot(*zip(*curves.risk_coverage, strict=True), color=colour, label=model)
        axes.set(xlim=(0, 1), ylim=(0, None))
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
        _legend(axes, "upper left")
        return draw(figure, title)


def reliability(by_model: Mapping[str, Curves]) -> str:
    """Share right over certainty; the area of a dot is the share of faces in its bin."""
    title = "Reliability of the state"
    with rc_context(_STYLE):
        figure, axes = _axes(title, "certainty", "share right")
        axes.plot((0, 1), (0, 1), color=_FAINT, linewidth=0.8)
        for colour, (model, curves) in zip(itertools.cycle(PALETTE), by_model.items()):
            bins = curves.reliability
            total = sum(b.faces for b in bins) or 1
            x, y = [b.certainty for b in bins], [b.right for b in bins]
            axes.plot(x, y, color=colour, linewidth=1, label=model)
            axes.scatter(x, y, s=[12 + 300 * b.faces / total for b in bins], color=colour, alpha=0.55, linewidths=0)
        axes.set(xlim=(0.3, 1.02), ylim=(0, 1.05))
        _legend(axes, "lower right")
        return draw(figure, title)


def recall_by_size(by_model: Mapping[str, Curves]) -> str:
    """Share found over the width, with intervals."""
    title = "Faces found, by size"
    with rc_context(_STYLE):
        figure, axes = _axes(title, "width of the face, px", "share found")
        for number, (model, curves) in enumerate(by_model.items()):
            # Models beside one another, so that their bars do not lie on each other.
            x = [b.least * (1.1 + 0.06 * number) for b in curves.recall_by_size]
            y = [b.recall.value for b in curves.recall_by_size]
            low = [max(0.0, b.recall.value - b.recall.low) for b in curves.recall_by_size]
            high = [max(0.0, b.recall.high - b.recall.value) for b in curves.recall_by_size]
            colour = PALETTE[number % len(PALETTE)]
            axes.errorbar(x, y, yerr=(low, high), color=colour, marker="o", markersize=3, linewidth=1.2, label=model)
        axes.set_xscale("log")
        ticks = (14, 20, 28, 40, 56, 80, 112, 160, 320)
        axes.set_xticks(ticks, [str(t) for t in ticks])
        axes.minorticks_off()
        axes.set(ylim=(0, 1.05))
        _legend(axes, "lower right")
        return draw(figure, title)


def history(name: str, series: Sequence[Series]) -> str:
    """One quantity of training runs over steps: a colour for each run, a dash for each split."""
    with rc_context(_STYLE):
        figure, axes = _axes(name, "step", name)
        runs, splits = (list(dict.fromkeys(values)) for values in zip(*((s.run, s.split) for s in series), strict=True))
        for one in series:
            dash = DASHES[splits.index(one.split) % len(DASHES)]
            colour = PALETTE[runs.index(one.run) % len(PALETTE)]
            axes.plot(one.steps, one.values, color=colour, linestyle=dash, label=f"{one.run}, {one.split}")
        _legend(axes, "best")
        return draw(figure, name)
