"""One call for the trainer: a labelled face becomes a rarer one, and says what it shows then."""

import numpy as np
from numpy.typing import NDArray

from maskgate.states import MaskState
from training.augment import Picture, Rng
from training.data import STATE_INDEX
from training.draw.beard import draw_beard
from training.draw.draw_mask import draw_mask
from training.draw.frame import Frame
from training.draw.glasses import draw_glasses
from training.draw.hands import draw_hand
from training.draw.others import draw_hanging, draw_scarf
from training.draw.paint import Canvas
from training.draw.points import Points, points_in_box
from training.draw.things import draw_thing

MASK, INCORRECT, NO_MASK = (STATE_INDEX[s] for s in (MaskState.MASK, MaskState.INCORRECT, MaskState.NO_MASK))

#: What a bare face becomes when the caller does not say: shares of mask, incorrect and no mask.
NEW_STATES = (0.25, 0.45, 0.30)
#: Kinds by the state that a bare face becomes, with their shares.
FROM_BARE: dict[int, dict[str, float]] = {
    MASK: {"right": 0.95, "scarf_up": 0.05},
    INCORRECT: {"under_nose": 0.55, "chin": 0.27, "ear": 0.08, "eyes": 0.03, "forehead": 0.03, "scarf_low": 0.04},
    NO_MASK: {"hand": 0.5, "beard": 0.2, "thing": 0.18, "glasses": 0.12},
}
#: Kinds that leave a face with a mask, worn so or so, what it is.
FROM_WORN: dict[int, dict[str, float]] = {MASK: {"glasses": 0.7, "hand": 0.3}, INCORRECT: {"glasses": 1.0}}
#: Share of the other kinds that get glasses as well.
ALSO_GLASSES = 0.08
#: What must be inside the picture for a kind (u, v), else a mask under the nose is drawn: close crops cut chins and
#: ears off, and a mask on them would be a label without anything to see.
NEEDS = {"chin": ((0.0, 1.06),), "ear": ((0.68, 0.7), (-0.68, 0.7)), "forehead": ((0.0, -0.5),)}
#: Every kind, as `draw` takes it.
KINDS = tuple(dict.fromkeys(kind for table in (*FROM_BARE.values(), *FROM_WORN.values()) for kind in table))


def synthesise(
    picture: Picture, box: NDArray[np.float32], state: int, landmarks: Points | None, rng: Rng,
    *, wanted: int | None = None,
) -> tuple[Picture, int]:  # fmt: skip
    """A copy of (H, W, 3) uint8 BGR `picture` with something drawn on its face, and the state that it shows then.

    box: (4,) x, y, w, h of the face in its pixels. state: what it shows now, index into `MODEL_STATES`.
    landmarks: (N, 2) points of the face in its pixels (see `read_landmarks`, moved as the crop was), or None: then a
    mean frontal face in the box is taken. wanted: the state that a bare face shall become; by default by `NEW_STATES`.
    The same generator state gives the same picture. Raises ValueError where `wanted` cannot be made of `state`.
    """
    if state == NO_MASK:
        new = int(rng.choice(3, p=NEW_STATES)) if wanted is None else wanted
        table = FROM_BARE[new]
    else:
        new, table = state, FROM_WORN[state]
        if wanted not in (None, state):
            raise ValueError(f"a face of state {state} cannot become one of state {wanted}; only bare faces can")
    kind = str(rng.choice(list(table), p=list(table.values())))
    return draw(kind, picture, box, landmarks, rng, worn=state != NO_MASK), new


def shows(canvas: Canvas, places: tuple[tuple[float, float], ...]) -> bool:
    """Whether all `places` (u, v) lie inside the picture."""
    if not places:
        return True
    left, top, right, bottom = canvas.within
    points = canvas.frame.at(np.array(places))
    return bool(((points >= (left, top)) & (points < (right, bottom))).all())


def draw(
    kind: str, picture: Picture, box: NDArray[np.float32], landmarks: Points | None, rng: Rng,
    *, worn: bool = False,
) -> Picture:  # fmt: skip
    """A copy of `picture` with one of `KINDS` drawn on its face, `worn` if it wears a mask; see `synthesise`."""
    points = landmarks if landmarks is not None else points_in_box(box)
    canvas = Canvas(picture.copy(), Frame.of(points), rng, worn=worn)
    if not shows(canvas, NEEDS.get(kind, ())):
        kind = "under_nose"
    if kind == "hand":
        draw_hand(canvas)
    elif kind == "beard":
        draw_beard(canvas)
    elif kind == "thing":
        draw_thing(canvas)
    elif kind == "ear":
        draw_hanging(canvas)
    elif kind in ("scarf_up", "scarf_low"):
        draw_scarf(canvas, kind)
    elif kind != "glasses":
        draw_mask(canvas, kind)
    if kind == "glasses" or (kind not in ("eyes", "hand", "thing") and rng.random() < ALSO_GLASSES):
        draw_glasses(canvas)
    return canvas.picture
