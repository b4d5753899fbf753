"""Fonts of this machine for still pictures: one that has every letter of a text, or None. Fontconfig knows."""

import logging
import subprocess
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageFont, features

log = logging.getLogger(__name__)

#: Tried first, in this order; other upright fonts follow.
_LIKED = ("Noto Sans", "Noto Sans CJK SC", "Noto Sans SC", "Noto Sans Arabic", "DejaVu Sans", "Liberation Sans")
#: Fontconfig's weights.
_REGULAR, _BOLD = 80, 200
_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Font:
    """A font file and which of its faces; an empty file stands for the Latin font that Pillow brings."""

    file: str
    index: int = 0

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """Return it at `size` pixels."""
        if not self.file:
            built_in = ImageFont.load_default(size)
            assert isinstance(built_in, ImageFont.FreeTypeFont)  # noqa: S101 - Pillow is built with FreeType
            return built_in
        return ImageFont.truetype(self.file, size, self.index)


BUILT_IN = Font("")


def font_for(text: str, *, bold: bool = False, right_to_left: bool = False) -> Font | None:
    """Return a font that has every letter of `text`, and can join and turn them where that is needed.

    None: this machine has none. Plain English always has one.
    """
    if right_to_left and not (features.check("raqm") and features.check("fribidi")):
        return None
    letters = "".join(sorted({letter for letter in text if letter.isprintable() and not letter.isspace()}))
    found = _installed(letters, bold=bold)
    return found or (BUILT_IN if letters.isascii() else None)


@lru_cache(maxsize=512)
def _installed(letters: str, *, bold: bool) -> Font | None:
    pattern = ":charset=" + " ".join(f"{ord(letter):x}" for letter in letters) if letters else ":"
    form = "%{file}\t%{index}\t%{weight}\t%{slant}\t%{variable}\t%{family[0]}\n"
    try:
        told = subprocess.run(
            ["fc-list", "--format", form, pattern], capture_output=True, text=True, timeout=_LIMIT_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("still pictures of displays speak English only: fontconfig cannot be asked (%s)", error)
        return None
    wanted = _BOLD if bold else _REGULAR
    best: tuple[tuple[int, int, str, int], Font] | None = None
    for line in told.splitlines():
        file, index, weight, slant, variable, family = line.split("\t")
        if slant != "0" or variable == "True" or not file.endswith((".ttf", ".otf", ".ttc", ".otc")):
            continue
        # Other families after those liked, the narrow purposes last.
        rank = _LIKED.index(family) if family in _LIKED else 90 if "Mono" in family or "Serif" in family else 50
        key = (rank, abs(int(float(weight)) - wanted), file, int(index))
        if best is None or key < best[0]:
            best = key, Font(file, int(index))
    return best[1] if best else None
