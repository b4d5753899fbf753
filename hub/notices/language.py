"""The languages of notices: words from a file each, dates and numbers by the CLDR (Babel)."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache

from babel import Locale, dates, numbers

from hub.languages import tables
from maskgate.messages import Language

#: Every language that there is a file of.
CODES: tuple[str, ...] = tuple(one.value for one in Language)
#: The one whose words the doors speak in, and which stands in for one that is not there.
BASE = "en"
#: What a door says when somebody must look at its lock, by keys of `said`.
_OF_LOCK = frozenset({"jammed", "mute", "mute_often"})


class Words:
    """One language. Raises `KeyError` for a key that no language has."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.table = tables(code)
        self.locale = Locale.parse(self.table["locale"])
        self.rtl: bool = self.locale.text_direction == "rtl"

    def say(self, section: str, key: str, **values: object) -> str:
        """Return a text with its values put in; numbers are written as this language does."""
        text: str = self.table[section][key]
        return text.format(**{name: self._written(value) for name, value in values.items()})

    def count(self, key: str, count: int, **values: object) -> str:
        """Return a text in the plural form that `count` asks for."""
        forms: Mapping[str, str] = self.table["count"][key]
        form = forms.get(self.locale.plural_form(count), forms["other"])
        return form.format(count=self._written(count), **values)

    def said(self, text: str) -> str:
        """Return in this language what a door said; what is not known stays as it was said."""
        return self.say("between", "clauses").join(self._said(part) for part in text.split("; "))

    def advice(self, text: str) -> str | None:
        """Return what a person is to do about what a door said, where that is more than to look."""
        keys = {found[0] for part in text.split("; ") if (found := _recognised(part))}
        return self.say("text", "see_lock") if keys & _OF_LOCK else None

    def date(self, day: date) -> str:
        """Return a date with its weekday, in full."""
        return dates.format_date(day, "full", locale=self.locale)

    def clock(self, moment: datetime) -> str:
        """Return the time of day, to the second."""
        return dates.format_time(moment, "HH:mm:ss", locale=self.locale)

    def number(self, value: int) -> str:
        """Return a whole number."""
        return numbers.format_decimal(value, locale=self.locale)

    def share(self, value: float) -> str:
        """Return 0.974 as 97%, rounded down: never 100% for less."""
        return numbers.format_percent(int(value * 100 + 1e-6) / 100, "#,##0%", locale=self.locale)

    def _written(self, value: object) -> object:
        return self.number(value) if isinstance(value, int) else value

    def _said(self, part: str) -> str:
        if (found := _recognised(part)) is None:
            return part
        key, values = found
        if action := values.get("action"):
            values["action"] = self.table["action"].get(action, action)
        return self.say("said", key, **values)


@cache
def words(code: str) -> Words:
    """Return a language; one that there is none of is English."""
    return Words(code if code in CODES else BASE)


def _recognised(part: str) -> tuple[str, dict[str, str]] | None:
    """Return the key of what a door said, and what stands in its gaps."""
    for key, pattern in _patterns().items():
        if found := pattern.fullmatch(part):
            return key, found.groupdict()
    return None


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Return how to know what a door said, by key: the English texts with their gaps, the longest first."""
    found = {}
    for key, text in sorted(tables(BASE)["said"].items(), key=lambda item: -len(item[1])):
        parts = re.split(r"\{(\w+)\}", text)
        gaps = [f"(?P<{part}>.+?)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts)]
        found[key] = re.compile("".join(gaps))
    return found
