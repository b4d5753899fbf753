"""A hub's connections to the broker: one where it is alone. Where several share a site, see `hub.many`."""

from collections.abc import Callable, Sequence
from typing import Protocol

from hub.memory import Place
from maskgate.config import MqttSettings
from maskgate.mqtt import Link, Outbound

#: A broker that has said nothing for so long is asked, and after as long again it is away, in seconds. No command must
#: wait in a connection that hangs: it would be too old when that goes on, and its lock be taken for jammed.
BROKER_SILENT_S = 2


class Line(Protocol):
    """What the core needs of its connections."""

    @property
    def place(self) -> Place | None:
        """Which one of several this hub is; None: it is alone."""
        ...

    @property
    def link(self) -> Link:
        """The connection on which verdicts come."""
        ...

    @property
    def voice(self) -> Link | None:
        """The connection on which the site speaks, where this hub is the one that speaks."""
        ...

    def make(self) -> None:
        """Make what can be made before the start; connects nothing."""
        ...

    def start(self) -> None:
        """Begin to connect."""
        ...

    def stop(self, farewell: Outbound | None, *, clear: Sequence[str], timeout: float) -> None:
        """Leave in order; the farewell, if any, is said where nobody else serves the site.

        `clear`: retained topics that nobody is to find any more; where several serve the site, the leader clears them.
        """
        ...


class OneLine:
    """Everything on one connection."""

    place: Place | None = None

    def __init__(self, make: Callable[[], Link]) -> None:
        self._make = make
        self._link: Link | None = None

    @property
    def link(self) -> Link:
        """See `Line`."""
        assert self._link is not None  # noqa: S101 - `make` was called
        return self._link

    @property
    def voice(self) -> Link | None:
        """See `Line`."""
        return self._link

    def make(self) -> None:
        """See `Line`."""
        self._link = self._make()

    def start(self) -> None:
        """See `Line`."""
        self.link.start()

    def stop(self, farewell: Outbound | None, *, clear: Sequence[str], timeout: float) -> None:
        """See `Line`."""
        self.link.stop(cleared(self.link, clear) or farewell, timeout=timeout)


def watchful(settings: MqttSettings) -> MqttSettings:
    """Return the settings of a connection on which locks are commanded."""
    return settings.model_copy(update={"keepalive": min(settings.keepalive, BROKER_SILENT_S)})


def cleared(link: Link, topics: Sequence[str]) -> Outbound | None:
    """Empty retained topics; returns the last one's message, to be sent once more and waited for."""
    last = None
    for topic in topics:
        last = Outbound(topic, b"", retain=True)
        link.publish(last)
    return last
