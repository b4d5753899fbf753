"""`maskgate node`: init, check, run, watch, detect, schema."""

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from mask_node.config import NodeConfig
from mask_node.trial.cli import app as trial
from maskgate.config import ConfigError, load, parse

app = typer.Typer(help="A camera board.", no_args_is_help=True, add_completion=False)
app.add_typer(trial, name="trial")

Config = Annotated[Path, typer.Option("--config", "-c", help="The node.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
Threads = Annotated[int, typer.Option("--threads", min=1, max=64, help="Threads of the models.")]
Models = Annotated[Path | None, typer.Option("--models", help="Folder of models; the package's own when left out.")]

#: How long a file that has ended may take to be told, in seconds.
LAST_WORDS_S = 10.0


def _fail(error: Exception | str) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


def _load(path: Path) -> NodeConfig:
    try:
        return load(path, NodeConfig)
    except ConfigError as error:
        raise _fail(error) from error


@app.command()
def run(config: Config) -> None:
    """Watch the door and tell the hub, until SIGTERM or Ctrl-C, or until a file has ended."""
    settings = _load(config)
    from mask_node.relay import RelayError
    from mask_node.service import Node
    from mask_node.sources import SourceError
    from mask_node.vision.card import ModelError

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    node, stop = Node(settings), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        node.start()
    except (SourceError, ModelError, RelayError, OSError) as error:
        raise _fail(error) from error
    while not stop.is_set() and not node.ended.is_set() and not node.restart_wanted.is_set():
        stop.wait(0.2)
    if node.ended.is_set() and not stop.is_set():
        node.wait_told(LAST_WORDS_S)
    node.stop()
    if node.restart_wanted.is_set() and not stop.is_set():
        # In place of this process, so that it works without anybody who would start it again.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
    if node.broke_off:
        raise typer.Exit(1)


@app.command()
def check(config: Config) -> None:
    """Read the configuration, try models, source, outbox and broker; change nothing and move nothing."""
    settings = _load(config)
    typer.echo(f"configuration: {config} is good")
    from mask_node.checking import check as parts

    outcome = []
    logging.disable()  # what is wrong is said once, here
    try:
        for name, said, well in parts(settings):
            typer.echo(f"{name}: {said}", err=not well)
            outcome.append(well)
    finally:
        logging.disable(logging.NOTSET)
    if not all(outcome):
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of node.yaml, for editors."""
    typer.echo(json.dumps(NodeConfig.model_json_schema(), indent=2))


@app.command()
def init(
    file: Annotated[Path, typer.Argument(help="Where to; never over a file that is there.")] = Path("node.yaml"),
    node: Annotated[str, typer.Option("--id", help="The board's id: a-z, 0-9, - and _.")] = "front-camera",
) -> None:
    """Write a first node.yaml, with every setting explained and the cameras that are there."""
    from mask_node.beginning import cameras, first_file

    found = cameras()
    text = first_file(node, found, file.name)
    try:
        parse(text, NodeConfig, name=str(file))
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except ConfigError as error:
        raise _fail(error) from error
    except FileExistsError as error:
        raise _fail(f"{file} is there already; name another file, or remove it") from error
    except OSError as error:
        raise _fail(f"{file} cannot be written: {error.strerror}") from error
    for number, title in found.items():
        typer.echo(f"camera {number}: {title}")
    typer.echo(f"{file} is written; look it over, then: maskgate node check --config {file}")


@app.command()
def detect(
    images: Annotated[list[Path], typer.Argument(help="Picture files.", metavar="IMAGE...")],
    as_json: AsJson = False,
    threads: Threads = 1,
    models: Models = None,
) -> None:
    """Find the faces of pictures and their mask states."""
    from mask_node.detect import PictureError, detect_files
    from mask_node.vision.card import ModelError
    from mask_node.vision.load import load_detector

    try:
        for record in detect_files(images, detector=load_detector(models, threads)):
            _say(record if as_json else _picture_line(record))
    except (PictureError, ModelError) as error:
        raise _fail(error) from error


@app.command()
def watch(
    source: Annotated[str, typer.Argument(help="Camera number, csi, address, video file or folder of pictures.")],
    *,
    as_json: AsJson = False,
    threads: Threads = 1,
    models: Models = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="See as this node.yaml says.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Draw what is seen, in a window or into --out.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Draw into this video file, like seen.mp4.")] = None,
) -> None:
    """Print the verdicts of a source, without a broker. Files are read whole, as fast as can be, in their own time."""
    from mask_node.show import ShowError, drawn, open_screen
    from mask_node.sources import SourceError, open_source
    from mask_node.vision.card import ModelError
    from mask_node.vision.load import load_detector
    from mask_node.watch import watch as records

    settings = _load(config) if config else None
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        opened = open_source(source)
        screen = open_screen(out, getattr(opened, "fps", None)) if show or out else None
        try:
            look_on = (lambda looker, picture: screen.put(drawn(looker, picture))) if screen else None
            detector = load_detector(models, threads)
            for record in records(opened, detector, stop, config=settings, show=look_on):
                _say(record if as_json else _verdict_line(record))
        finally:
            opened.close()
            if screen:
                screen.close()
    except (SourceError, ModelError, ShowError) as error:
        raise _fail(error) from error


def _say(line: dict[str, Any] | str) -> None:
    print(line if isinstance(line, str) else json.dumps(line), flush=True)


def _picture_line(record: dict[str, Any]) -> str:
    faces = [
        f"{face['state']} {face['confidence']:.2f} at {', '.join(f'{value:.0f}' for value in face['box'])}"
        for face in record["faces"]
    ]
    return f"{record['file']}: {'; '.join(faces) or 'no face'} ({record['ms']['total']:.1f} ms)"


def _verdict_line(record: dict[str, Any]) -> str:
    if "summary" in record:
        return "{frames} frames in {seconds} s ({fps} a second), {passages} passages".format_map(record["summary"])
    return (
        "{seen_to} passage {passage} revision {revision}: {state}, confidence {confidence},"
        " from {frames} frames up to frame {last_frame}; {faces_in_view} in view".format_map(record)
    )
