"""`maskgate demo`: the whole line on one machine, told as it happens."""

import json
import queue
import re
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from maskgate.demo.line import DOOR, USER, Line, LineError
from maskgate.demo.story import Story
from maskgate.messages import CameraState
from maskgate.states import DecisionKind

app = typer.Typer(add_completion=False)

#: How long a camera may take to give its first picture, in seconds.
CAMERA_LIMIT_S = 10.0
#: How long the line may take to settle after the camera has stopped, in seconds.
SETTLE_LIMIT_S = 60.0


@app.command()
def demo(
    source: Annotated[
        str, typer.Option(help="Camera number, address, video or folder of pictures; a made clip when left out.")
    ] = "",
    once: Annotated[bool, typer.Option("--once", help="Play once, print one JSON object, exit.")] = False,
    port: Annotated[int, typer.Option(help="Port of the console; 0 for a free one.", min=0, max=65535)] = 0,
    folder: Annotated[Path | None, typer.Option(help="Where to keep everything; else it is thrown away.")] = None,
) -> None:
    """Run broker, hub, lock, mailbox and camera board on this machine."""
    if once and not ends(source):
        raise typer.BadParameter("ONCE needs a source that ends: a video, or a folder of pictures")
    console = Console(stderr=once, highlight=False)
    with _folder(folder) as place:
        try:
            worked = _play(console, place, source, once, port)
        except (LineError, OSError) as error:
            console.print(f"[red]The demo cannot go on:[/] {escape(str(error))}", soft_wrap=True)
            raise typer.Exit(1) from error
    raise typer.Exit(0 if worked else 1)


def ends(source: str) -> bool:
    """Whether a source is a file or a folder, which come to their end, and no camera."""
    if source.startswith("file://"):
        return True
    return not ("://" in source or source.isdecimal() or re.match(r"/dev/|csi(:\d+)?$", source))


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="maskgate-demo-") as name:
        yield Path(name)


def _play(console: Console, place: Path, source: str, once: bool, port: int) -> bool:
    """Run until all has settled (`once`) or until Ctrl-C; returns whether the line worked."""
    began = time.monotonic()
    story, told = Story(), queue.Queue[str]()
    lock = threading.Lock()

    def heard(topic: str, payload: bytes) -> None:
        with lock:
            for line in story.message(topic, payload):
                told.put(line)

    length = None
    if not source:
        from maskgate.demo.clip import FPS, SECONDS, make_clip

        with console.status(f"making the clip ({SECONDS:.0f} s, {FPS} frames a second)"):
            source = str(make_clip(place / "clip.mp4"))
        story.expected = (DecisionKind.DENY, DecisionKind.GRANT)
        length = SECONDS if once else None

    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    line = Line(
        place, source=source, loop=not once, port=port or None, on_message=heard,
        on_mail=lambda mail: told.put(story.mail(str(mail["to"]), str(mail["subject"]))),
        on_command=lambda action, at: told.put(story.command(action, at)),
    )  # fmt: skip
    with console.status("starting broker, mailbox, lock, hub and camera board"):
        line.start()
    try:
        _introduce(console, line, once)
        _tell(console, line, story, told, stop=stop, length=length, until_settled=once)
    finally:
        with console.status("stopping"):
            line.stop()
    if not once:
        return True
    faults = [*story.faults(), *(["stopped before the end"] if stop.is_set() else [])]
    for fault in faults:
        console.print(f"[red]{fault}[/]")
    print(json.dumps(story.summary(time.monotonic() - began)))
    return not faults


def _introduce(console: Console, line: Line, once: bool) -> None:
    broker = line.broker
    console.print(f"Console        {line.console}/", soft_wrap=True)
    if line.password is not None:
        console.print(f"  sign in      {USER}, password {line.password}", soft_wrap=True)
    console.print(f"Door display   {line.console}/display/{DOOR}", soft_wrap=True)
    if broker is not None:
        console.print(f"MQTT broker    127.0.0.1:{broker.port} ({broker.kind})")
    console.print(f"Mailbox        127.0.0.1:{line.mailbox.port}")
    console.print("Playing once." if once else "Runs until Ctrl-C.")


def _tell(
    console: Console,
    line: Line,
    story: Story,
    told: queue.Queue[str],
    *,
    stop: threading.Event,
    length: float | None,
    until_settled: bool,
) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    stopped_at: float | None = None
    seen = False
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("the clip plays" if length else "watching", total=length)
        start = time.monotonic()
        while not stop.is_set():
            try:
                words = escape(told.get(timeout=0.2))
                progress.console.print(f"[dim]{time.monotonic() - start:6.1f} s[/]  {words}", soft_wrap=True)
            except queue.Empty:
                line.check()
                seen = seen or story.camera is CameraState.OK
                if not seen and story.camera and time.monotonic() - start > CAMERA_LIMIT_S:
                    raise LineError(line.complaint("node")) from None
            if length:
                progress.update(task, completed=min(time.monotonic() - start, length))
            if not until_settled or not line.ended("node") or not told.empty():
                continue
            stopped_at = stopped_at or time.monotonic()
            progress.update(task, description=f"waiting for {story.waiting_for or 'nothing'}")
            if story.waiting_for is None or time.monotonic() - stopped_at > SETTLE_LIMIT_S:
                return
