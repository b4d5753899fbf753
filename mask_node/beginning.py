"""The first `node.yaml`: every setting with its meaning and its default, and the cameras that are there."""

import re
from pathlib import Path

from mask_node.config import NodeConfig
from maskgate.first_file import commented

_HEAD = """\
# The configuration of a maskgate node. `maskgate node check --config {name}` looks it over.
# Lines that begin with `#` show the defaults; take the sign away to change one.
"""


def cameras(devices: Path = Path("/dev"), names: Path = Path("/sys/class/video4linux")) -> dict[int, str]:
    """Return the cameras of a Linux machine: number and name, lowest first. Other machines tell none.

    A camera brings several devices; only the first of each, which gives its pictures, is named.
    """
    found: dict[int, str] = {}
    for device in devices.glob("video*"):
        number = re.fullmatch(r"video(\d+)", device.name)
        if number is None:
            continue
        about = names / device.name
        if _read(about / "index") in {"", "0"}:
            found[int(number[1])] = _read(about / "name") or "without a name"
    return dict(sorted(found.items()))


def first_file(node: str, found: dict[int, str], name: str = "node.yaml") -> str:
    """Return a commented file for a node of this id, with the first camera found; one that is valid as it stands."""
    lines = [_HEAD.format(name=name), f"id: {node}\n"]
    lines += [f"# camera {number}: {title}\n" for number, title in found.items()]
    if not found:
        lines.append("# no camera was found here; plug one in, or give an address, a video file or a folder\n")
    lines.append(f"source: {next(iter(found), 0)}\n")
    for key, field in NodeConfig.model_fields.items():
        if key not in {"id", "source"}:
            lines += ["\n", *commented(key, field)]
    lines += ["\n# In place of the short form above:\n", *commented("source", NodeConfig.model_fields["source"])]
    return "".join(lines)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
