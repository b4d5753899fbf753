"""What a display shows of the `Display` document. Pure."""

from datetime import datetime
from typing import Any

from hub.policy.words import DISPLAY
from maskgate.clock import rfc3339
from maskgate.messages import Display, DisplayKind


def display_view(display: Display, now: datetime) -> dict[str, Any]:
    """Return what a display page shows now; one whose time is over has become `idle`."""
    if display.until is not None and display.until <= now:
        display = idle(display.door, now)
    return {
        "kind": display.kind.value,
        "title": display.title,
        "text": display.text,
        "language": display.language,
        "sound": display.sound.value,
        "at": rfc3339(display.at),
        # Relative, because the kiosk's own clock may be wrong.
        "seconds": (display.until - now).total_seconds() if display.until else None,
        "size": _size(display),
    }


def idle(door: str, now: datetime) -> Display:
    """Return what a display shows when nobody is there."""
    title, text, sound = DISPLAY[DisplayKind.IDLE]
    return Display(door=door, at=now, kind=DisplayKind.IDLE, title=title, text=text, language="en", sound=sound)


def _size(display: Display) -> str:
    """Return how long the words are, so that they fill the screen and never leave it."""
    if len(display.title) > 28 or len(display.text) > 110:
        return "long"
    return "short"
