"""The files of a first site: a commented `hub.yaml`, secrets beside it, a `node.yaml` for the first board."""

import os
import secrets
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from hub.beginning import checks
from hub.beginning.answers import Answers
from hub.config import DoorPolicy, HubConfig
from maskgate.config import ConfigError, parse
from maskgate.first_file import commented

#: What of the configuration the interview asks for; all else stands as comments.
_ASKED = frozenset({"site", "timezone", "language", "mqtt", "database", "doors", "notices", "web"})
_HEAD = """\
# The configuration of a maskgate hub. `maskgate hub check --config {name}` looks it over.
# Lines that begin with `#` show the defaults; take the sign and the blank after it away to change one.

"""
_NODE = """\
# The first board. Copy it there (without it, `maskgate node init` writes one with every setting explained), then:
#     maskgate node check --config node.yaml
#     maskgate node run --config node.yaml
"""
_PRIVATE, _OPEN = 0o600, 0o644


def files(answers: Answers, file: Path, *, inline: bool = False) -> dict[Path, tuple[str, int]]:
    """Return text and mode of every file, the hub's own last. `inline`: secrets stand in it, which is then private."""
    folder = file.absolute().parent
    found: dict[Path, tuple[str, int]] = {}

    def kept(name: str, secret: str) -> Any:
        if inline:
            return secret
        found[folder / name] = (secret + "\n", _PRIVATE)
        return {"file": str(folder / name)}

    text = "".join(_lines(answers, file, kept))
    node = folder / f"{answers.door.node}.yaml"
    found[node] = (_NODE + _yaml(_node(answers)), _OPEN)
    found[file.absolute()] = (text, _PRIVATE if inline else _OPEN)
    return found


def write(made: dict[Path, tuple[str, int]], file: Path) -> None:
    """Write them all, and the hub's file only when it is good with the others in place; raises `ConfigError`."""
    file = file.absolute()
    try:
        for path, (text, mode) in made.items():
            if path != file:
                _put(path, text, mode)
        text, mode = made[file]
        parse(text, HubConfig, name=str(file))
        _put(file, text, mode)
    except OSError as error:
        raise ConfigError(f"{error.filename}: cannot be written: {error.strerror}") from error


def _lines(answers: Answers, file: Path, kept: Any) -> Iterator[str]:
    broker, door = answers.broker, answers.door
    yield _HEAD.format(name=file.name)
    yield _yaml({"site": answers.site, "timezone": answers.timezone, "language": answers.language})
    mqtt: dict[str, Any] = {"host": broker.host, "port": broker.port}
    if broker.tls:
        mqtt["tls"] = True
    if broker.ca_file:
        mqtt["ca_file"] = str(broker.ca_file.absolute())
    if broker.username:
        mqtt["username"] = broker.username
    if broker.password:
        mqtt["password"] = kept("mqtt-password", broker.password)
    yield "\n# The broker, and who the hub is there.\n" + _yaml({"mqtt": mqtt})
    yield "\n# The hub's memory: everything that must survive is in this file.\n"
    yield _yaml({"database": str(file.absolute().parent / "hub.db")})
    section: dict[str, Any] = {"id": door.id, "name": door.name, "nodes": [door.node]}
    if door.lock:
        section["lock"] = checks.lock_section(door.lock)
    yield "\n# The first door. In `soft` it shows and tells, and leaves the lock alone: watch a day, then write hard.\n"
    yield _yaml({"doors": [section | {"policy": {"mode": "soft"}}]})
    for key, setting in DoorPolicy.model_fields.items():
        if key != "mode":
            yield from commented(key, setting, "      ")
    recipients = []
    if one := answers.recipient:
        recipients.append({"id": one.id, "url": kept(f"recipient-{one.id}", one.url)})
    yield "\n# Who is told: https://github.com/caronc/apprise/wiki lists what an address may be.\n"
    yield _yaml({"notices": {"recipients": recipients}})
    yield "\n# The console and the displays.\n"
    yield _yaml({"web": {"host": answers.host, "port": answers.port}})
    for key, setting in HubConfig.model_fields.items():
        if key not in _ASKED:
            yield "\n"
            yield from commented(key, setting)


def _node(answers: Answers) -> dict[str, Any]:
    broker, node = answers.broker, answers.door.node
    mqtt: dict[str, Any] = {"host": broker.host, "port": broker.port}
    if broker.tls:
        mqtt["tls"] = True
    if broker.ca_file:
        mqtt["ca_file"] = str(broker.ca_file.absolute())
    if broker.username:  # each has an account of its own, that bears its name
        mqtt |= {"username": node, "password": {"file": "/etc/maskgate/mqtt-password"}}
    return {"id": node, "mqtt": mqtt, "source": 0}


def _yaml(value: Any) -> str:
    out, yaml = StringIO(), YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(value, out)
    return out.getvalue()


def _put(path: Path, text: str, mode: int) -> None:
    """Write it whole or not at all, never readable by more than `mode` says."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
