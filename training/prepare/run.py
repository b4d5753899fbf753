"""From sources to a result: what is taken, in which split and group, and what is left out for which reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from training.data import STATE_INDEX, DataError
from training.prepare.against import KeptApart
from training.prepare.duplicates import Pair, components, near_pairs, nearest
from training.prepare.examine import Opened, examine
from training.prepare.names import IGNORE, REMOVE, meanings
from training.prepare.records import HARMLESS, Kind, LeftOut, Reason, Source, Track
from training.prepare.splits import divide, keep


@dataclass(frozen=True, slots=True)
class Rules:
    """How a result is made. shares: of train, val and test; None keeps the splits that the sources give."""

    mapped: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, float] | None = field(default_factory=lambda: {"train": 0.7, "val": 0.15, "test": 0.15})
    seed: int = 1
    strict: bool = False
    keep_empty: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture of the result. meanings: of each face, or of the whole picture, in the order of `opened`."""

    opened: Opened
    meanings: tuple[str, ...]
    split: str
    group: int


@dataclass(frozen=True, slots=True)
class Result:
    """What is to be written. classes: per class name how often it was found, and what it means."""

    kind: Kind
    taken: list[Taken]
    left_out: list[LeftOut]
    pairs: list[tuple[str, str, Pair]]
    classes: dict[str, tuple[int, str]]


def decide(sources: Sequence[Source], apart: Sequence[KeptApart], rules: Rules, track: Track) -> Result:
    """Take what is sound and new.

    Raises DataError for an unknown class, for sources of two kinds, when nothing or no picture of a class is left, and
    under `rules.strict` for anything that is wrong.
    """
    kinds = {source.kind for source in sources}
    if len(kinds) != 1:
        listed = ", ".join(f"{source.place} ({source.kind})" for source in sources)
        raise DataError(f"boxes and class folders do not mix: {listed}; prepare each kind into a folder of its own")
    kind = kinds.pop()
    found = [picture for source in sources for picture in source.pictures]
    left_out = [item for source in sources for item in source.left_out]
    names = Counter(name for picture in found for name in picture.class_names())
    meaning = meanings(names, rules.mapped, ", ".join(str(source.place) for source in sources))

    opened: list[Opened] = []
    for picture in track(found, "reading", len(found)):
        if picture.label is not None and meaning[picture.label] in {IGNORE, REMOVE}:
            left_out.append(LeftOut(picture.name, Reason.IGNORED, picture.label, picture.path))
            continue
        item = examine(picture, empty_is_fine=rules.keep_empty)
        if isinstance(item, Opened):
            opened.append(item)
        else:
            left_out.append(item)
    opened, doubles = without_doubles(opened, meaning)
    opened, seen = without_seen(opened, apart)
    pairs = near_pairs([item.print for item in opened])
    groups = components(len(opened), [*((pair.one, pair.two) for pair in pairs), *_told(opened)])
    splits, torn = _splits(opened, groups, meaning, rules)
    left_out += [*doubles, *seen, *torn]
    taken = [
        Taken(item, tuple(meaning[name] for name in item.found.class_names()), split, group)
        for item, split, group in zip(opened, splits, groups, strict=True)
        if split is not None
    ]
    _insist(kind, taken, left_out, meaning, strict=rules.strict)
    named = [(opened[pair.one].found.name, opened[pair.two].found.name, pair) for pair in pairs]
    return Result(kind, taken, left_out, named, {name: (names[name], meaning[name]) for name in sorted(names)})


def without_doubles(opened: Sequence[Opened], meaning: Mapping[str, str]) -> tuple[list[Opened], list[LeftOut]]:
    """The first of all pictures with the same bytes; none of them when their labels contradict each other."""
    same: dict[str, list[Opened]] = {}
    for item in opened:
        same.setdefault(item.sha256, []).append(item)
    kept, left_out = [], []
    for first, *others in same.values():
        labels = [sorted(meaning[name] for name in item.found.class_names()) for item in (first, *others)]
        if all(label == labels[0] for label in labels):
            kept.append(first)
            reason, gone = Reason.DUPLICATE, others
        else:
            reason, gone = Reason.CONTRADICTION, [first, *others]
        for item in gone:
            twin = others[0] if item is first else first
            left_out.append(LeftOut(item.found.name, reason, twin.found.name, item.found.path, twin.found.path))
    return kept, left_out


