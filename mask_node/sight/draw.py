"""What the node sees, drawn onto a picture: boxes, states, tracks, timings. Pure but for the pixels it writes."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from mask_node.evidence import GOOD, Sign
from mask_node.tracking import Track
from mask_node.vision.types import Face, Frame
from maskgate.messages import CameraTrouble
from maskgate.states import MaskState

#: BGR, told apart by those who see red and green alike, too: blue, orange, vermilion, grey.
COLOURS = {
    MaskState.MASK: (178, 114, 0),
    MaskState.INCORRECT: (0, 159, 230),
    MaskState.NO_MASK: (0, 94, 213),
    MaskState.UNCERTAIN: (153, 153, 153),
}
#: A picture is drawn at least so wide, so that words can be read.
LEAST_WIDTH = 640
FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw(
    frame: Frame,
    tracks: Sequence[Track],
    *,
    told: Mapping[int, MaskState],
    signs: Mapping[int, Sign],
    ms: Mapping[str, float],
    trouble: CameraTrouble | None = None,
) -> Frame:
    """Return a new picture, `LEAST_WIDTH` wide or more, with what is known of each track.

    told: by track, the state told of its person. ms: milliseconds per stage. A face that is no evidence has a thin
    frame, one that is no person (a portrait) none but its corners.
    """
    scale = max(1.0, LEAST_WIDTH / frame.shape[1])
    out = np.asarray(cv2.resize(frame, None, fx=scale, fy=scale) if scale > 1 else frame.copy(), np.uint8)
    for track in tracks:
        if track.face is not None:
            sign = signs.get(track.id, GOOD)
            _draw_face(out, track, track.face, told=told.get(track.id), sign=sign, scale=scale)
    stages = "  ".join(f"{name} {value:.1f}" for name, value in ms.items())
    _write(out, f"{stages} ms", (8, out.shape[0] - 10), (255, 255, 255))
    if trouble is not None:
        _write(out, f"picture: {trouble.value}", (8, 24), COLOURS[MaskState.NO_MASK])
    return out


def _draw_face(out: Frame, track: Track, face: Face, *, told: MaskState | None, sign: Sign, scale: float) -> None:
    x, y, w, h = (round(value * scale) for value in face.box)
    colour = COLOURS[told or MaskState.UNCERTAIN]
    if sign.thing:
        cv2.drawMarker(out, (x + w // 2, y + h // 2), colour, cv2.MARKER_TILTED_CROSS, max(8, w // 4), 1)
    else:
        cv2.rectangle(out, (x, y), (x + w, y + h), colour, 3 if sign.clear else 1)
    says = f"{track.id} {told.value if told else '...'}"
    _write(out, says, (x, max(16, y - 8)), colour)
    now = f"{face.state.value} {face.states.of(face.state):.2f} face {face.score:.2f}"
    _write(out, "portrait?" if sign.thing else now, (x, y + h + 18), colour)


def _write(out: Frame, text: str, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Text with a dark edge, to be read on any picture."""
    cv2.putText(out, text, place, FONT, 0.5, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(out, text, place, FONT, 0.5, colour, 1, cv2.LINE_AA)
