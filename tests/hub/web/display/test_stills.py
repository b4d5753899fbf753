"""The still picture of a display, for what runs no scripts."""

import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from PIL import Image

from hub.policy import say
from hub.web.context import templates
from hub.web.display import fonts
from hub.web.display.picture import readable
from hub.web.display.stills import KEPT, Stills
from hub.web.display.theme import themes
from maskgate.messages import DisplayKind, EventType, Language
from tests.hub.web.conftest import Site

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def speaks(language: Language) -> bool:
    words = say("front", DisplayKind.DENIED, [language], NOW).words
    return readable(DisplayKind.DENIED, words) == words


@pytest.mark.parametrize(("width", "height"), [(800, 480), (1080, 1920), (64, 64)])
@pytest.mark.parametrize("kind", DisplayKind)
def test_every_kind_has_its_picture_in_its_colours(kind: DisplayKind, width: int, height: int) -> None:
    made = Stills(templates()).of(say("front", kind, [Language.EN], NOW, text="Ä"), width, height)
    picture = Image.open(io.BytesIO(made.png))
    assert (picture.format, picture.size) == ("PNG", (width, height))
    colours = {f"#{r:02x}{g:02x}{b:02x}" for _, (r, g, b) in picture.convert("RGB").getcolors(1 << 22) or []}
    assert {themes()[kind.value].back, themes()[kind.value].fore} <= colours


@pytest.mark.parametrize("language", Language)
def test_every_language_fills_the_picture_and_leaves_its_margin(language: Language) -> None:
    if not speaks(language):
        pytest.skip(f"no font of this machine writes {language.value}")
    for kind in DisplayKind:
        made = Stills(templates()).of(say("front", kind, [language, Language.EN], NOW, text="A " * 120), 800, 480)
        picture = Image.open(io.BytesIO(made.png)).convert("RGB")
        back = picture.getpixel((0, 0))
        edges = [picture.crop(box) for box in ((0, 0, 800, 8), (0, 472, 800, 480), (0, 0, 8, 480), (792, 0, 800, 480))]
        assert all(edge.getcolors() == [(edge.width * edge.height, back)] for edge in edges), kind
        assert made.languages[0] == language.value


def test_two_languages_differ_from_each_alone() -> None:
    stills = Stills(templates())
    both = say("front", DisplayKind.DENIED, [Language.EN, Language.DE], NOW)
    pictures = {stills.of(both, 800, 480, language).tag for language in (None, "en", "de")}
    assert len(pictures) == 3


@pytest.fixture
def latin_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose fontconfig knows no font at all."""
    empty = tmp_path / "fonts.conf"
    empty.write_text(f"<fontconfig><dir>{tmp_path}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(empty))
    fonts._installed.cache_clear()
    yield
    fonts._installed.cache_clear()


@pytest.mark.parametrize("language", [Language.ZH, Language.AR])
def test_without_a_font_for_a_script_the_picture_is_english_and_the_log_says_so(
    language: Language, latin_only: None, caplog: pytest.LogCaptureFixture
) -> None:
    stills = Stills(templates())
    with caplog.at_level(logging.WARNING):
        made = [stills.of(say("front", kind, [language], NOW), 800, 480) for kind in (DisplayKind.IDLE, "denied")]
    assert [picture.languages for picture in made] == [("en",), ("en",)]
    assert made[1].png == stills.of(say("front", DisplayKind.DENIED, [Language.EN], NOW), 800, 480).png
    told = [record.getMessage() for record in caplog.records if f"writes {language.value};" in record.getMessage()]
    assert len(told) == 1, "once"
    assert "fonts-noto" in told[0]


def test_a_message_in_letters_that_no_font_has_sends_people_to_the_staff(latin_only: None) -> None:
    made = Stills(templates()).of(say("front", DisplayKind.MESSAGE, [Language.EN], NOW, text="电梯"), 800, 480)
    told = say("front", DisplayKind.MESSAGE, [Language.EN], NOW, text="Please ask the staff.")
    assert made.png == Stills(templates()).of(told, 800, 480).png


def test_pictures_are_kept_and_bounded(site: Site) -> None:
    stills, told = Stills(templates()), say("front", DisplayKind.IDLE, [Language.EN], NOW)
    first = stills.of(told, 200, 100)
    assert stills.of(told.model_copy(update={"at": datetime.now(UTC)}), 200, 100) is first
    for width in range(64, 64 + KEPT + 5):
        stills.of(told, width, 64)
    assert len(stills._kept) == KEPT


def test_the_picture_over_http_follows_the_door_and_is_not_sent_twice(site: Site) -> None:
    site.happens(DisplayKind.DENIED, site.decision(EventType.DENIED), seconds=60)
    address = f"{site.url}/display/front.png"
    answer = httpx.get(address, params={"width": 640, "height": 384})
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-language"] == "en"
    assert Image.open(io.BytesIO(answer.content)).size == (640, 384)
    known = {"If-None-Match": answer.headers["etag"]}
    again = httpx.get(address, params={"width": 640, "height": 384}, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    site.happens(DisplayKind.DENIED, seconds=-1)  # over, though nobody said so
    after = httpx.get(address, params={"width": 640, "height": 384}, headers=known)
    assert after.status_code == 200
    assert Image.open(io.BytesIO(after.content)).getpixel((0, 0)) == (0x14, 0x20, 0x2E)


@pytest.mark.parametrize("query", ["width=63", "width=2161", "height=0", "height=x", "language=xx", "width=1e9"])
def test_sizes_and_languages_out_of_range_are_refused(site: Site, query: str) -> None:
    assert httpx.get(f"{site.url}/display/front.png?{query}").status_code == 422


def test_no_door_no_picture(site: Site) -> None:
    assert httpx.get(f"{site.url}/display/nowhere.png").status_code == 404
