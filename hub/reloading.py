"""What a reload does with the file: a good one is taken up, a bad one is said and changes nothing (O1)."""

import logging
from pathlib import Path

from hub.checking import examine
from hub.service import Hub
from maskgate.config import ConfigError

log = logging.getLogger(__name__)


def take_up(hub: Hub, path: Path) -> str | None:
    """Let a running hub go on under what the file says now; returns what is wrong with it, and None when nothing is.

    Raises `ConfigError` only when the last good configuration does not start any more either.
    """
    try:
        config = examine(path)
    except ConfigError as error:
        return _refuse(hub, error)
    try:
        hub.reload(config)
    except ConfigError as error:
        if not hub.running:
            raise
        return _refuse(hub, error)
    return None


def _refuse(hub: Hub, error: ConfigError) -> str:
    text = str(error)
    log.error("the configuration is refused, what runs goes on:\n%s", text)
    hub.complain(text.splitlines()[0])
    return text
