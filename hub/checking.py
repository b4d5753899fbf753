"""Whether a `hub.yaml` is good: all that can be known without starting anything, every fault with its line (O1)."""

from pathlib import Path

from hub.config import HubConfig
from hub.notices.sender import AddressError
from hub.notices.worker import apprise_sender
from maskgate.config import ConfigError, load, where


def examine(path: Path) -> HubConfig:
    """Read the file and try the addresses of the recipients; raises `ConfigError` that lists every fault."""
    config = load(path, HubConfig)
    faults = []
    for n, recipient in enumerate(config.notices.recipients):
        try:
            apprise_sender(recipient)
        except AddressError as error:
            faults.append(f"{where(path, ('notices', 'recipients', n, 'url'))}: {error}")
    if faults:
        raise ConfigError("\n".join(faults))
    return config
