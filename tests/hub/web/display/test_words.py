"""What displays say: complete in every language, short enough for every screen."""

import json
import string
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.config import HubConfig
from hub.languages import tables
from hub.policy import Rules, display, initial, say
from hub.policy.documents import SHORT, spoken
from hub.policy.state import Shown
from hub.policy.translations import SAID, Phrase
from hub.policy.words import SOUND
from maskgate.messages import Display, DisplayKind, Language, decode, encode

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
EVERYTHING = [*DisplayKind, *Phrase]


def config(**door: object) -> HubConfig:
    return HubConfig.model_validate(
        {"language": "de", "doors": [{"id": "front", "name": "Front", "nodes": ["cam"], **door}]}
    )


@pytest.mark.parametrize("language", Language)
def test_every_kind_is_said_in_every_language_and_fits(language: Language) -> None:
    assert set(tables(language)["display"]) == set(EVERYTHING)
    for what in EVERYTHING:
        title, text, short = SAID[language][what]
        assert 0 < len(title) <= 60
        assert len(text) <= 255
        assert text or what is DisplayKind.MESSAGE
        assert 0 < len(short) <= SHORT
        letters = [letter for letter in title + text + short if letter.isalpha()]
        latin = sum(letter.isascii() or "LATIN" in unicodedata.name(letter) for letter in letters)
        assert latin == (0 if language in (Language.ZH, Language.AR) else len(letters)), "one script each"
    assert set(SOUND) == set(DisplayKind)


@pytest.mark.parametrize("language", [language for language in Language if language is not Language.EN])
def test_nothing_was_left_in_english(language: Language) -> None:
    for what in EVERYTHING:
        assert SAID[language][what][0] != SAID[Language.EN][what][0], what


def test_two_kinds_never_look_the_same() -> None:
    for language in Language:
        titles = [SAID[language][kind][0] for kind in DisplayKind]
        assert len(set(titles)) == len(titles), language


@given(st.text(string.printable + "äß鼻كمامة", min_size=1, max_size=255))
def test_a_persons_words_stay_as_they_are_and_their_short_line_fits(text: str) -> None:
    for language in Language:
        words = spoken(language, DisplayKind.MESSAGE, text)
        assert words.text == text
        assert len(words.short) <= SHORT
        assert "\n" not in words.short


def test_a_door_speaks_its_own_languages_else_the_sites() -> None:
    usual, own = config(), config(languages=["en", "ar"])
    assert usual.languages(usual.doors[0]) == (Language.DE,)
    rules = Rules.of(own, own.doors[0])
    shown = display(rules, initial(rules, NOW), NOW)
    assert (shown.language, [words.language for words in shown.also]) == ("en", ["ar"])
    assert shown.also[0].title == SAID[Language.AR][DisplayKind.IDLE][0]


@pytest.mark.parametrize("wrong", [["en", "en"], ["xx"], ["en", "de", "fr"]])
def test_languages_that_cannot_be_shown_are_refused_by_name(wrong: list[str]) -> None:
    with pytest.raises(ValidationError, match=r"languages|named twice"):
        config(languages=wrong)


def test_come_one_by_one_is_translated_too() -> None:
    site = config()
    rules = Rules.of(site, site.doors[0])
    shown = Shown(DisplayKind.LOOK_HERE, NOW, phrase=Phrase.ONE_BY_ONE)
    machine = initial(rules, NOW)
    told = display(rules, replace(machine, shown=shown), NOW)
    assert (told.kind, told.title) == (DisplayKind.LOOK_HERE, "Bitte einzeln")


def test_the_mqtt_document_has_all_that_a_text_or_e_paper_display_needs() -> None:
    told = say("front", DisplayKind.DENIED, [Language.ES, Language.EN], NOW, until=NOW)
    document = json.loads(encode(told))
    assert document["kind"] == "denied"
    assert document["title"] == "Sin mascarilla no se puede entrar"
    assert document["short"] == "Prohibido pasar sin mascarilla"
    assert (document["language"], document["sound"]) == ("es", "alarm")
    assert document["until"] == "2026-11-25T09:00:00.000Z"
    assert document["also"][0]["short"] == "No entry without a mask"
    assert decode(encode(told), Display) == told


def test_a_document_of_an_older_hub_is_still_read() -> None:
    old = say("front", DisplayKind.IDLE, [Language.EN], NOW).model_dump(mode="json", exclude={"short", "also"})
    assert decode(json.dumps(old).encode(), Display).words[0].title == "Welcome"
