"""The words of a notice: facts in, subject, text and HTML out, in the recipient's language."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from hub.notices.chart import BROKE, KEPT
from hub.notices.language import BASE, Words, words
from hub.notices.plan import QUIET, SUMMARIES, VIOLATION
from hub.notices.schedule import people
from hub.notices.sender import Letter, Picture
from hub.notices.summary import Report
from maskgate.messages import Mode
from maskgate.states import MaskState

Facts = Mapping[str, Any]

_PAGES = Environment(
    loader=PackageLoader("hub.notices", "templates"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def letter(
    notice: str, facts: Facts, carried: Sequence[Facts], language: str = BASE, picture: bytes | None = None
) -> Letter:
    """Write the notice with id `notice`.

    `facts` are the notice's own; `carried` those of the notices that were held back and that this one reports. A
    digest has no passage of its own: it is all about the carried ones. `picture`: a JPEG of the notice's passage.
    """
    say = words(language)
    if facts.get("about") == QUIET:
        return _quiet_digest(notice, facts, carried, say)
    digest = bool(facts.get("digest"))
    about = facts.get("about", VIOLATION)
    suppressed = people(carried, None if digest else facts.get("passage"))
    values = {
        "facts": facts,
        "digest": digest,
        "violation": about == VIOLATION,
        "texts": [] if about == VIOLATION else _texts(carried, say),
        "suppressed": say.number(suppressed) if suppressed else None,
        "kinds": _kinds(carried, say),
        "since": _time(carried[0], say) if carried else None,
        "until": _time(carried[-1], say) if carried else None,
        "at": _time(facts, say),
        "state": say.say("state", facts["state"]) if facts.get("state") else None,
        "mode": say.say("mode", "refused" if _refused(facts) else Mode(facts["mode"]).value),
        "confidence": None if facts.get("confidence") is None else say.share(facts["confidence"]),
        "unacknowledged": _minutes(facts, say),
        "todo": None if about == VIOLATION or facts.get("over") else _advice((facts, *carried), say),
        "headline": headline(facts, suppressed, language),
        "grave": (about != VIOLATION and not facts.get("over")) or (not digest and facts["mode"] == Mode.HARD),
        "today": say.number(facts["count_today"]),
    }
    pictures = (Picture("person.jpg", "image/jpeg", picture),) if picture else ()
    return _letter("notice", values | {"id": notice, "site": facts["site"], "pictures": pictures}, say)


def summary(notice: str, facts: Facts, report: Report, language: str = BASE, chart: bytes | None = None) -> Letter:
    """Write the summary of a period; `chart` is a PNG."""
    say = words(language)
    known = sum(hour.people for hour in report.hours)
    values = {
        "headline": headline(facts, 0, language),
        "report": report,
        "hours": [(f"{hour:02}:00", tally) for hour, tally in enumerate(report.hours) if tally.people],
        "known": known if known < report.total.people else None,
        "colours": (KEPT, BROKE),
    }
    pictures = (Picture("hours.png", "image/png", chart),) if chart else ()
    return _letter("summary", values | {"id": notice, "site": facts["site"], "pictures": pictures}, say)


def headline(facts: Facts, suppressed: int, language: str = BASE) -> str:
    """Return the one line that a phone shows of a notice."""
    say, about = words(language), facts.get("about", VIOLATION)
    if about in SUMMARIES:
        first, last = (say.date(date.fromisoformat(facts[name])) for name in ("first", "last"))
        return say.say("headline", about, first=first, last=last)
    if about == QUIET:
        return say.count("held", suppressed)
    door = facts["door_name"]
    if facts.get("digest"):
        return say.count(f"digest_{about}", suppressed, door=door)
    if about != VIOLATION:
        line = say.said(facts["text"])
        if facts.get("door"):  # else it is the whole site's, which the subject names
            line = say.say("headline", "trouble", door=door, text=line)
    else:
        what = MaskState.INCORRECT if facts["state"] == MaskState.INCORRECT else MaskState.NO_MASK
        line = say.say("headline", f"{'refused' if _refused(facts) else 'seen'}_{what.value}", door=door)
    if facts.get("over"):
        line = say.say("headline", "over", headline=line)
    if facts.get("unacknowledged_s"):
        line = say.say("headline", "escalated", headline=line)
    return say.count("before", suppressed, headline=line) if suppressed else line


def _quiet_digest(notice: str, facts: Facts, carried: Sequence[Facts], say: Words) -> Letter:
    by_door: dict[tuple[str, str], list[Facts]] = {}
    for fact in carried:
        by_door.setdefault((fact["door_name"], fact.get("about", VIOLATION)), []).append(fact)
    groups = [
        {
            "door": door,
            "count": say.count(about, people(held)),
            "kinds": _kinds(held, say) if about == VIOLATION else None,
            "texts": [] if about == VIOLATION else _texts(held, say),
        }
        for (door, about), held in sorted(by_door.items())
    ]
    total = sum(people(held) for held in by_door.values())
    values = {
        "headline": headline(facts, total, say.code),
        "groups": groups,
        "since": _time(carried[0], say) if carried else None,
        "until": _time(carried[-1], say) if carried else None,
    }
    return _letter("quiet", values | {"id": notice, "site": facts["site"], "pictures": ()}, say)


def _letter(template: str, values: Mapping[str, Any], say: Words) -> Letter:
    # The first strong letter of a line decides its direction; else that is the site's name.
    mark = "\u200f" if say.rtl else ""
    return Letter(
        id=values["id"],
        subject=f"{mark}[{values['site']}] {values['headline']}",
        text=_PAGES.get_template(f"{template}.txt").render(values, say=say),
        html=_PAGES.get_template(f"{template}.html").render(values, say=say),
        language=say.code,
        pictures=values["pictures"],
    )


def _refused(facts: Facts) -> bool:
    """Whether the lock kept somebody out; notices of older versions did not say, and went by the mode."""
    return bool(facts.get("refused", facts["mode"] == Mode.HARD))


def _minutes(facts: Facts, say: Words) -> str | None:
    waited = facts.get("unacknowledged_s")
    return say.count("minutes", max(1, round(waited / 60))) if waited else None


def _advice(told: Sequence[Facts], say: Words) -> str | None:
    return next((todo for facts in told if (todo := say.advice(str(facts.get("text", ""))))), None)


def _texts(carried: Sequence[Facts], say: Words) -> list[str]:
    """Return what else was said, each once, with how often."""
    said = Counter(str(fact.get("text", "")) for fact in carried)
    return [
        say.count("times", count, text=say.said(text)) if count > 1 else say.said(text)
        for text, count in said.items()
        if text
    ]


def _kinds(carried: Sequence[Facts], say: Words) -> str | None:
    """Say how many of each; None where they cannot be told apart or revisions would count twice."""
    if any((fact.get("revision") or 1) > 1 for fact in carried):
        return None
    found = Counter(fact.get("state") for fact in carried)
    parts = [say.count(state.value, found[state]) for state in (MaskState.NO_MASK, MaskState.INCORRECT) if found[state]]
    return say.say("between", "items").join(parts) or None


def _time(facts: Facts, say: Words) -> dict[str, str]:
    """Return the moment as people of the site read it, and in UTC."""
    site = datetime.fromisoformat(facts["at_site"])
    return {
        "date": say.date(site.date()),
        "clock": say.clock(site),
        "zone": facts["zone"],
        "utc": datetime.fromisoformat(facts["at"]).strftime("%Y-%m-%d %H:%M:%S UTC"),
    }
