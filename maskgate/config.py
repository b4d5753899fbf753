"""Configuration: a YAML file read into a pydantic model, with errors that name the place and the mend (O1)."""

import difflib
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from maskgate.topics import DEFAULT_ROOT


class ConfigError(Exception):
    """A configuration that cannot be used; the text has one line per fault: file, line, field, value, mend."""


class Section(BaseModel):
    """One part of a configuration file: unknown keys are refused, values are not changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _read_secret(value: Any) -> Any:
    """Resolve `{env: NAME}` and `{file: PATH}`; a plain text is itself."""
    if not isinstance(value, dict):
        return value
    match value:
        case {"env": str(name), **rest} if not rest:
            if name not in os.environ:
                raise ValueError(f"the environment has no {name}; set it, or give the secret by file")
            return os.environ[name]
        case {"file": str(name), **rest} if not rest:
            try:
                return Path(name).read_text(encoding="utf-8").rstrip("\r\n")
            except OSError as error:
                raise ValueError(f"cannot read the secret file {name}: {error.strerror}") from error
    raise ValueError("a secret is a text, {env: NAME} or {file: PATH}")


#: A text that is never shown; from the file itself, the environment (`{env: NAME}`) or a file (`{file: PATH}`).
Secret = Annotated[SecretStr, BeforeValidator(_read_secret)]


def no_address(value: Any) -> Any:
    """Refuse an address where a file is meant: read as a path it would make a folder named after its scheme."""
    if isinstance(value, str | Path) and re.match(r"sqlite[\w+]*:|[\w+]+://", str(value)):
        raise ValueError("must be a file; write its path alone, without sqlite: or another scheme before it")
    return value


#: A SQLite file.
DatabaseFile = Annotated[Path, BeforeValidator(no_address)]

#: Part of a topic that we own: no wildcards, no empty levels.
TopicRoot = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=100)]


class MqttSettings(Section):
    """Where the broker is and who we are there."""

    host: str = Field(default="localhost", min_length=1, title="Host", description="Name or address of the broker.")
    port: int = Field(default=1883, ge=1, le=65535, title="Port", description="1883, or 8883 with TLS.")
    username: str | None = Field(default=None, title="User name")
    password: Secret | None = Field(default=None, title="Password", description="Best given by file or environment.")
    tls: bool = Field(default=False, title="TLS", description="Encrypt, and verify the broker's name.")
    ca_file: Path | None = Field(default=None, title="CA file", description="PEM; the system's own when left out.")
    root: TopicRoot = Field(default=DEFAULT_ROOT, title="Topic root", description="One per site.")
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        default="auto",
        title="Protocol",
        description="`auto` speaks MQTT 5 where the broker does, else 3.1.1.",
    )
    keepalive: int = Field(default=15, ge=5, le=600, title="Keep-alive", description="Seconds.")


S = TypeVar("S", bound=Section)


def load(path: Path, model: type[S]) -> S:
    """Read `path` into `model`; raises `ConfigError` that lists every fault at once."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{path}: cannot be read: {reason}") from error
    return parse(text, model, name=str(path))


def parse(text: str, model: type[S], *, name: str) -> S:
    """Read YAML text into `model`; `name` stands for the file in errors."""
    try:
        # The round-trip loader keeps line numbers, refuses duplicate keys and reads YAML 1.2 (`no` is a word).
        document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{name}:{line}: not valid YAML: {error.problem}") from error
    except YAMLError as error:
        raise ConfigError(f"{name}: not valid YAML: {error}") from error
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ConfigError(f"{name}:1: the file must hold keys and values, not a {type(document).__name__}")
    try:
        return model.model_validate(_plain(document))
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A list whose items are wrong counts as empty to pydantic; that is no fault of its own.
        deeper = {fault["loc"][:n] for fault in found for n in range(len(fault["loc"]))}
        faults = [_explain(fault, document, model, name) for fault in found if fault["loc"] not in deeper]
        raise ConfigError("\n".join(faults)) from error


def _plain(value: Any) -> Any:
    """Strip ruamel's own types, so that pydantic sees plain ones."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _explain(fault: Any, document: Any, model: type[BaseModel], name: str) -> str:
    location = tuple(part for part in fault["loc"] if not str(part).startswith(("function-", "literal[")))
    field = ".".join(str(part) for part in location) or "file"
    line = _line_of(document, location)
    match fault["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(str(location[-1]), _keys_at(model, location[:-1]), n=1)
            mend = f"did you mean {near[0]}?" if near else "remove it"
            return f"{name}:{line}: {field}: unknown key; {mend}"
        case "missing":
            return f"{name}:{line}: {field}: is missing; add it"
    given = fault["input"]
    shown = "" if isinstance(given, dict | list) or _is_secret(location) else f" {given!r}"
    return f"{name}:{line}: {field}:{shown} {fault['msg'].removeprefix('Value error, ')}"


def _is_secret(location: tuple[Any, ...]) -> bool:
    return any(word in str(location[-1:]).lower() for word in ("password", "secret", "token", "url", "database"))


def _line_of(document: Any, location: tuple[Any, ...]) -> int:
    """Return the 1-based line of the deepest part of `location` that stands in the file."""
    line = 1
    for part in location:
        marks = getattr(document, "lc", None)
        try:
            if marks is not None:
                line = (marks.key(part) if isinstance(document, dict) else marks.item(part))[0] + 1
            document = document[part]
        except (KeyError, IndexError, TypeError):
            break
    return line


def _keys_at(model: Any, location: tuple[Any, ...]) -> list[str]:
    """Return the keys that `model` knows at `location`."""
    kinds = _models_in(model)
    for part in location:
        if isinstance(part, str):
            kinds = [
                kind for m in kinds if part in m.model_fields for kind in _models_in(m.model_fields[part].annotation)
            ]
    return [key for kind in kinds for key in kind.model_fields]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation speaks of: itself, or inside Annotated, optional and lists."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [kind for part in get_args(annotation) for kind in _models_in(part)]
