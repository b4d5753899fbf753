"""How much worse is worse."""

import pytest

from mask_node.vision.card import Figure
from training.evaluation.check import _compare, tolerance


def compare(name: str, card: float, now: float, faces: int = 200) -> str | None:
    return _compare("test", Figure(name=name, value=card, split="test", command="-"), {name: now}, faces)


@pytest.mark.parametrize(
    ("name", "card", "now", "worse"),
    [
        ("map50", 0.8, 0.7985, False),
        ("map50", 0.8, 0.797, True),
        ("map50", 0.8, 0.9, False),
        ("violations_called_mask", 0.01, 0.0148, False),
        ("violations_called_mask", 0.01, 0.0152, True),
        ("violations_called_mask", 0.01, 0.0, False),
        ("recall", 0.9, 0.894, True),
        ("state_aurc", 0.02, 0.023, True),
        ("map50", 0.8, float("nan"), True),
    ],
)
def test_direction_and_tolerance(name: str, card: float, now: float, *, worse: bool) -> None:
    assert bool(compare(name, card, now)) == worse


def test_other_data_is_said() -> None:
    assert "other data" in (compare("pictures", 229, 228) or "")
    assert compare("pictures", 229, 229) is None


def test_a_figure_that_is_gone_is_said() -> None:
    figure = Figure(name="old", value=1, split="test", command="-")
    assert "not measured any more" in (_compare("test", figure, {}, 10) or "")


def test_one_face_of_few_may_move() -> None:
    assert tolerance("violations_called_mask", 50) == 0.02
    assert tolerance("violations_called_mask", 5000) == 0.002
    assert tolerance("map50", 50) == 0.002
