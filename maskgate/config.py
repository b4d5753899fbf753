"""Configuration: a YAML file read into a pydantic model, with errors that name the place and the mend (O1)."""

import os
import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    WithJsonSchema,
)
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from maskgate.explain import Place, explain, line_of
from maskgate.topics import DEFAULT_ROOT


class ConfigError(Exception):
    """A configuration that cannot be used; the text has one line per fault: file, line, field, value, mend."""


class Section(BaseModel):
    """One part of a configuration file: unknown keys are refused, values are not changed afterwards.

    A check of several fields raises `FieldError`; one of a single field a `ValueError` with `what is wrong; the mend`.
    """

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
                raise ValueError(
                    f"cannot read the secret file {name}: {error.strerror}; put it there, readable by this program"
                ) from error
            except UnicodeDecodeError as error:
                raise ValueError(f"the secret file {name} is no text; write it anew in UTF-8") from error
    raise ValueError("is no secret; write a text, {env: NAME} or {file: PATH}")


#: What an editor accepts as a secret.
SECRET_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "writeOnly": True},
        *(
            {"type": "object", "properties": {k: {"type": "string"}}, "required": [k], "additionalProperties": False}
            for k in ("env", "file")
        ),
    ]
}
#: A text that is never shown; from the file itself, the environment (`{env: NAME}`) or a file (`{file: PATH}`).
Secret = Annotated[SecretStr, BeforeValidator(_read_secret), WithJsonSchema(SECRET_SCHEMA)]


def no_address(value: Any) -> Any:
    """Refuse an address where a file is meant: read as a path it would make a folder named after its scheme."""
    if isinstance(value, str | Path) and re.match(r"sqlite[\w+]*:|[\w+]+://", str(value)):
        raise ValueError("is no file; write its path alone, without sqlite: or another scheme before it")
    return value


#: A SQLite file.
DatabaseFile = Annotated[Path, BeforeValidator(no_address)]

#: Part of a topic that we own: no wildcards, no empty levels.
TopicRoot = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=100)]


def _certificates(path: Path) -> Path:
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        raise ValueError(f"holds no certificates that can be read: {error.strerror}; name a PEM file") from error
    return path


class MqttSettings(Section):
    """Where the broker is and who we are there."""

    host: str = Field(default="localhost", min_length=1, title="Host", description="Name or address of the broker.")
    port: int = Field(default=1883, ge=1, le=65535, title="Port", description="1883, or 8883 with TLS.")
    username: str | None = Field(default=None, title="User name", description="None: the broker asks for none.")
    password: Secret | None = Field(default=None, title="Password", description="Best given by file or environment.")
    tls: bool = Field(default=False, title="TLS", description="Encrypt, and verify the broker's name.")
    ca_file: Annotated[Path, AfterValidator(_certificates)] | None = Field(
        default=None, title="CA file", description="PEM; the system's own when left out."
    )
    root: TopicRoot = Field(default=DEFAULT_ROOT, title="Topic root", description="One per site.")
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        default="auto",
        title="Protocol",
        description="`auto` speaks MQTT 5 where the broker does, else 3.1.1.",
    )
    keepalive: int = Field(
        default=15,
        ge=5,
        le=600,
        title="Keep-alive",
        description="Seconds after which a silent connection is looked after.",
    )


S = TypeVar("S", bound=Section)


def load(path: Path, model: type[S]) -> S:
    """Read `path` into `model`; raises `ConfigError` that lists every fault at once."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{path}: cannot be read: {reason}; name a text file that can be") from error
    return parse(text, model, name=str(path))


def parse(text: str, model: type[S], *, name: str) -> S:
    """Read YAML text into `model`; `name` stands for the file in errors."""
    try:
        # The round-trip loader keeps line numbers, refuses duplicate keys and reads YAML 1.2 (`no` is a word).
        document = YAML(typ="rt").load(text)
        plain = _plain({} if document is None else document)
    except DuplicateKeyError as error:
        # Its own words hold the value, which may be a secret.
        key = re.search(r'duplicate key "(.*?)"', str(error.problem))
        place = key[1] if key else "a key"
        raise ConfigError(f"{name}:{_line(error)}: {place}: stands twice; remove one of the two") from error
    except MarkedYAMLError as error:
        raise ConfigError(
            f"{name}:{_line(error)}: the whole file: is no YAML: {error.problem}; mend the indent, quote or bracket "
            "there or just before"
        ) from error
    except (YAMLError, RecursionError, ValueError, NotImplementedError) as error:
        words = str(error).splitlines()[0] if isinstance(error, YAMLError) else type(error).__name__
        raise ConfigError(f"{name}:1: the whole file: is no YAML: {words}; write it anew, in UTF-8") from error
    if not isinstance(plain, dict):
        raise ConfigError(
            f"{name}:1: the whole file: is a {type(plain).__name__}; write keys and values, like `doors:`"
        )
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(error, document or {}, model, name))) from error


def where(path: Path, place: Place) -> str:
    """Return `file:line: field` of a field of a file that was read before."""
    try:
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, YAMLError):  # it has changed meanwhile
        document = {}
    return f"{path}:{line_of(place, document)}: {'.'.join(map(str, place))}"


def _line(error: MarkedYAMLError) -> int:
    return error.problem_mark.line + 1 if error.problem_mark else 1


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
