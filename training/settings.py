"""What `maskgate train fit` can be told, by options or by a file (`--config run.yaml`); options win.

Keys of the file are the options' names with `_` for `-`. Paths are relative to where the command runs.
"""

from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from maskgate.config import ConfigError, Section, load
from training.data import DataError
from training.schedule import FitConfig

Count = Annotated[int, Field(ge=0)]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | Path) else value


Paths = Annotated[list[Path], BeforeValidator(_as_list)]


class RunSettings(Section):
    """What all architectures share. `data` must come from the file or from `--data`."""

    data: Annotated[list[Path], BeforeValidator(_as_list)] = Field(
        default_factory=list, description="Folders of the data set; more than one for the node's two stages only."
    )
    folder: Path | None = Field(default=None, description="Where checkpoints and the result go; runs/<name>.")
    steps: int = Field(default=1500, ge=1)
    batch: int = Field(default=32, ge=1)
    rate: float = Field(default=1e-3, gt=0, description="Peak learning rate.")
    seed: int = Field(default=1, ge=0)
    start: Path | None = Field(default=None, description="Weights of a finished run to go on from.")
    warm_up: Count = 60
    weight_decay: float = Field(default=1e-4, ge=0)
    average: float = Field(default=0.99, ge=0, lt=1, description="Decay per step of the averaged weights.")
    save_every: int = Field(default=50, ge=1)
    refresh: int = Field(default=50, ge=1, description="Passes that measure batch-norm averages anew at the end.")
    val_every: Count = Field(default=250, description="Steps from one validation to the next; 0 for none.")
    patience: Count = Field(default=0, description="Validations without a smaller loss that end the run; 0: never.")
    tensorboard: bool = False

    @model_validator(mode="after")
    def _patience_needs_validation(self) -> Self:
        if self.patience and not self.val_every:
            raise ValueError("patience needs validations to wait for: set val_every above 0, or patience to 0")
        return self

    def config(self) -> FitConfig:
        """The part that the loop needs."""
        own = {name: getattr(self, name) for name in FitConfig.__dataclass_fields__ if name != "start"}
        return FitConfig(**own, start=str(self.start or ""))

    def needed_data(self) -> list[Path]:
        """The data folders. Raises DataError if neither file nor option named one."""
        if not self.data:
            raise DataError("no data set is named; give --data FOLDER, or `data:` in the file of --config")
        return self.data


class BackboneSettings(RunSettings):
    """The imitation that both stages start from."""

    imagenet: Path | None = Field(default=None, description="ImageNet weights of MobileNetV2 1.0 without its top.")
    steps: int = Field(default=1300, ge=1)
    batch: int = Field(default=16, ge=1)
    rate: float = Field(default=3e-3, gt=0)
    val_every: Count = Field(default=0, le=0, description="An imitation has no validation.")


class DetectorSettings(RunSettings):
    """Stage one."""

    backbone: Path | None = Field(default=None, description="Weights of a finished `fit backbone` for this stage.")
    corrections: Paths = Field(
        default_factory=list, description="Files of label corrections (file,face,from,to,reason)."
    )
    batch: int = Field(default=16, ge=1)


class SecondStageSettings(RunSettings):
    """Stage two."""

    backbone: Path | None = Field(default=None, description="Weights of a finished `fit backbone` for this stage.")
    steps: int = Field(default=2000, ge=1)
    batch: int = Field(default=64, ge=1)
    rate: float = Field(default=3e-4, gt=0)
    corrections: Paths = Field(
        default_factory=list, description="Files of label corrections (file,face,from,to,reason)."
    )
    landmarks: Path | None = Field(default=None, description="File of `train landmarks`, to draw on faces in any pose.")
    models: Path | None = Field(default=None, description="Folder with the exported detector.")


class ClassifierSettings(RunSettings):
    """What both classifiers share."""

    data: Annotated[list[Path], BeforeValidator(_as_list)] = Field(default_factory=list, max_length=1)
    steps: int = Field(default=600, ge=1)
    val_every: Count = 50
    grayscale: bool = False
    augment: bool = Field(default=True, description="Light, lens and geometry drawn anew for every picture.")
    dropout: float = Field(default=0.5, ge=0, lt=1)
    dense: int = Field(default=64, ge=1, description="Width of the layer before the last.")


class MobilenetSettings(ClassifierSettings):
    """MobileNetV2 with a new head."""

    backbone: Path | None = Field(default=None, description="ImageNet weights of MobileNetV2 without its top.")
    size: int = Field(default=160, ge=32, le=512, description="Side of the input in pixels.")
    width: float = Field(default=1.0, ge=0.1, le=2.0, description="MobileNetV2's alpha.")
    freeze: str = Field(default="all", description="all, none, or the name of the first layer that is trained.")
    copies: int = Field(default=4, ge=1, description="Augmented copies of each picture whose features are kept.")
    scratch: bool = Field(default=False, description="Start from random weights instead of ImageNet's.")


class CnnSettings(ClassifierSettings):
    """The plain Sequential network."""

    size: int = Field(default=100, ge=16, le=512, description="Side of the input in pixels.")
    filters: int = Field(default=32, ge=4, le=512, description="Filters of the first convolution; then 2 and 4 times.")


Settings = TypeVar("Settings", bound=RunSettings)


def read_settings(model: type[Settings], file: Path | None, options: dict[str, Any]) -> Settings:
    """The settings of the file, with every option that was given (is not None) in its place.

    Raises ConfigError, one line per fault: file, line and key, or the option.
    """
    told = load(file, model).model_dump(exclude_unset=True) if file else {}
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return model.model_validate(told | given)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(fault) for fault in error.errors(include_url=False))) from error


def _explain(fault: Any) -> str:
    told = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return f"options: {told}"
    return f"--{str(fault['loc'][0]).replace('_', '-')}: {fault['input']!r} {told}"
