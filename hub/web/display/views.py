"""What a display shows of the `Display` document. Pure."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub import policy
from hub.policy.translations import Phrase
from maskgate.clock import rfc3339
from maskgate.messages import Display, DisplayKind, Language, Words

#: Languages that are written from right to left.
RIGHT_TO_LEFT = frozenset({"ar"})
#: Up to so many columns of title and of text a size is used; Chinese characters take two columns.
SIZES = (("short", 36, 120), ("long", 48, 160))


def current(display: Display, languages: Sequence[Language], now: datetime) -> Display:
    """Return what is to be shown now: the document, or `idle` once its time is over."""
    if display.until is not None and display.until <= now:
        return idle(display.door, languages, now)
    return display


def idle(door: str, languages: Sequence[Language], now: datetime) -> Display:
    """Return what a display shows when nobody is there."""
    return policy.say(door, DisplayKind.IDLE, languages, now)


def display_view(display: Display, now: datetime) -> dict[str, Any]:
    """Return a document as the page paints it."""
    return {
        "kind": display.kind.value,
        "words": [_words(words) for words in display.words],
        "sound": display.sound.value,
        "at": rfc3339(display.at),
        # Relative, because the kiosk's own clock may be wrong.
        "seconds": (display.until - now).total_seconds() if display.until else None,
    }


def own_view(phrase: Phrase, languages: Sequence[Language]) -> dict[str, Any]:
    """Return what a page says by itself, when no hub tells it what to show."""
    return {
        "kind": phrase.value, "words": [_words(policy.spoken(language, phrase)) for language in languages],
        "sound": "none", "at": "", "seconds": None,
    }  # fmt: skip


def _words(words: Words) -> dict[str, str]:
    return {
        "language": words.language,
        "dir": "rtl" if words.language[:2] in RIGHT_TO_LEFT else "ltr",
        "title": words.title,
        "text": words.text,
        "size": _size(words),
    }


def _size(words: Words) -> str:
    """Return how long the words are, so that they fill the screen and never leave it."""
    title, text = _columns(words.title), _columns(words.text)
    return next((size for size, most, more in SIZES if title <= most and text <= more), "longest")


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
