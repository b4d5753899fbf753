"""Each answer, tried as it is given: text in, a value out, or a `ConfigError` that says what is wrong with it."""

import contextlib
import os
import re
import socket
import unicodedata
from pathlib import Path

from pydantic import SecretStr, ValidationError

from hub.beginning.answers import Answers, Broker, Door, LockChoice
from hub.beginning.probe import ProbeError, probe
from hub.config import HubConfig, Web
from hub.config.presets import Preset
from hub.config.site import _known_zone
from hub.intake import Intake
from hub.notices.apprise_sender import AppriseSender
from hub.notices.language import words
from hub.notices.sender import AddressError, Letter, SendError
from maskgate import topics
from maskgate.clock import SystemClock
from maskgate.config import ConfigError, MqttSettings
from maskgate.ids import RESERVED, SLUG, new_id
from maskgate.messages import Ack, Language, encode

_PORTS = {False: 1883, True: 8883}


def name(text: str) -> str:
    """A name that people read."""
    if not 1 <= len(text) <= 60 or not text.isprintable():
        raise ConfigError("a name has 1 to 60 printable characters; write one")
    return text


def slug(text: str) -> str:
    """An id."""
    if not SLUG.fullmatch(text):
        raise ConfigError(f"{text!r} is no id; use a-z, 0-9, - and _, 48 at most, like front-door")
    if text in RESERVED:
        raise ConfigError(f"{text} is an account of the site at the broker; choose another id")
    return text


def slug_of(text: str, otherwise: str) -> str:
    """Return an id made of a name; `otherwise` where nothing of it can stand in one."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    return made if SLUG.fullmatch(made) and made not in RESERVED else otherwise


def zone(text: str) -> str:
    """A time zone."""
    try:
        return _known_zone(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} {error}") from error


def language(text: str) -> str:
    """One of the languages of displays and mails."""
    if text not in set(Language):
        raise ConfigError(f"{text!r} is none that displays and mails speak; write one of {', '.join(Language)}")
    return text


def address(text: str) -> Broker:
    """Where a broker is: host, host:port or mqtts://host:port; not tried yet."""
    found = re.fullmatch(r"(?:(mqtts?|ssl|tcp)://)?(\[[0-9A-Fa-f:]+\]|[^\s:/@\[\]]+)(?::(\d{1,5}))?/?", text)
    if not found:
        raise ConfigError(
            f"{text!r} is no address; write broker.example, broker.example:1883 or mqtts://broker.example"
        )
    tls = found[1] in {"mqtts", "ssl"} or found[3] == "8883"
    port = int(found[3]) if found[3] else _PORTS[tls]
    if not 1 <= port <= 65535:
        raise ConfigError(f"{port} is no port; write one from 1 to 65535")
    return Broker(found[2].strip("[]"), port, tls)


def authority(text: str) -> Path | None:
    """A file of certificates; empty: the system's own."""
    if not text:
        return None
    try:
        return MqttSettings(ca_file=Path(text)).ca_file
    except ValidationError as error:
        raise ConfigError(f"{text} {error.errors()[0]['msg'].removeprefix('Value error, ')}") from error


def broker(one: Broker) -> None:
    """Connect, subscribe and publish as the hub will."""
    _try(one, _draft(one))


def lock(one: Broker, door: Door) -> str:
    """Subscribe to what the lock reports; returns in words what was heard. Nothing is sent to it: it might move."""
    config = _draft(one, door)
    made = config.doors[0].lock
    topic = getattr(made, "feedback_topic", None)
    heard = _try(one, config, topic)
    if heard is None:
        # Some brokers (mosquitto) take every subscription, and let nothing through that their list does not allow.
        return (
            f"nothing is heard on {topic} yet: the lock may speak only when it moves, or the broker's access list may "
            "not let the hub hear it (`maskgate hub acl` prints the lines)"
        )
    said = heard[:60].decode(errors="replace")
    return f"heard on {topic}: {said!r}"


