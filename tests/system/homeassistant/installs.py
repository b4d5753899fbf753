"""Which real Home Assistants this machine has. None is brought by the tests.

They are set up beside the project (see the folder's README), once per machine:

    MASKGATE_HA_TOOLS     where the tools that start one lie (default: ../shared/tools/homeassistant)
    MASKGATE_HA_LAB       where the current one was set up (default: /tmp/ha-lab)
    MASKGATE_HA_LAB_2025  where 2025.4 was set up (default: /tmp/ha-lab-2025)

A test that asks for one that is not there is skipped, and says so.
"""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

REPOSITORY = Path(__file__).resolve().parents[3]
TOOLS = Path(os.environ.get("MASKGATE_HA_TOOLS", REPOSITORY.parent / "shared" / "tools" / "homeassistant"))
CURRENT = Path(os.environ.get("MASKGATE_HA_LAB", os.environ.get("HA_LAB", "/tmp/ha-lab")))
OLDER = Path(os.environ.get("MASKGATE_HA_LAB_2025", "/tmp/ha-lab-2025"))
NAMES = ("2026.11", "2025.4")


@dataclass(frozen=True)
class Install:
    """A Home Assistant that can be run: the commands of `hass` and of its Python, as lists of words."""

    name: str
    hass: list[str]
    python: list[str]


def find(name: str) -> Install | str:
    """Return the Home Assistant of this name, or the words that say what is missing."""
    if not (TOOLS / "halab.py").is_file():
        return f"no tools for a real Home Assistant in {TOOLS} (MASKGATE_HA_TOOLS)"
    if name == "2025.4":
        folder = OLDER / "venv311"
        if not (folder / ".ready").is_file():
            return f"Home Assistant {name} is not set up in {OLDER} (MASKGATE_HA_LAB_2025)"
        return Install(name, [str(folder / "bin" / "hass")], [str(folder / "bin" / "python")])
    root = CURRENT / f"root-{os.environ.get('HA_SUITE', 'forky')}"
    if not (root / ".ready").is_file():
        return f"Home Assistant {name} is not set up in {CURRENT} (MASKGATE_HA_LAB)"
    if os.geteuid() != 0:
        return f"Home Assistant {name} lives in a root of its own, which only root can enter"
    inside = [str(TOOLS / "in_root.sh"), str(root)]
    return Install(name, [*inside, "hass"], [*inside, "python"])


def tools() -> ModuleType:
    """Return the module that starts and asks a Home Assistant; `find` has said that it is there."""
    spec = importlib.util.spec_from_file_location("halab", TOOLS / "halab.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{TOOLS / 'halab.py'} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
