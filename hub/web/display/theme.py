"""The colours of each kind, read from the style sheet that the page itself uses: one place for both."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_RULE = re.compile(
    r'\[data-kind="(?P<kind>\w+)"\] \{ --back: (?P<back>#\w{6}); --fore: (?P<fore>#\w{6}); --quiet: (?P<quiet>#\w{6})'
)


@dataclass(frozen=True, slots=True)
class Colours:
    """#rrggbb of the ground, of the words, and of what is said beside them."""

    back: str
    fore: str
    quiet: str


@cache
def themes() -> dict[str, Colours]:
    """Return the colours of every kind."""
    sheet = (files("hub.web") / "static" / "display.css").read_text()
    return {found["kind"]: Colours(found["back"], found["fore"], found["quiet"]) for found in _RULE.finditer(sheet)}
