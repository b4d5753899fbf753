"""The region of interest: what is looked at, and where that lies in the picture. Pure."""

from mask_node.vision.types import Face, Frame

#: left, top, right, bottom as shares of the picture.
Shares = tuple[float, float, float, float]


def cut_out(frame: Frame, region: Shares) -> tuple[Frame, int, int]:
    """Return the region's part of a (H, W, 3) picture, not copied, and its left and top edge in pixels."""
    height, width = frame.shape[:2]
    left, top = int(region[0] * width), int(region[1] * height)
    right, bottom = max(left + 1, round(region[2] * width)), max(top + 1, round(region[3] * height))
    return frame[top:bottom, left:right], left, top


def put_back(faces: list[Face], left: int, top: int) -> list[Face]:
    """Return faces of a part in pixels of the whole picture."""
    if not (left or top):
        return faces
    return [
        Face((face.box[0] + left, face.box[1] + top, face.box[2], face.box[3]), face.score, face.states)
        for face in faces
    ]