def device(preset: Preset, text: str) -> str:
    """A device's own name."""
    try:
        _draft(Broker("localhost"), Door("door", "Door", "camera", LockChoice(preset, text)))
    except ValidationError as error:
        raise ConfigError(f"{text!r} {error.errors()[0]['msg'].removeprefix('Value error, ')}") from error
    return text


def recipient(text: str) -> AppriseSender:
    """An address that Apprise can write to."""
    try:
        return AppriseSender(SecretStr(text))
    except AddressError as error:
        raise ConfigError(str(error)) from error


def send_test(sender: AppriseSender, site: str, code: str) -> None:
    """Send a first letter."""
    say, notice = words(code), new_id(SystemClock().now())
    headline, text = say.say("text", "test"), say.say("text", "test_why")
    body = f"{headline}\n\n{text}\n\n{say.say('label', 'site')}: {site}\n{say.say('label', 'notice')}: {notice}\n"
    html = "".join(f"<p>{line}</p>" for line in (headline, text))
    try:
        sender.send(Letter(notice, f"[{site}] {headline}", body, html, code))
    except SendError as error:
        raise ConfigError(f"the test did not get through: {error}") from error


def port(host: str, text: str) -> int:
    """A port for the pages that nobody else has."""
    try:
        number = int(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no port; write a number from 1 to 65535") from error
    if not 1 <= number <= 65535:
        raise ConfigError(f"{number} is no port; write a number from 1 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with contextlib.closing(socket.create_server((host, number), family=family)):
            return number
    except OSError as error:
        raise ConfigError(f"port {number} of {host} cannot be had: {error.strerror}; choose another") from error


def host(text: str) -> str:
    """An address of this machine."""
    try:
        with contextlib.closing(
            socket.create_server((text, 0), family=socket.AF_INET6 if ":" in text else socket.AF_INET)
        ):
            return text
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"{text!r} is no address of this machine: {why}; write 127.0.0.1 or 0.0.0.0") from error


def folder(file: Path) -> None:
    """The place of the file must take files."""
    if not file.parent.is_dir():
        raise ConfigError(f"there is no folder {file.parent}; make it first")
    if not os.access(file.parent, os.W_OK):
        raise ConfigError(f"nothing can be written into {file.parent}; name another place, or become who may")


def settings(one: Broker) -> MqttSettings:
    """Return what the configuration will say of the broker."""
    secret = SecretStr(one.password) if one.password is not None else None
    return MqttSettings(
        host=one.host, port=one.port, tls=one.tls, ca_file=one.ca_file, username=one.username, password=secret
    )


def lock_section(choice: LockChoice) -> dict[str, str]:
    """Return a lock as the configuration says it."""
    section = {"preset": choice.preset.value, "device": choice.device}
    if is_switch(choice.preset):
        section["unlocked_when"] = choice.unlocked_when.value
    return section


def is_switch(preset: Preset) -> bool:
    """Whether a maker's device has positions instead of a bolt, so that the wiring says which lets people in."""
    return preset not in {Preset.ZIGBEE2MQTT_LOCK, Preset.ESPHOME_LOCK}


def pages(answers: Answers) -> str:
    """Return where the pages are."""
    return Web(host=answers.host, port=answers.port).address


def _draft(one: Broker, door: Door | None = None) -> HubConfig:
    door = door or Door("door", "Door", "camera")
    section = {"id": door.id, "name": door.name, "nodes": [door.node]}
    more = {"lock": lock_section(door.lock)} if door.lock else {}
    return HubConfig.model_validate({"mqtt": settings(one), "doors": [section | more]})


def _try(one: Broker, config: HubConfig, listen: str | None = None) -> bytes | None:
    # A word to a board that is not there: it moves nothing, and stays nowhere.
    letter = topics.NODE_ACK.path(config.mqtt.root, node="maskgate-init"), encode(Ack(stored=()))
    try:
        return probe(settings(one), Intake(config).subscriptions, letter, listen)
    except ProbeError as error:
        raise ConfigError(str(error)) from error
