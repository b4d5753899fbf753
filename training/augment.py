"""What light, lenses and cheap cameras do to a picture. Pure: picture and generator in, new picture out.

Every function takes and gives (H, W, 3) uint8 BGR. The shares were chosen for door cameras: low light with
noise and haze in a fifth of the pictures each, because models trained on clean pictures read dark bare faces as masked.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Rng = np.random.Generator

_LEVELS = np.arange(256, dtype=np.float32)
#: Drawing normals for every pixel costs more than all else; a bank read at a random place looks as random.
NOISE = np.random.default_rng(0).standard_normal(1 << 20).astype(np.float32)


def photometric(picture: Picture, rng: Rng) -> Picture:
    """A picture as another camera in another light would have taken it. Geometry is unchanged."""
    out = picture
    if rng.random() < 0.15:
        out = side_light(out, rng)
    if rng.random() < 0.15:
        out = lose_resolution(out, rng)
    if rng.random() < 0.15:
        out = blur(out, rng)
    if rng.random() < 0.10:
        out = motion(out, rng)
    noise = 0.0
    curve = tone_curve(rng)
    kind = rng.random()
    if kind < 0.20:
        curve, noise = dim(curve, rng), float(rng.uniform(2, 14))
    elif kind < 0.40:
        curve = haze(curve, rng)
    elif rng.random() < 0.2:
        noise = float(rng.uniform(1, 8))
    out = np.asarray(cv2.LUT(out, to_table(curve)), np.uint8)
    if noise:
        out = add_noise(out, noise, rng)
    if rng.random() < 0.06:
        out = np.repeat(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY)[:, :, None], 3, axis=2).astype(np.uint8)
    if rng.random() < 0.25:
        out = jpeg(out, rng)
    return out


def tone_curve(rng: Rng) -> NDArray[np.float32]:
    """(256, 3) curve of gain, contrast, gamma and colour cast around the identity."""
    curve: NDArray[np.floating] = np.repeat(_LEVELS[:, None], 3, axis=1)
    if rng.random() < 0.8:
        gain, contrast = rng.uniform(0.7, 1.35), rng.uniform(0.7, 1.35)
        curve = (curve - 115) * contrast + 115 * gain
    if rng.random() < 0.4:
        curve = 255 * (np.clip(curve, 0, 255) / 255) ** rng.uniform(0.6, 1.7)
    if rng.random() < 0.5:
        curve = curve * rng.uniform(0.82, 1.18, 3)
    return np.asarray(curve, np.float32)


def dim(curve: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    """The curve of a badly lit room: little light, lifted a little by the camera."""
    return np.asarray(np.clip(curve, 0, 255) * rng.uniform(0.12, 0.55) + rng.uniform(0, 25), np.float32)


def haze(curve: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    """The curve of a dirty lens or light from behind: everything drawn towards one grey."""
    share = rng.uniform(0.2, 0.65)
    veil = rng.uniform(70, 230) + rng.uniform(-15, 15, 3)
    return np.asarray(np.clip(curve, 0, 255) * (1 - share) + veil * share, np.float32)


def to_table(curve: NDArray[np.float32]) -> Picture:
    """The curve as a (1, 256, 3) look-up table."""
    return np.clip(curve, 0, 255).astype(np.uint8)[None]


def side_light(picture: Picture, rng: Rng) -> Picture:
    """Light that falls off across the picture in a random direction."""
    height, width = picture.shape[:2]
    angle, low, high = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.9), rng.uniform(1.0, 1.4)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] * np.float32(np.cos(angle))
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
    ramp = np.clip((x + y) * 0.6 + 0.5, 0, 1) * np.float32(high - low) + np.float32(low)
    return np.clip(picture * ramp[:, :, None], 0, 255).astype(np.uint8)


def lose_resolution(picture: Picture, rng: Rng) -> Picture:
    """Shrunk and grown again, as a face far from the camera."""
    height, width = picture.shape[:2]
    scale = rng.uniform(0.25, 0.8)
    size = (max(8, int(width * scale)), max(8, int(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def blur(picture: Picture, rng: Rng) -> Picture:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.5, 1.8))), np.uint8)


def motion(picture: Picture, rng: Rng) -> Picture:
    """Smeared along a random direction, 3 to 9 pixels."""
    length = int(rng.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    angle, middle = rng.uniform(0, np.pi), (length - 1) / 2
    for step in np.linspace(-middle, middle, 2 * length):
        kernel[round(middle + step * np.sin(angle)), round(middle + step * np.cos(angle))] = 1
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def add_noise(picture: Picture, sigma: float, rng: Rng) -> Picture:
    """Gaussian noise with a standard deviation of `sigma` grey levels."""
    height, width = picture.shape[:2]
    size = height * width
    at = rng.integers(0, NOISE.size - 3 * size) if 3 * size < NOISE.size else 0
    noise = np.resize(NOISE[at : at + 3 * size], 3 * size).reshape(height, width, 3)
    return np.clip(picture + noise * np.float32(sigma), 0, 255).astype(np.uint8)


def jpeg(picture: Picture, rng: Rng) -> Picture:
    """Through a JPEG of quality 25 to 85."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 86))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