def without_seen(opened: Sequence[Opened], apart: Sequence[KeptApart]) -> tuple[list[Opened], list[LeftOut]]:
    """What is in none of the sets kept apart, neither as the same file nor as a near duplicate."""
    left: dict[int, LeftOut] = {}
    for other in apart:
        by_hash = {seen.sha256: seen for seen in other.pictures}
        pairs = nearest([item.print for item in opened], [seen.print for seen in other.pictures])
        for place, item in enumerate(opened):
            pair = pairs.get(place)
            twin = by_hash.get(item.sha256) or (other.pictures[pair.two] if pair else None)
            if twin is None or place in left:
                continue
            how = f"{pair.distance} bits" + (", mirrored" if pair.mirrored else "") if pair else "same file"
            detail = f"{other.name}: {twin.path.name} ({how})"
            left[place] = LeftOut(item.found.name, Reason.AGAINST, detail, item.found.path, twin.path)
    return [item for place, item in enumerate(opened) if place not in left], list(left.values())


def _told(opened: Sequence[Opened]) -> list[tuple[int, int]]:
    """Pairs that the sources themselves say belong together."""
    first: dict[str, int] = {}
    return [(first.setdefault(item.found.group, i), i) for i, item in enumerate(opened) if item.found.group]


def _splits(
    opened: Sequence[Opened], groups: Sequence[int], meaning: Mapping[str, str], rules: Rules
) -> tuple[list[str | None], list[LeftOut]]:
    """The split of each picture, None where a group would cross the given ones."""
    if rules.shares is not None:
        counts = np.zeros((len(opened), len(STATE_INDEX)), np.int64)
        for row, item in enumerate(opened):
            for name in item.found.class_names():
                if meaning[name] in STATE_INDEX:
                    counts[row, STATE_INDEX[meaning[name]]] += 1
        return [*divide(groups, counts, rules.shares, rules.seed)], []
    given = [item.found.split for item in opened]
    without = [item.found.name for item in opened if item.found.split is None]
    if without:
        raise DataError(
            f"--keep-splits: no split is given for {without[0]} and {len(without) - 1} more; give COCO files or "
            f"folders named train, val and test, or let --shares divide"
        )
    words = [split or "" for split in given]
    stays = keep(groups, words)
    torn = []
    for place, item in enumerate(opened):
        if not stays[place]:
            twin = next(i for i, group in enumerate(groups) if group == groups[place] and stays[i])
            detail = f"{words[place]}, but {opened[twin].found.name} is in {words[twin]}"
            torn.append(
                LeftOut(item.found.name, Reason.CROSSES_SPLITS, detail, item.found.path, opened[twin].found.path)
            )
    return [split if stay else None for split, stay in zip(words, stays, strict=True)], torn


def _insist(
    kind: Kind, taken: Sequence[Taken], left_out: Sequence[LeftOut], meaning: Mapping[str, str], *, strict: bool
) -> None:
    """Refuse a result that is empty or lacks a class, and under --strict one that is not clean."""
    wrong = [item for item in left_out if item.reason not in HARMLESS]
    if strict and wrong:
        listed = "; ".join(f"{item.name}: {item.reason}" for item in wrong[:5])
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise DataError(f"--strict: {len(wrong)} pictures are bad ({listed}{more}); mend them or leave --strict out")
    reasons = ", ".join(f"{count}x {reason}" for reason, count in Counter(i.reason for i in left_out).most_common())
    if not taken:
        raise DataError(f"no picture is left ({reasons or 'there was none'}); see to the sources")
    if kind is Kind.CLASSES:
        there = {item.meanings[0] for item in taken}
        for name, state in meaning.items():
            if state in STATE_INDEX and state not in there:
                raise DataError(f"class {name!r} is empty: none of its pictures is left ({reasons}); see to them")
