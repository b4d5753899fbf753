"""The pages of the committed models say what their cards say, and what is made of a model is found in both."""

from pathlib import Path

import pytest

from mask_node.vision.card import read_card
from mask_node.vision.load import MODELS
from training.export.card import write_card
from training.export.cli import parse_formats
from training.export.markdown import markdown


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.json")), ids=lambda path: path.stem)
def test_the_page_is_that_of_the_card(path: Path) -> None:
    page = path.with_suffix(".md")
    assert page.is_file(), "run `maskgate train cards`"
    assert page.read_text(encoding="utf-8") == markdown(read_card(path)), "run `maskgate train cards`"


def test_the_page_tells_everything(tmp_path: Path) -> None:
    card = read_card(MODELS / "mask_state.json")
    page = markdown(card)
    for text in (
        card.sha256,
        card.training.command,
        *card.limits,
        *card.training.data.values(),
        card.outputs[2].meaning,
    ):
        assert text in page
    for figure in card.figures:
        assert f"| {figure.name} |" in page
        assert f"{figure.value:g}" in page
    write_card(card, tmp_path)
    assert read_card(tmp_path / "mask_state.json") == card
    assert (tmp_path / "mask_state.md").read_text() == page


def test_formats_are_read_in_one_order() -> None:
    from training.data import DataError

    assert parse_formats("float32, int8") == ["int8", "float32"]
    for wrong in ("", "int16", "int8,float"):
        with pytest.raises(DataError, match="take one or more of int8, float16, float32"):
            parse_formats(wrong)
