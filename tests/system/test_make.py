"""The two commands of newcomers, where something is missing: a clear word, and nothing on the standard output."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
#: An index that nobody serves, asked once.
NO_NETWORK = {
    "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0",
    "PIP_NO_CACHE_DIR": "1",
}  # fmt: skip

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(folder: Path, python: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE"))}
    return subprocess.run(
        ["make", "demo", "ONCE=1", f"VENV={folder / 'venv'}", f"PYTHON={python}"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=240, check=False, env=kept | environment,
    )  # fmt: skip


def test_without_network_the_word_is_network(tmp_path: Path) -> None:
    made = make(tmp_path, sys.executable, **NO_NETWORK)
    assert made.returncode != 0
    assert "Is there a network?" in made.stderr
    assert made.stdout == "", "what ONCE=1 prints is for programs"


def test_a_python_that_is_too_old_is_named(tmp_path: Path) -> None:
    made = make(tmp_path, shutil.which("false") or "false")
    assert made.returncode != 0
    assert "needs Python 3.11 or newer" in made.stderr
    assert made.stdout == ""
