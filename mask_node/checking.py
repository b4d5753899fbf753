"""`maskgate node check`: each part that a configuration names, tried once, with a sentence for each."""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator

from mask_node.config import NodeConfig
from mask_node.sources import SourceError, open_source
from mask_node.vision.card import ModelError
from maskgate.mqtt import Link

#: A camera may take so long for its first picture, a broker to answer, in seconds.
PICTURE_S, BROKER_S = 8.0, 5.0


class CheckError(Exception):
    """A part that would not work; the text is one sentence that says why and what to do."""


def check(config: NodeConfig) -> Iterator[tuple[str, str, bool]]:
    """Yield each part, what is to be said of it, and whether it is well. All are tried, whatever the first says."""
    parts: dict[str, Callable[[NodeConfig], str]] = {
        "models": _models, "source": _source, "outbox": _outbox, "broker": _broker,
    }  # fmt: skip
    if config.relay is not None or config.lamp is not None:
        parts["pins"] = _pins
    for name, part in parts.items():
        try:
            yield name, part(config), True
        except (CheckError, SourceError, ModelError) as error:
            yield name, str(error), False


def _models(config: NodeConfig) -> str:
    from mask_node.accelerator import load_best

    detector, hardware = load_best(config.models.folder, config.models.threads, edge_tpu=config.models.edge_tpu)
    return f"{detector.model_id}, on {hardware}"


def _source(config: NodeConfig) -> str:
    source = open_source(config.source)
    with contextlib.closing(source):
        picture = source.read(PICTURE_S)
    if picture is None:
        raise CheckError(f"it opens, but no picture came within {PICTURE_S:g} s; check that nothing else uses it")
    return f"can be opened, {picture.frame.shape[1]} x {picture.frame.shape[0]} pixels"


def _outbox(config: NodeConfig) -> str:
    path = config.outbox.path
    folder = next(place for place in path.absolute().parents if place.exists())
    if path.is_dir():
        raise CheckError(f"{path} is a folder; name a file")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise CheckError(f"{path} cannot be written; give the program's user the folder {folder}, or name another")
    free = os.statvfs(folder)
    return f"{path}, {free.f_bavail * free.f_frsize // 2**20} MiB free"


def _broker(config: NodeConfig) -> str:
    place = (config.mqtt.host, config.mqtt.port)
    try:
        socket.create_connection(place, timeout=BROKER_S).close()
    except (OSError, UnicodeError) as error:  # the latter of a name that cannot be a host's
        raise CheckError(f"nobody answers at {place[0]}:{place[1]} ({error}); check host and port") from error
    # Another name than the node's own, which may be running.
    link = Link(
        config.mqtt, client_id=f"maskgate-check-{config.id}", subscriptions=(), on_message=lambda _message: None,
        keep_session=False,
    )  # fmt: skip
    link.start()
    try:
        if not link.wait_up(BROKER_S):
            who = config.mqtt.username or "nobody (no username)"
            raise CheckError(
                f"it answers at {place[0]}:{place[1]} but does not let {who} in; check username, password and tls"
            )
    finally:
        link.stop()
    return f"answers at {place[0]}:{place[1]} and lets us in"


def _pins(_config: NodeConfig) -> str:
    # They are not taken: that would move the door.
    try:
        import gpiozero
    except ModuleNotFoundError as error:
        raise CheckError("a relay or lamp needs gpiozero: pip install 'maskgate[relay]'") from error
    try:
        factory = gpiozero.Device._default_pin_factory()
    except Exception as error:
        raise CheckError(
            f"no library for the pins of this board works ({error}); install lgpio, and add the user to gpio"
        ) from error
    factory.close()
    return "this board has pins"
