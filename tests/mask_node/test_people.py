"""How many people a board sees now: what it says in its health, for whoever shows that a door is occupied."""

from datetime import UTC, datetime, timedelta

import numpy as np

from mask_node.looking import Looker
from mask_node.sources import Captured
from maskgate.states import MaskState
from tests.mask_node.fakes import ColourEyes, painted

START, FPS = datetime(2026, 11, 23, 9, 0, tzinfo=UTC), 10


def look_at(looker: Looker, pictures: list[np.ndarray], first: int = 0) -> int:
    for index, picture in enumerate(pictures, first):
        seconds = index / FPS
        looker.look(Captured(picture, index, START + timedelta(seconds=seconds), seconds, seconds))
    return first + len(pictures)


def test_living_faces_count_while_they_are_there_and_a_portrait_never() -> None:
    looker = Looker(ColourEyes())
    assert looker.people == 0
    end = look_at(looker, [painted((100 + 2 * (n % 5), MaskState.MASK)) for n in range(20)])
    assert looker.people == 1
    end = look_at(looker, [painted((100 + 2 * (n % 5), MaskState.MASK), (220 - n % 4, MaskState.NO_MASK))
                           for n in range(20)], end)  # fmt: skip
    assert looker.people == 2
    looker.pass_time(START + timedelta(minutes=1), end / FPS + 60)
    assert looker.people == 0, "a picture that does not come shows nobody"
    still = Looker(ColourEyes())
    look_at(still, [painted((100, MaskState.MASK)) for _ in range(50)])
    assert still.people == 0
