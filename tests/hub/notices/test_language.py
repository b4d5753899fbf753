"""Every language says all that any other says, with the same gaps and the plural forms of its own grammar."""

import re
from html import unescape
from typing import Any

import pytest
from babel import Locale

from hub.languages import tables
from hub.notices.language import BASE, CODES, words
from hub.notices.plan import plan
from hub.notices.render import letter
from hub.policy import availability_fault, health_faults
from hub.policy.faults import _CUT, _SAYS
from maskgate.messages import Availability, CameraState, EventType, Mode, NodeHealth
from tests.hub.notices.conftest import make_config
from tests.hub.notices.test_plan import NOW, decision

OTHERS = [code for code in CODES if code != BASE]


def flat(table: dict[str, Any]) -> dict[str, str]:
    return {
        f"{section}.{key}": text if isinstance(text, str) else text["other"]
        for section, texts in table.items()
        if isinstance(texts, dict) and section != "display"  # see tests/hub/web/display/test_words.py
        for key, text in texts.items()
    }


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_and_no_gap_is_missing(code: str) -> None:
    base, other = flat(tables(BASE)), flat(tables(code))
    assert sorted(other) == sorted(base)
    for key, text in other.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", base[key])), key
        assert text.strip(), key


@pytest.mark.parametrize("code", CODES)
def test_every_count_has_the_plural_forms_of_its_language(code: str) -> None:
    table = tables(code)
    wanted = {str(form) for form in Locale.parse(table["locale"]).plural_form.tags} | {"other"}
    for key, forms in table["count"].items():
        assert set(forms) == wanted, key


@pytest.mark.parametrize("code", OTHERS)
def test_what_a_door_says_of_a_fault_is_said_in_the_language_of_the_reader(code: str) -> None:
    said = [availability_fault("cam-1", word) for word in (Availability.OFFLINE, Availability.STOPPED)]
    for camera in (CameraState.LOST, CameraState.DEGRADED):
        said += health_faults(health(camera=camera)).values()
    said += health_faults(health(detector="failed")).values()
    said += [f"The camera board cam-1 does not answer; {what}" for what in (*_SAYS.values(), _CUT)]
    said += [
        "The camera board cam-1 does not answer; nobody looks",
        "The broker is away",
        "The lock says that it is jammed",
        "The lock did not answer within 2.5 s when told to unlock",
        "The lock did not answer within 2.5 s when told to lock, 3 times",
        "Emergency: the entry is released until reset",
        "Emergency over: the rule stands again",
    ]
    english = set(re.findall(r"[a-z]{4,}", " ".join(text or "" for text in said).lower())) - {"broker", "detector"}
    for text in said:
        if text is None:
            continue
        told = words(code).said(text)
        common = english & set(re.findall(r"[a-z]{4,}", told.lower()))
        assert not common, (text, told)
        assert told.count(words(code).say("between", "clauses")) == text.count("; ")
        assert ("cam-1" in told) is ("cam-1" in text)
        assert ("2.5" in told) is ("2.5" in text)


@pytest.mark.parametrize("code", CODES)
def test_who_hears_of_a_lock_hears_what_to_do_and_not_once_it_is_over(code: str) -> None:
    config = make_config({"id": "guard", "url": "json://localhost"})
    todo = words(code).say("text", "see_lock")

    def mail(text: str, **more: Any) -> tuple[bool, bool]:
        trouble = decision(event_type=EventType.FAULT, text=text, state=None, passage=None, severe=True)
        (row,) = plan(config, trouble, 0, NOW)
        made = letter(row.id, row.facts | more, [], code)
        return todo in made.text, todo in unescape(made.html)

    silent = "The lock did not answer within 5 s when told to lock"
    for text in (silent, f"{silent}, 3 times", "The lock says that it is jammed"):
        assert mail(text) == (True, True)
        assert mail(text, over=True) == (False, False)
    assert mail("The broker is away; the entry is locked") == (False, False)


def health(**changes: Any) -> NodeHealth:
    known: dict[str, Any] = {
        "v": 1, "node": "cam-1", "at": "2026-11-25T09:00:00.000Z", "version": "1", "model": "m", "camera": "ok",
        "detector": "ok", "fps": 5.0, "latency_ms": 100.0, "enabled": True, "outbox": 0, "started_at": NOW,
    }  # fmt: skip
    known |= changes
    return NodeHealth.model_construct(**known)


def test_what_no_language_knows_is_shown_as_it_was_said() -> None:
    assert words("ar").said("Somebody painted the door; nobody looks").startswith("Somebody painted the door؛ ")


def test_an_unknown_language_is_english_and_a_percentage_never_says_certain_for_less() -> None:
    assert words("xx").code == "en"
    assert [words(code).share(0.9961).replace("\xa0", "").replace("\u202f", "") for code in ("de", "fr", "zh")] == [
        "99%"
    ] * 3


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("count", [1, 2, 3, 11, 100, 1234])
def test_a_notice_in_every_language_holds_its_facts(code: str, count: int) -> None:
    config = make_config({"id": "guard", "url": "json://localhost"})
    (row,) = plan(config, decision(event_type=EventType.DENIED, mode=Mode.HARD), count, NOW)
    carried = [row.facts | {"passage": f"p{number}"} for number in range(count)]
    made = letter(row.id, row.facts, carried, code)
    for text in (made.text, made.html):
        for fact in ("Front entry", "10:00:00", "Europe/Madrid", "09:00:00 UTC", row.id):
            assert fact in text, fact
        assert "{" not in text
    assert f'lang="{code}"' in made.html
    assert ('dir="rtl"' in made.html) is (code == "ar")
    if code != "en":
        assert "refused" not in made.subject + made.text
    if count > 2 or code != "ar":
        assert words(code).number(count) in made.subject
