"""What passes from step to step: a picture as its source tells it, and a picture that was left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")
#: x, y, w, h in pixels of the file.
Box = tuple[float, float, float, float]


class Track(Protocol):
    """Shows how far a long loop is."""

    def __call__(self, items: Iterable[T], what: str, count: int) -> Iterable[T]:
        """The items as they come. what: two words for people. count: how many there will be."""
        ...


class Kind(StrEnum):
    """What a set labels."""

    BOXES = "boxes"
    CLASSES = "classes"


class Reason(StrEnum):
    """Why a picture is not in the result."""

    EMPTY_FILE = "empty file"
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"
    BAD_ANNOTATION = "annotation unreadable"
    NO_PICTURE = "annotation without picture"
    NO_ANNOTATION = "picture without annotation"
    NO_FACE = "annotation without a face"
    BOX_EMPTY = "box without width or height"
    BOX_OUTSIDE = "box outside the picture"
    SIZE_DIFFERS = "annotated for another size"
    CONTRADICTION = "same picture, other labels"
    CROSSES_SPLITS = "near duplicate in another given split"
    DUPLICATE = "same file as another"
    AGAINST = "also in a set kept apart"
    IGNORED = "class to be ignored"
    SET_ASIDE = "named in --without"


#: What is nobody's mistake: a set may hold these and still be sound.
HARMLESS = frozenset({Reason.DUPLICATE, Reason.AGAINST, Reason.IGNORED, Reason.SET_ASIDE})


@dataclass(frozen=True, slots=True)
class Face:
    """A labelled box, under the name that its source gives the class."""

    box: Box
    name: str
    crowd: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One picture as its source tells it, not yet opened.

    name: readable, unique within all sources. split: the one that the source gives, None where it gives none. size:
    width and height that the annotation states, None where it states none. shares: boxes are shares of width and height
    (0 to 1) instead of pixels. label: the class of the whole picture in a
    set of class folders; else None. group: what the source itself says belongs together, as one person's pictures.
    """

    path: Path
    name: str
    split: str | None = None
    faces: tuple[Face, ...] = ()
    size: tuple[int, int] | None = None
    shares: bool = False
    label: str | None = None
    group: str = ""

    def class_names(self) -> list[str]:
        """The class names used, once per face."""
        return [face.name for face in self.faces] if self.label is None else [self.label]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A picture or annotation that is not in the result. twin: the picture that it resembles, if that is the reason."""

    name: str
    reason: Reason
    detail: str = ""
    path: Path | None = None
    twin: Path | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """All that one source holds."""

    place: Path
    form: str
    kind: Kind
    pictures: list[Found]
    left_out: list[LeftOut] = field(default_factory=list)
