"""A display as a still picture (PNG): the icon and the words, as large as they fit. No I/O but the fonts."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import resvg_py
from PIL import Image, ImageDraw

from hub import policy
from hub.policy.translations import SAID, Phrase
from hub.web.display.fonts import Font, font_for
from hub.web.display.theme import themes
from hub.web.display.views import RIGHT_TO_LEFT
from maskgate.messages import DisplayKind, Language, Words

#: Share of the shorter side that stays free around everything.
_MARGIN = 0.06
_LINE = 1.2  # of the letters' height
_HIGH_LINE = 1.4  # where marks stand above and below them
_GAP = 0.2  # of the first title's size, between two texts
_SMALLEST = 8


@dataclass(frozen=True, slots=True)
class Still:
    """What a picture shows; equal ones look the same."""

    kind: DisplayKind
    words: tuple[Words, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Block:
    text: str
    font: Font
    share: float  # of the size of the first title
    right_to_left: bool

    @property
    def line(self) -> float:
        return _HIGH_LINE if self.right_to_left else _LINE

    @property
    def direction(self) -> str | None:
        return "rtl" if self.right_to_left else None


def readable(kind: DisplayKind, words: Sequence[Words]) -> tuple[Words, ...]:
    """Return the words that this machine's fonts can write; in place of those that none can, the English ones."""
    ask = SAID[Language.EN][Phrase.OFFLINE][1] if kind is DisplayKind.MESSAGE else None
    english = policy.spoken(Language.EN, kind, ask)
    return tuple(dict.fromkeys(one if _fonts(one) else english for one in words))


def draw(still: Still, icons: str) -> bytes:
    """Return the PNG; `icons` is the page's sprite. The words must be `readable`."""
    colours = themes()[still.kind.value]
    picture = Image.new("RGB", (still.width, still.height), colours.back)
    margin = round(min(still.width, still.height) * _MARGIN)
    wide = still.width > still.height
    across, down = still.width - 2 * margin, still.height - 2 * margin
    side = max(_SMALLEST, round(min(across * 0.3, down) if wide else min(across, down * 0.3)))
    icon = _icon(icons, still.kind, colours.back, colours.fore, side)
    left = margin + (side + margin if wide else 0)
    top = margin + (0 if wide else side + margin)
    picture.paste(icon, (margin, (still.height - side) // 2) if wide else ((still.width - side) // 2, margin))
    blocks = [block for number, words in enumerate(still.words) for block in _blocks(words, 1 if number == 0 else 0.7)]
    _write(
        ImageDraw.Draw(picture), blocks, (left, top, still.width - margin, still.height - margin), colours.fore, wide
    )
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _fonts(words: Words) -> tuple[Font, Font] | None:
    turned = words.language[:2] in RIGHT_TO_LEFT
    title = font_for(words.title, bold=True, right_to_left=turned)
    text = font_for(words.text, right_to_left=turned)
    return (title, text) if title and text else None


def _blocks(words: Words, share: float) -> list[_Block]:
    fonts = _fonts(words)
    if fonts is None:
        raise ValueError(f"no font of this machine writes {words.title!r} and {words.text!r}")
    turned = words.language[:2] in RIGHT_TO_LEFT
    title = _Block(words.title, fonts[0], share, turned)
    return [title, replace(title, text=words.text, font=fonts[1], share=share * 0.55)] if words.text else [title]


def _write(
    pen: ImageDraw.ImageDraw, blocks: Sequence[_Block], box: tuple[int, int, int, int], colour: str, wide: bool
) -> None:
    """Write the blocks below each other into `box`, at the largest size that fits."""
    left, top, right, bottom = box
    low, high = _SMALLEST, max(_SMALLEST, (bottom - top) // 3)
    while low < high:  # the largest size that fits, by halving
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _laid(blocks, middle, right - left)[1] <= bottom - top else (low, middle - 1)
    lines, height = _laid(blocks, low, right - left)
    at = top + max(0, (bottom - top - height) // 2)
    before = blocks[0]
    for block, line, size in lines:
        if block is not before:
            at, before = at + round(low * _GAP), block
        font = block.font.at(size)
        length = font.getlength(line, direction=block.direction)
        start = (left + right - length) / 2 if not wide else right - length if block.right_to_left else left
        pen.text((start, at), line, fill=colour, font=font, direction=block.direction)
        at += round(size * block.line)


def _laid(blocks: Sequence[_Block], size: int, width: int) -> tuple[list[tuple[_Block, str, int]], int]:
    """Return the lines with their sizes, and the height of all; beyond any height where a word is too wide."""
    lines: list[tuple[_Block, str, int]] = []
    for block in blocks:
        own = max(_SMALLEST, round(size * block.share))
        broken = _break(block, own, width)
        if broken is None and size > _SMALLEST:
            return [], 1 << 30
        lines += [(block, line, own) for line in broken or [block.text]]
    gaps = (len(blocks) - 1) * round(size * _GAP)
    return lines, gaps + sum(round(own * block.line) for block, _, own in lines)


def _break(block: _Block, size: int, width: int) -> list[str] | None:
    """Break a text into lines; None where a single word is wider than the room."""
    font = block.font.at(size)
    lines, line = [], ""
    for piece in _pieces(block.text):
        if line and font.getlength((line + piece).strip(), direction=block.direction) > width:
            lines.append(line.strip())
            line = ""
        line += piece
        if font.getlength(line.strip(), direction=block.direction) > width:
            return None
    return [*lines, line.strip()]


#: What may not begin a line.
_CLOSING = "，。、；：？！）」』”’"


def _pieces(text: str) -> list[str]:
    """Return the parts between which a line may end: words, and single Chinese characters with their marks."""
    pieces: list[str] = []
    for letter in text:
        apart = ord(letter) >= 0x2E80 and letter not in _CLOSING
        if not pieces or apart or pieces[-1].endswith(" ") or (ord(pieces[-1][-1]) >= 0x2E80 and ord(letter) < 0x2E80):
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces


@lru_cache(maxsize=64)
def _icon(icons: str, kind: DisplayKind, back: str, fore: str, side: int) -> Image.Image:
    sprite = icons[icons.index("<defs>") : icons.rindex("</svg>")]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100" '
        f'color="{fore}"><style>.cut {{ stroke: {back} }}</style>{sprite}'
        f'<rect width="100" height="100" fill="{back}"/>'
        f'<use href="#icon-{kind.value}" width="100" height="100"/></svg>'
    )
    png = resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(png))).convert("RGB")
