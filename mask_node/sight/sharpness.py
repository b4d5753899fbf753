"""How sharp a face's picture is. Pure."""

import cv2

from mask_node.vision.types import Frame

#: Contrast below this, in grey levels, is taken for this: noise must not count as sharpness.
LEAST_CONTRAST = 8.0


def sharpness(face: Frame) -> float:
    """Return the mean strength of the Laplacian over the contrast of a (96, 96, 3) picture: 0 is featureless.

    Of 1,100 faces of 40 px and more (scenes train and val) 99 in 100 have 0.018 or more; blurred by a Gaussian of
    4 % of the face, 95 in 100 have 0.013 or less.
    """
    grey = cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)
    edges = cv2.Laplacian(grey, cv2.CV_16S)
    strength, (_, spread) = cv2.norm(edges, cv2.NORM_L1) / edges.size, cv2.meanStdDev(grey)
    return float(strength / (4 * max(LEAST_CONTRAST, spread.item())))
