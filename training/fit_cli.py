"""`maskgate train fit ...`: one command per architecture, the same options, the same files of settings."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from mask_node.vision.load import MODELS
from training.data import DataError
from training.options import Backbone, Corrections, Folder, Landmarks, Stage, Start, plain_errors, say
from training.settings import (
    BackboneSettings,
    CnnSettings,
    DetectorSettings,
    MobilenetSettings,
    RunSettings,
    SecondStageSettings,
    read_settings,
)

fit_app = typer.Typer(no_args_is_help=True, help="Train one of the models; an interrupted run goes on.")

Scenes = Annotated[list[Path] | None, typer.Option(help="Folder that holds scenes/ and mask_faces/; more give either.")]
Faces = Annotated[Path | None, typer.Option(help="Folder of class folders or with a manifest, as `prepare` writes.")]
Config = Annotated[Path | None, typer.Option(help="YAML file of these settings; options given here win.")]
Steps = Annotated[int | None, typer.Option(help="Batches to train on.")]
Batch = Annotated[int | None, typer.Option(help="Pictures a batch.")]
Rate = Annotated[float | None, typer.Option(help="Peak learning rate.")]
Seed = Annotated[int | None, typer.Option()]
ValEvery = Annotated[int | None, typer.Option(help="Steps from one validation to the next; 0 for none.")]
Patience = Annotated[int | None, typer.Option(help="Validations without a smaller loss that end the run; 0: never.")]
Board = Annotated[bool | None, typer.Option("--tensorboard", help="Write events for TensorBoard into the folder.")]
Size = Annotated[int | None, typer.Option(help="Side of the input in pixels.")]
Grey = Annotated[bool | None, typer.Option("--grayscale/--colour", help="What the model sees.")]
Augment = Annotated[bool | None, typer.Option("--augment/--as-it-is", help="Draw light, lens and geometry anew.")]
Width = Annotated[float | None, typer.Option(help="MobileNetV2's alpha; 0.35, 0.5, 0.75, 1.0, 1.3, 1.4 are published.")]
Freeze = Annotated[str | None, typer.Option(help="all, none, or the first layer that is trained: block_13_expand.")]

S = TypeVar("S", bound=RunSettings)


def _settings(model: type[S], name: str, config: Path | None, **options: Any) -> tuple[S, list[Path], Path]:
    """Settings, data and run folder."""
    settings = read_settings(model, config, options)
    return settings, settings.needed_data(), settings.folder or Path("runs") / name


def _train(run: Any) -> None:
    run.fit()
    say(str(run.finish()))


@fit_app.command("backbone")
def fit_backbone(
    *,
    stage: Annotated[Stage, typer.Argument()],
    data: Scenes = None, config: Config = None,
    imagenet: Annotated[
        Path | None, typer.Option(help="ImageNet weights of MobileNetV2 1.0 without its top (.weights.h5).")
    ] = None,
    folder: Folder = None, steps: Steps = None, batch: Batch = None, rate: Rate = None, seed: Seed = None,
    tensorboard: Board = None,
) -> None:  # fmt: skip
    """Teach the narrow backbone of a stage what the whole ImageNet MobileNetV2 sees; both stages start from it."""
    with plain_errors():
        settings, source, target = _settings(
            BackboneSettings, f"backbone-{stage.value}", config, data=data, imagenet=imagenet, folder=folder,
            steps=steps, batch=batch, rate=rate, seed=seed, tensorboard=tensorboard,
        )  # fmt: skip
        if settings.imagenet is None:
            raise DataError("no ImageNet weights are named; give --imagenet FILE")
        from training import backbone, imitate
        from training.stage_one import train_composer

        widths = backbone.DETECTOR if stage is Stage.DETECTOR else backbone.MASK_STATE
        composer = train_composer(source, (imitate.SIZE, imitate.SIZE))
        _train(imitate.open_run(composer, target, settings.imagenet, settings.config(), widths))


@fit_app.command("detector")
def fit_detector(
    *,
    data: Scenes = None, config: Config = None, backbone: Backbone = None, folder: Folder = None, steps: Steps = None,
    batch: Batch = None, rate: Rate = None, seed: Seed = None, start: Start = None, val_every: ValEvery = None,
    patience: Patience = None, tensorboard: Board = None, corrections: Corrections = None,
) -> None:  # fmt: skip
    """Train stage one, the face detector."""
    with plain_errors():
        settings, source, target = _settings(
            DetectorSettings, "detector", config, data=data, backbone=backbone, folder=folder, steps=steps, batch=batch,
            rate=rate, seed=seed, start=start, val_every=val_every, patience=patience, tensorboard=tensorboard,
            corrections=corrections,
        )  # fmt: skip
        from training import stage_one

        _train(
            stage_one.open_run(source, target, settings.backbone, settings.config(), corrections=settings.corrections)
        )


@fit_app.command("second-stage")
def fit_second_stage(
    *,
    data: Scenes = None, config: Config = None, backbone: Backbone = None, folder: Folder = None, steps: Steps = None,
    batch: Batch = None, rate: Rate = None, seed: Seed = None, start: Start = None, val_every: ValEvery = None,
    patience: Patience = None, tensorboard: Board = None, landmarks: Landmarks = None, corrections: Corrections = None,
    models: Annotated[Path | None, typer.Option(help="Folder with the exported detector.")] = None,
) -> None:  # fmt: skip
    """Train stage two on labels and on what the exported detector in --models finds in the train pictures."""
    with plain_errors():
        settings, source, target = _settings(
            SecondStageSettings, "second-stage", config, data=data, backbone=backbone, folder=folder, steps=steps,
            batch=batch, rate=rate, seed=seed, start=start, val_every=val_every, patience=patience,
            tensorboard=tensorboard, landmarks=landmarks, corrections=corrections, models=models,
        )  # fmt: skip
        from mask_node.vision.load import load_face_detector
        from training import stage_two

        finder = load_face_detector(settings.models or MODELS, threads=2)
        _train(
            stage_two.open_run(
                source, target, settings.backbone, settings.config(), finder=finder, landmarks=settings.landmarks,
                corrections=settings.corrections,
            )
        )  # fmt: skip


@fit_app.command("mobilenet")
def fit_mobilenet(
    *,
    data: Faces = None, config: Config = None,
    backbone: Annotated[
        Path | None, typer.Option(help="ImageNet weights of MobileNetV2 without its top (.weights.h5).")
    ] = None,
    folder: Folder = None, steps: Steps = None,
    batch: Batch = None, rate: Rate = None, seed: Seed = None, start: Start = None, val_every: ValEvery = None,
    patience: Patience = None, tensorboard: Board = None, size: Size = None, grayscale: Grey = None,
    augment: Augment = None, width: Width = None, freeze: Freeze = None,
    scratch: Annotated[bool | None, typer.Option("--scratch", help="Start from random weights.")] = None,
) -> None:  # fmt: skip
    """Train MobileNetV2 with a new head on single face pictures; without --backbone Keras loads ImageNet weights."""
    with plain_errors():
        settings, source, target = _settings(
            MobilenetSettings, "mobilenet", config, data=data and [data], backbone=backbone, folder=folder, steps=steps,
            batch=batch, rate=rate, seed=seed, start=start, val_every=val_every, patience=patience,
            tensorboard=tensorboard, size=size, grayscale=grayscale, augment=augment, width=width, freeze=freeze,
            scratch=scratch,
        )  # fmt: skip
        from training.classify import run

        _train(run.open_mobilenet(source[0], target, settings))


@fit_app.command("cnn")
def fit_cnn(
    *,
    data: Faces = None, config: Config = None, folder: Folder = None, steps: Steps = None,
    batch: Batch = None, rate: Rate = None, seed: Seed = None, start: Start = None, val_every: ValEvery = None,
    patience: Patience = None, tensorboard: Board = None, size: Size = None, grayscale: Grey = None,
    augment: Augment = None,
    filters: Annotated[int | None, typer.Option(help="Filters of the first convolution; then 2 and 4 times.")] = None,
) -> None:  # fmt: skip
    """Train the plain Sequential network on single face pictures, as the classic tutorials do."""
    with plain_errors():
        settings, source, target = _settings(
            CnnSettings, "cnn", config, data=data and [data], folder=folder, steps=steps, batch=batch, rate=rate,
            seed=seed, start=start, val_every=val_every, patience=patience, tensorboard=tensorboard, size=size,
            grayscale=grayscale, augment=augment, filters=filters,
        )  # fmt: skip
        from training.classify import run

        _train(run.open_cnn(source[0], target, settings))
