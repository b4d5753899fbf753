"""What the hub says to people, in every language it can say it in: one file each, for displays and notices alike."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def tables(code: str) -> dict[str, Any]:
    """Return the texts of a language by section and key. They are shared: change none."""
    return tomllib.loads(resources.files(__name__).joinpath(f"{code}.toml").read_text("utf-8"))
