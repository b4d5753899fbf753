"""The model card beside each model: what it is, what it takes and gives, what was measured.

A model without its card is not run.
"""

import hashlib
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class ModelError(Exception):
    """A model cannot be used; the text names the file and what to do."""


class Tensor(BaseModel):
    """One input or output. shape: with the batch of 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    shape: tuple[int, ...]
    dtype: str
    meaning: str


class TrainingFacts(BaseModel):
    """Where the weights come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: dict[str, str] = Field(description="Each data set with its split and number of pictures.")
    start: str = Field(description="The weights that training started from.")
    seed: int
    steps: int
    batch: int
    command: str
    notes: str = Field(default="", description="What the command alone does not tell.")


class Figure(BaseModel):
    """One measured number and the command that measured it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    value: float
    split: str
    command: str


class ModelCard(BaseModel):
    """Everything a person or the loader must know of one model file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    kind: Literal["face_detector", "mask_state", "mask_classifier"]
    format: Literal["int8", "float16", "float32"] = "int8"
    file: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    input: Tensor
    outputs: list[Tensor]
    labels: list[str] = Field(default_factory=list, description="Classes of a classifier, in the order of its output.")
    thresholds: dict[str, float] = Field(default_factory=dict)
    calibration: dict[str, float] = Field(default_factory=dict, description="Temperatures that outputs are divided by.")
    training: TrainingFacts
    figures: list[Figure] = Field(default_factory=list)
    limits: list[str]
    licence: str
    date: date

    @property
    def model_id(self) -> str:
        """Name, version and the start of the file's hash: enough to tell any two models apart."""
        return f"{self.name}-{self.version}-{self.sha256[:8]}"


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_card(path: Path) -> ModelCard:
    """The card at `path`. Raises ModelError if it is missing or malformed."""
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ModelError(f"{path}: no model card; a model runs only with the card it was exported with") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); check the file's permissions") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ModelError(f"{path}: {where}: {first['msg']}; export the model again to get a good card") from error


def checked_model(card_path: Path) -> tuple[ModelCard, bytes]:
    """The card and the model's bytes. Raises ModelError if the model is missing or is not the card's own."""
    card = read_card(card_path)
    path = card_path.parent / card.file
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"{path}: no such model file; {card_path.name} names it, copy both together") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); check the file's permissions") from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise ModelError(
            f"{path}: its sha256 {found[:12]} is not the {card.sha256[:12]} of {card_path.name}; "
            "the file is damaged or belongs to another card, install both again"
        )
    return card, content
