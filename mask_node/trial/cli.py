"""`maskgate node trial`: clips, bench, idle, soak."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Try the whole way from picture to verdict.", no_args_is_help=True, add_completion=False)

Models = Annotated[Path | None, typer.Option("--models", help="Folder of models; the package's own when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command()
def clips(
    folder: Annotated[Path, typer.Argument(help="Clips and their truth.yaml.")],
    only: Annotated[list[str] | None, typer.Option("--only", help="Alteration, by name; all when left out.")] = None,
    threads: Annotated[int, typer.Option("--threads", min=1, max=64)] = 1,
    models: Models = None,
) -> None:
    """Play clips as filmed and altered; print a table of what holds."""
    from mask_node.sources import SourceError
    from mask_node.trial.altered import ALTERATIONS
    from mask_node.trial.clips import TruthError, play, read_truth, table
    from mask_node.vision.card import ModelError
    from mask_node.vision.load import load_detector

    try:
        detector = load_detector(models, threads)
        outcomes = [
            play(clip, detector, alteration) for alteration in only or ALTERATIONS for clip in read_truth(folder)
        ]
    except (TruthError, SourceError, ModelError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except KeyError as error:
        typer.echo(f"there is no alteration {error}; there are: {', '.join(ALTERATIONS)}", err=True)
        raise typer.Exit(1) from error
    typer.echo(table(outcomes))


@app.command()
def bench(
    *,
    peer: Annotated[Path | None, typer.Option("--peer", help="Another TFLite file, invoked in the same run.")] = None,
    face: Annotated[Path | None, typer.Option("--face", help="A portrait; a public-domain one when left out.")] = None,
    threads: Annotated[str, typer.Option("--threads", help="Numbers of threads.")] = "1,2",
    faces: Annotated[str, typer.Option("--faces", help="Numbers of faces.")] = "0,1,4",
    rounds: Annotated[int, typer.Option("--rounds", min=5, help="Calls of each.")] = 60,
    models: Models = None,
) -> None:
    """Time each stage and all together, beside the bare Invoke of the same models in the same run."""
    from mask_node.trial.bench import bench as measure
    from mask_node.trial.bench import report
    from mask_node.trial.frames import FaceError, portrait
    from mask_node.vision.card import ModelError

    try:
        result = measure(
            portrait(face), models=models, peer=peer, threads=_numbers(threads), faces=_numbers(faces), rounds=rounds
        )
    except (FaceError, ModelError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(report(result))


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


@app.command()
def idle(
    *,
    fps: Annotated[float, typer.Option("--fps", min=0.1, max=240, help="Pictures a second.")] = 10.0,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="How long is counted.")] = 30.0,
    pixels: Annotated[bool, typer.Option("--pixels", help="A camera that gives pixels, not JPEG.")] = False,
    limit: Annotated[float, typer.Option("--limit", help="Per cent of one core.")] = 5.0,
    models: Models = None,
    as_json: AsJson = False,
) -> None:
    """Run the whole node before an empty door; print its processor time by thread; fail if it is too much."""
    from mask_node.trial.idle import idle as run
    from mask_node.vision.card import ModelError

    try:
        result = run(
            models=models, fps=fps, seconds=seconds, encoded=not pixels, say=lambda text: typer.echo(text, err=True)
        )
    except ModelError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps({name: getattr(result, name) for name in result.__slots__}))
    else:
        threads = ", ".join(f"{name} {share:.2%}" for name, share in result.threads.items() if share >= 0.0005)
        typer.echo(
            f"{result.share:.1%} of one core at {result.pictures} pictures/s, {result.memory_mb} MB;"
            f" by thread: {threads}"
        )
    if 100 * result.share > limit:
        raise typer.Exit(1)


@app.command()
def soak(
    clips: Annotated[list[Path], typer.Argument(help="Clips, played again and again.", metavar="CLIP...")],
    frames: Annotated[int, typer.Option("--frames", min=1000)] = 100_000,
    limit: Annotated[float, typer.Option("--limit", help="MB that 10,000 frames may cost.")] = 1.0,
    models: Models = None,
    as_json: AsJson = False,
) -> None:
    """Look at very many pictures as fast as can be; fail if memory grows."""
    from mask_node.sources import SourceError
    from mask_node.trial.soak import soak as run
    from mask_node.vision.card import ModelError
    from mask_node.vision.load import load_detector

    try:
        result = run(load_detector(models), clips, frames, say=_progress)
    except (SourceError, ModelError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps({name: getattr(result, name) for name in result.__slots__}))
    else:
        typer.echo(
            f"{result.frames} frames in {result.seconds:.0f} s, {result.passages} passages, {result.verdicts} verdicts;"
            f" memory {result.memory_mb[0]} to {result.memory_mb[-1]} MB, {result.slope_mb:+.2f} MB per 10,000 frames"
        )
    if result.slope_mb > limit:
        raise typer.Exit(1)


def _progress(frames: int, memory_mb: float) -> None:
    if frames % 5000 == 0:
        typer.echo(f"{frames} frames, {memory_mb:.1f} MB", err=True)
