"""Everything that a display says, in every language it can say it in: title (60), text (255), one short line (32).

The words stand in `hub/languages`, section `display`, and are read once, with the program. A language that lacks one
starts nothing; a test holds each against the sizes.
"""

from enum import StrEnum

from hub.languages import tables
from maskgate.messages import DisplayKind, Language


class Phrase(StrEnum):
    """What takes the place of a kind's usual words, or is said by a screen that has no hub to listen to."""

    ONE_BY_ONE = "one_by_one"  # a mask alone is not enough
    NO_RULE = "no_rule"  # idle, and nobody asks for a mask
    OFFLINE = "offline"  # the screen does not hear the hub
    NO_DOOR = "no_door"  # the screen's door is not in the configuration any more


Said = tuple[str, str, str]


def _said(language: Language, what: DisplayKind | Phrase) -> Said:
    words = tables(language)["display"][what]
    return words["title"], words["text"], words["short"]


SAID: dict[Language, dict[DisplayKind | Phrase, Said]] = {
    language: {what: _said(language, what) for what in (*DisplayKind, *Phrase)} for language in Language
}
