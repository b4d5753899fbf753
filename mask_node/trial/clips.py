"""Play clips whose truth is written down, and compare what is told with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from mask_node.config import NodeConfig
from mask_node.looking import Looker
from mask_node.passage import Verdict
from mask_node.sources import Captured, Source, open_source
from mask_node.trial.altered import ALTERATIONS, RATES
from mask_node.vision.types import Detector
from maskgate.states import MaskState

#: A verdict may come this much before a stretch of the truth begins, in seconds: cuts are off by a few frames.
EARLY_S = 0.3


class TruthError(Exception):
    """A truth file that cannot be used; the text names it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a person shows from one frame of the clip to another, both included; state None: no verdict is due."""

    first: int
    last: int
    state: MaskState | None


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip and its truth: the stretches of one person, who is in view without a gap."""

    path: Path
    fps: float
    stretches: tuple[Stretch, ...]

    @property
    def wanted(self) -> list[MaskState]:
        """The states to be told, in order, each once."""
        due = [stretch.state for stretch in self.stretches if stretch.state is not None]
        return [state for at, state in enumerate(due) if at == 0 or state is not due[at - 1]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was told of one clip, passage by passage; wrong: what is not as the truth says, in words."""

    clip: str
    alteration: str
    told: list[list[Verdict]]
    wrong: list[str]


def read_truth(folder: Path) -> list[Clip]:
    """Return the clips of a folder from its `truth.yaml`. Raises `TruthError`."""
    path = folder / "truth.yaml"
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        return [
            Clip(folder / name, float(entry["fps"]), tuple(_stretch(one) for one in entry["people"]))
            for name, entry in document.items()
        ]
    except OSError as error:
        raise TruthError(
            f"{path} cannot be read ({error.strerror}); name a folder of clips with a truth.yaml"
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TruthError(f"{path} is not as it should be ({error}); see docs/node.md") from error


def _stretch(entry: dict[str, object]) -> Stretch:
    state = str(entry["state"])
    return Stretch(int(str(entry["from"])), int(str(entry["to"])), None if state == "transition" else MaskState(state))


def pictures_of(source: Source) -> Iterator[Captured]:
    """Yield every picture of a file, in its own time, and close it."""
    try:
        while not source.ended:
            if (picture := source.read(0)) is not None:
                yield picture
    finally:
        source.close()


def play(clip: Clip, detector: Detector, alteration: str, config: NodeConfig | None = None) -> Outcome:
    """Play one clip, altered as `ALTERATIONS` says. Raises `SourceError`."""
    how = {"seeing": config.seeing, "tracking": config.tracking, "verdict": config.verdict} if config else {}
    looker, verdicts = Looker(detector, **how), list[Verdict]()  # type: ignore[arg-type]
    for picture in ALTERATIONS[alteration](pictures_of(open_source(str(clip.path))), clip.fps):
        verdicts += looker.look(picture)
    verdicts += looker.finish()
    told: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        told.setdefault(verdict.passage, []).append(verdict)
    passages = list(told.values())
    return Outcome(clip.path.stem, alteration, passages, wrong(clip, passages, RATES.get(alteration, 1.0)))


def wrong(clip: Clip, told: Iterable[list[Verdict]], rate: float = 1.0) -> list[str]:
    """Return what is not as the truth says, in words; nothing where all is. rate: pictures for each of the truth's."""
    passages, faults = list(told), []
    if len(passages) != 1:
        faults.append(f"{len(passages)} passages")
    for passage in passages:
        states = [verdict.state for verdict in passage]
        if states != clip.wanted:
            faults.append("told " + ", ".join(states))
        early = EARLY_S * clip.fps
        for verdict in passage:
            first, last = verdict.first_frame / rate, verdict.last_frame / rate
            if first < clip.stretches[0].first - early:
                faults.append(f"somebody from frame {first:.0f} on, where nobody is")
            due = [s for s in clip.stretches if s.state is verdict.state and s.first <= last]
            if verdict.state in clip.wanted and not due and not _in_transition(clip, last):
                faults.append(f"{verdict.state} at frame {last:.0f}, too soon")
    return faults


def _in_transition(clip: Clip, frame: float) -> bool:
    return any(s.state is None and s.first <= frame <= s.last for s in clip.stretches)


def table(outcomes: Iterable[Outcome]) -> str:
    """Return a Markdown table: a row for each alteration, a column for each clip."""
    rows = list(outcomes)
    clips, names = list(dict.fromkeys(r.clip for r in rows)), list(dict.fromkeys(r.alteration for r in rows))
    cells = {(r.alteration, r.clip): _cell(r) for r in rows}
    lines = ["| | " + " | ".join(f"`{clip}`" for clip in clips) + " |", "|---" * (len(clips) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(cells.get((name, clip), "") for clip in clips) + " |" for name in names]
    return "\n".join(lines)


def _cell(outcome: Outcome) -> str:
    if outcome.wrong:
        return "no: " + "; ".join(outcome.wrong)
    (passage,) = outcome.told
    return "yes: " + ", ".join(f"{v.state} at {v.last_frame}" for v in passage)
