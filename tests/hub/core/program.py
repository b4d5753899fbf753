"""A site's `hub.yaml`, and the program that runs it in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
NAME = "hub.yaml"


def write_good(folder: Path, *, port: int = 1, web: int = 1, policy: str = "grant_hold: 1") -> Path:
    """Write the file of one hard, controlled door; `port`: the broker's, `web`: that of the pages."""
    file = folder / NAME
    file.write_text(f"""
site: Test house
mqtt: {{host: 127.0.0.1, port: {port}}}
database: {folder}/hub.db
web: {{port: {web}}}
doors:
  - id: front
    name: Front
    nodes: [cam]
    lock: {{command_topic: lock/set, feedback_topic: lock/state}}
    policy: {{mode: hard, entry: controlled, {policy}}}
""")
    return file


def run_hub(file: Path) -> "subprocess.Popen[bytes]":
    """Start `maskgate hub run`, beside its file, as people do."""
    command = [sys.executable, "-c", "from maskgate.cli import main; main()", "hub", "run", "--config", file.name]
    return subprocess.Popen(command, cwd=file.parent, env=os.environ | {"PYTHONPATH": str(REPOSITORY)})
