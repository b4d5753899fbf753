"""Contact sheets: what a split looks like at a glance, and what was left out beside what it resembles."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.prepare.examine import decode
from training.prepare.records import LeftOut
from training.prepare.write import Written

Picture = NDArray[np.uint8]

_CELL, _LINE, _COLUMNS, _MOST = 240, 18, 6, 48
_PAPER, _INK = (32, 32, 32), (235, 235, 235)
#: BGR of a state; what is ignored is grey.
_COLOURS = {"mask": (80, 200, 60), "incorrect": (40, 160, 255), "no_mask": (60, 60, 235)}
_IGNORED = (150, 150, 150)


def split_sheet(written: Sequence[Written], root: Path, seed: int) -> Picture:
    """Up to 48 pictures of a split, drawn by lot, with their boxes and states in colour. Files lie below `root`."""
    chosen = np.random.default_rng(seed).permutation(len(written))[:_MOST]
    return _grid([_labelled(written[place], root) for place in sorted(chosen.tolist())])


def left_out_sheet(left_out: Sequence[LeftOut], seed: int) -> Picture:
    """Up to 48 pictures that were left out, by reason, each with what it resembles if that is the reason."""
    chosen = np.random.default_rng(seed).permutation(len(left_out))[:_MOST]
    items = sorted((left_out[place] for place in chosen.tolist()), key=lambda item: (item.reason, item.name))
    cells = []
    for item in items:
        paths = [item.path] if item.twin is None else [item.path, item.twin]
        width = _CELL // len(paths)
        views = [_fit(_open(path), width, _CELL)[0] for path in paths]
        cells.append(_captioned(np.hstack(views), f"{item.reason}: {Path(item.name).name}"))
    return _grid(cells)


def save(sheet: Picture, path: Path) -> None:
    """Write the sheet as JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, data = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 88])
    path.write_bytes(bytes(data))


def _labelled(item: Written, root: Path) -> Picture:
    cell, factor, (left, top) = _fit(_open(root / item.file), _CELL, _CELL)
    for (x, y, w, h), meaning, ignored in item.faces:
        colour = _IGNORED if ignored else _COLOURS.get(meaning, _IGNORED)
        start = (round(x * factor) + left, round(y * factor) + top)
        end = (round((x + w) * factor) + left, round((y + h) * factor) + top)
        cv2.rectangle(cell, start, end, colour, 2 if w * factor > 12 else 1)
        if w * factor > 30:
            _write(cell, meaning, (start[0], max(10, start[1] - 3)), colour)
    caption = f"{item.label or ''} {Path(item.file).name}".strip()
    return _captioned(cell, caption, _COLOURS.get(item.label or "", _INK))


def _open(path: Path | None) -> Picture | None:
    return decode(path.read_bytes(), turned=True) if path and path.is_file() and path.stat().st_size else None


def _fit(picture: Picture | None, width: int, height: int) -> tuple[Picture, float, tuple[int, int]]:
    """The picture scaled into the middle of a cell, the factor, and its left and top there; a cross for none."""
    cell = np.full((height, width, 3), _PAPER, np.uint8)
    if picture is None:
        cv2.line(cell, (0, 0), (width, height), _IGNORED, 1)
        cv2.line(cell, (0, height), (width, 0), _IGNORED, 1)
        return cell, 1.0, (0, 0)
    factor = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, int(picture.shape[1] * factor)), max(1, int(picture.shape[0] * factor)))
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    cell[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cell, factor, (left, top)


def _captioned(cell: Picture, text: str, colour: tuple[int, int, int] = _INK) -> Picture:
    line = np.full((_LINE, cell.shape[1], 3), _PAPER, np.uint8)
    _write(line, text[:40], (3, 13), colour)
    return np.vstack([line, cell])


def _write(picture: Picture, text: str, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, colour, 1, cv2.LINE_AA)


def _grid(cells: list[Picture]) -> Picture:
    columns = min(_COLUMNS, max(1, len(cells)))
    blank = np.full((_CELL + _LINE, _CELL, 3), _PAPER, np.uint8)
    cells = cells + [blank] * (-len(cells) % columns)
    rows = [np.hstack(cells[place : place + columns]) for place in range(0, len(cells), columns)]
    return np.vstack(rows) if rows else blank
