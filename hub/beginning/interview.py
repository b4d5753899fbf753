"""The questions of a first run, in their order; each answer is tried before the next is asked."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from hub.beginning import checks
from hub.beginning.answers import Answers, Broker, Door, LockChoice, Recipient
from hub.beginning.talk import Talk
from hub.config.presets import Position, Preset
from maskgate.config import ConfigError

NO_LOCK = "none"


@dataclass(frozen=True, slots=True)
class Given:
    """What the options say; None: ask."""

    site: str | None = None
    timezone: str | None = None
    language: str | None = None
    broker: str | None = None
    ca_file: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    door: str | None = None
    door_id: str | None = None
    node: str | None = None
    lock: str | None = None
    device: str | None = None
    unlocked_when: str | None = None
    recipient: str | None = field(default=None, repr=False)
    recipient_id: str | None = None
    test_mail: bool | None = None
    host: str | None = None
    port: str | None = None


def interview(talk: Talk, given: Given) -> Answers:
    """Ask for everything; raises `ConfigError` where nobody can be asked again."""
    site = talk.ask(
        "What do people call the site?", checks.name, option="--site", given=given.site, default="Our house"
    )
    timezone = talk.ask(
        "Time zone", checks.zone, option="--timezone", given=given.timezone, default=local_zone(),
    )  # fmt: skip
    language = talk.ask(
        "Language of displays and mails (en, es, de, fr, zh, ar)", checks.language, option="--language",
        given=given.language, default="en",
    )  # fmt: skip
    broker = _broker(talk, given)
    door = _door(talk, given, broker)
    recipient = _recipient(talk, given, site, language)
    host = talk.ask(
        "Who may open the pages? 127.0.0.1: this machine alone; 0.0.0.0: the whole network", checks.host,
        option="--host", given=given.host, default="127.0.0.1",
    )  # fmt: skip
    port = talk.ask(
        "Port of the pages", lambda text: checks.port(host, text), option="--port", given=given.port, default="8080"
    )
    return Answers(site, timezone, language, broker, door, recipient, host, port)


def local_zone(link: Path = Path("/etc/localtime")) -> str:
    """Return this machine's time zone, UTC where it does not say."""
    _, found, name = str(link.resolve()).partition("/zoneinfo/")
    for one in (os.environ.get("TZ", ""), name if found else ""):
        try:
            return checks.zone(one)
        except ConfigError:
            continue
    return "UTC"


def _broker(talk: Talk, given: Given) -> Broker:
    asked = given
    place = "localhost"
    while True:
        broker = talk.ask(
            "Address of the MQTT broker, like broker.example:1883, or mqtts://... for TLS", checks.address,
            option="--broker", given=asked.broker, default=place,
        )  # fmt: skip
        if broker.tls:
            file = talk.ask(
                "File of the broker's authority, if it is a private one", checks.authority, option="--ca-file",
                given=asked.ca_file, default="",
            )  # fmt: skip
            broker = replace(broker, ca_file=file)
        name = talk.ask(
            "The hub's account at the broker", lambda text: text or None, option="--username", given=asked.username,
            default="",
        )  # fmt: skip
        if name:
            password = talk.ask(
                "Its password", lambda text: text or None, option="--password", given=asked.password, default="",
                secret=True,
            )  # fmt: skip
            broker = replace(broker, username=name, password=password)
        try:
            checks.broker(broker)
        except ConfigError as error:
            talk.again(error)
            asked, place = Given(), f"{'mqtts://' if broker.tls else ''}{broker.host}:{broker.port}"
            continue
        talk.say("  Good: the broker lets us in, and we may read and write what is ours.")
        return broker


def _door(talk: Talk, given: Given, broker: Broker) -> Door:
    name = talk.ask("Name of the first door", checks.name, option="--door", given=given.door, default="Front door")
    door = talk.ask(
        "Its id, which stands in topics and addresses", checks.slug, option="--door-id", given=given.door_id,
        default=checks.slug_of(name, "front-door"),
    )  # fmt: skip

    def other(text: str) -> str:
        if checks.slug(text) == door:
            raise ConfigError(f"{text} is the door's id, and the two must differ; write {door}-camera, say")
        return text

    node = talk.ask(
        "Id of the camera board beside it", other, option="--node", given=given.node, default=f"{door}-camera"[:48]
    )
    return _lock(talk, given, broker, Door(door, name, node))


def _lock(talk: Talk, given: Given, broker: Broker, door: Door) -> Door:
    kinds = ", ".join(Preset)

    def preset(text: str) -> Preset | None:
        if text == NO_LOCK:
            return None
        if text not in set(Preset):
            raise ConfigError(f"{text!r} is no device that is known; write one of {kinds}, or {NO_LOCK}")
        return Preset(text)

    def position(text: str) -> Position:
        if text not in set(Position):
            raise ConfigError("write on for a strike (power lets people in), or off for a magnet (power holds)")
        return Position(text)

    asked = given
    while True:
        kind = talk.ask(
            f"What moves the lock ({kinds}; {NO_LOCK}: the door only shows and tells)", preset, option="--lock",
            given=asked.lock, default=NO_LOCK,
        )  # fmt: skip
        if kind is None:
            return door
        device = talk.ask(
            "The device's own name or topic prefix", lambda text, kind=kind: checks.device(kind, text),  # type: ignore[misc]
            option="--device", given=asked.device,
        )  # fmt: skip
        choice = LockChoice(kind, device)
        if checks.is_switch(kind):
            when = talk.ask(
                "Is the entry unlocked when the switch is on (a strike) or off (a magnet)?", position,
                option="--unlocked-when", given=asked.unlocked_when, default="on",
            )  # fmt: skip
            choice = LockChoice(kind, device, when)
        made = replace(door, lock=choice)
        try:
            heard = checks.lock(broker, made)
        except ConfigError as error:
            talk.again(error)
            asked = Given()
            continue
        talk.say(f"  {heard[:1].upper()}{heard[1:]}.")
        return made


def _recipient(talk: Talk, given: Given, site: str, language: str) -> Recipient | None:
    asked, example = given, "mailtos://user:password@mail.example.org?to=guard@example.org"
    while True:
        url = talk.ask(
            f"Who is told? An Apprise address, like {example}",
            lambda text: (text, checks.recipient(text)) if text else None, option="--recipient", given=asked.recipient,
            default="",
        )  # fmt: skip
        if url is None:
            return None
        wanted = given.test_mail
        if talk.choose("Send a test there now?", default=True) if wanted is None and not talk.alone else wanted:
            try:
                checks.send_test(url[1], site, language)
            except ConfigError as error:
                talk.again(error)
                asked = Given()
                continue
            talk.say("  Good: it was taken. See whether it arrives.")
        name = talk.ask(
            "A short name for this recipient", checks.slug, option="--recipient-id", given=given.recipient_id,
            default="guard",
        )  # fmt: skip
        return Recipient(name, url[0])
