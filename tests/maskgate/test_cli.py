"""The command on a machine that has only what one room needs."""

import subprocess
import sys
from pathlib import Path

import pytest

_WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None  # as if it were not installed
from maskgate.cli import main
main()
"""


@pytest.mark.parametrize(
    ("missing", "words", "extra"),
    [
        ("sqlalchemy", ["hub", "check", "--config", "hub.yaml"], "hub"),
        ("sqlalchemy", ["hub", "run", "--config", "hub.yaml"], "hub"),
        ("cv2", ["node", "detect", "a.png"], "node"),
        ("numpy", ["node", "watch", "a.mp4"], "node"),
        ("skimage", ["demo", "--once"], "demo"),
    ],
)
def test_a_room_that_is_not_installed_says_how_to_install_it(
    tmp_path: Path, missing: str, words: list[str], extra: str
) -> None:
    (tmp_path / "hub.yaml").write_text("doors: [{id: front, name: Front, nodes: [cam]}]")
    run = subprocess.run(
        [sys.executable, "-c", _WITHOUT, missing, *words],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert run.returncode == 2
    assert f"needs {missing}: pip install 'maskgate[{extra}]'" in run.stderr
    assert "Traceback" not in run.stderr
