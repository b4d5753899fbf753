"""The chart of a summary: people by hour of the day, drawn by a process of its own.

matplotlib takes tens of megabytes and never gives them back; a child does, when it ends. The picture holds figures
and no words, so it needs no fonts of any script.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hub.notices.summary import Tally

#: Seconds that drawing may take; the first time on a small machine matplotlib looks through all fonts.
PATIENCE_S = 120.0
#: Of those who kept the rule, and of those who did not; they differ in lightness too.
KEPT, BROKE = "#7fb3a6", "#b42318"


class ChartError(Exception):
    """There is no picture."""


def draw(hours: Sequence[Tally]) -> bytes:
    """Return a PNG, 1040 x 400 pixels, of 24 hours; raises `ChartError`."""
    numbers = json.dumps([[tally.people, tally.violations] for tally in hours])
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__], input=numbers.encode(), capture_output=True, timeout=PATIENCE_S,
            check=False, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ChartError(str(error)) from error
    if done.returncode != 0 or not done.stdout.startswith(b"\x89PNG"):
        raise ChartError(done.stderr.decode(errors="replace").strip()[-300:] or f"exit status {done.returncode}")
    return done.stdout


def _main() -> None:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    pairs = json.load(sys.stdin)
    broke = [violations for _, violations in pairs]
    kept = [max(people - violations, 0) for people, violations in pairs]
    figure = Figure(figsize=(5.2, 2.0), dpi=200, layout="constrained")
    axes = figure.add_subplot()
    axes.bar(range(24), kept, color=KEPT, width=0.8)
    axes.bar(range(24), broke, bottom=kept, color=BROKE, width=0.8)
    axes.set_xticks(range(0, 24, 3))
    axes.set_xlim(-0.6, 23.6)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.set_ylim(bottom=0, top=None if any(kept) or any(broke) else 1)
    axes.grid(axis="y", color="#e4e7ec", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=8, colors="#5a6577")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#d9dee6")
    figure.savefig(sys.stdout.buffer, format="png")


if __name__ == "__main__":
    _main()
