"""The words of a notice: facts in, subject, text and HTML out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from hub.notices.plan import EMERGENCY, FAULT, VIOLATION
from hub.notices.schedule import people
from hub.notices.sender import Letter
from maskgate.messages import Mode
from maskgate.states import MaskState, percent

_STATES = {
    MaskState.NO_MASK: "no mask",
    MaskState.INCORRECT: "mask worn wrongly (nose or mouth bare)",
    MaskState.MASK: "mask",
    MaskState.UNCERTAIN: "not certain",
}
_MODES = {Mode.HARD: "hard: the lock was not moved", Mode.SOFT: "soft: nobody was stopped", Mode.OFF: "off"}
_PLURALS = {
    VIOLATION: ("violation", "violations"), FAULT: ("fault", "faults"), EMERGENCY: ("emergency", "emergencies"),
}  # fmt: skip
_REFUSED = "hard: the lock is to keep the entry shut"

_PAGES = Environment(
    loader=PackageLoader("hub.notices", "templates"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def letter(notice: str, facts: Mapping[str, Any], carried: Sequence[Mapping[str, Any]]) -> Letter:
    """Write the notice with id `notice`.

    `facts` are the notice's own; `carried` those of the notices that the cooldown suppressed and that this one
    reports. A digest has no passage of its own: it is all about the carried ones.
    """
    digest = bool(facts.get("digest"))
    about = facts.get("about", VIOLATION)
    suppressed = people(carried, None if digest else facts.get("passage"))
    words = {
        "id": notice,
        "facts": facts,
        "digest": digest,
        "violation": about == VIOLATION,
        "texts": [] if about == VIOLATION else _texts(carried),
        "suppressed": suppressed,
        "kinds": _kinds(carried),
        "since": _time(carried[0]) if carried else None,
        "until": _time(carried[-1]) if carried else None,
        "at": _time(facts),
        "state": _STATES[MaskState(facts["state"])] if facts.get("state") else None,
        "mode": _REFUSED if _refused(facts) else _MODES[Mode(facts["mode"])],
        "confidence": None if facts.get("confidence") is None else percent(facts["confidence"]),
        "headline": headline(facts, suppressed),
    }
    return Letter(
        id=notice,
        subject=f"[{facts['site']}] {words['headline']}",
        text=_PAGES.get_template("violation.txt").render(words),
        html=_PAGES.get_template("violation.html").render(words),
    )


def headline(facts: Mapping[str, Any], suppressed: int) -> str:
    """Return the one line that a phone shows of a notice."""
    door, about = facts["door_name"], facts.get("about", VIOLATION)
    if facts.get("digest"):
        return f"{suppressed} more {_plural(about, suppressed)} at {door}"
    if about != VIOLATION:
        return f"{door}: {facts['text']}" + (f" ({suppressed} more before)" if suppressed else "")
    what = "mask worn wrongly" if facts["state"] == MaskState.INCORRECT else "no mask"
    line = f"Entry refused at {door}: {what}" if _refused(facts) else f"{what.capitalize()} at {door}"
    return f"{line}, and {suppressed} more before" if suppressed else line


def _refused(facts: Mapping[str, Any]) -> bool:
    """Whether the lock kept somebody out; notices of older versions did not say, and went by the mode."""
    return bool(facts.get("refused", facts["mode"] == Mode.HARD))


def _plural(about: str, count: int) -> str:
    one, more = _PLURALS[about]
    return one if count == 1 else more


def _texts(carried: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what else was said, each once, with how often."""
    said = Counter(str(fact.get("text", "")) for fact in carried)
    return [f"{text} ({count} times)" if count > 1 else text for text, count in said.items() if text]


def _kinds(carried: Sequence[Mapping[str, Any]]) -> str | None:
    """Say how many of each; None where they cannot be told apart or revisions would count twice."""
    if any((fact.get("revision") or 1) > 1 for fact in carried):
        return None
    found = Counter(fact.get("state") for fact in carried)
    parts = [
        words if len(found) == 1 else f"{found[state]} {words}"
        for state, words in ((MaskState.NO_MASK, "without a mask"), (MaskState.INCORRECT, "with a mask worn wrongly"))
        if found[state]
    ]
    return ", ".join(parts) or None


def _time(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the moment as people of the site read it, and in UTC."""
    site = datetime.fromisoformat(facts["at_site"])
    return {
        "date": f"{site:%A} {site.day} {site:%B %Y}",
        "clock": f"{site:%H:%M:%S}",
        "zone": facts["zone"],
        "utc": datetime.fromisoformat(facts["at"]).strftime("%Y-%m-%d %H:%M:%S UTC"),
    }
