"""Still pictures, drawn once each and kept: many displays may ask for one that seldom changes."""

import hashlib
import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass

from jinja2 import Environment

from hub.web.display.picture import Still, draw, readable
from maskgate.messages import Display, DisplayKind, Words

log = logging.getLogger(__name__)

#: Pictures kept; one has some ten thousand bytes.
KEPT = 64
#: Pixels on a side.
SMALLEST, LARGEST = 64, 2160


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, its tag, and the languages it really speaks."""

    png: bytes
    tag: str
    languages: tuple[str, ...]


class Stills:
    """Draws one picture at a time, whatever is asked, so that no one takes the machine from the doors."""

    def __init__(self, pages: Environment) -> None:
        self._icons = pages.get_template("icons.html").render()
        self._kept: OrderedDict[Still, Picture] = OrderedDict()
        self._lock = threading.Lock()
        self._told: set[str] = set()

    def of(self, display: Display, width: int, height: int, language: str | None = None) -> Picture:
        """Return the picture of a document; `language`: only that one, where the document has it."""
        chosen = [words for words in display.words if words.language == language] or display.words
        with self._lock:
            still = Still(display.kind, self._readable(display.kind, tuple(chosen)), width, height)
            if still not in self._kept:
                png = draw(still, self._icons)
                tag = hashlib.sha256(png).hexdigest()[:20]
                self._kept[still] = Picture(png, tag, tuple(words.language for words in still.words))
            self._kept.move_to_end(still)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[still]

    def _readable(self, kind: DisplayKind, words: tuple[Words, ...]) -> tuple[Words, ...]:
        found = readable(kind, words)
        for lost in {one.language for one in words} - {one.language for one in found} - self._told:
            self._told.add(lost)
            log.warning(
                "no font of this machine writes %s; still pictures speak English instead. Install fontconfig with "
                "fonts-noto-core and fonts-noto-cjk, and libfribidi0 for Arabic",
                lost,
            )
        return found
