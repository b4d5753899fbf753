"""A few words to systemd, where it has started us: ready, alive, stopping."""

import contextlib
import os
import socket
from collections.abc import Mapping

#: So many signs of life within the time that systemd allows.
SIGNS = 3.0


class Systemd:
    """Speaks to the socket that systemd names; says nothing where there is none."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        address = given.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        mine = given.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        allowed = given.get("WATCHDOG_USEC", "")
        #: A sign of life is due so often, in seconds; None where systemd waits for none.
        self.every = int(allowed) / 1e6 / SIGNS if mine and allowed.isdecimal() and int(allowed) > 0 else None
        self._due = 0.0

    def ready(self) -> None:
        """All runs."""
        self._say("READY=1")

    def alive(self, now: float) -> None:
        """Give a sign of life, when one is due at `now`, in seconds of the monotonic clock."""
        if self.every is not None and now >= self._due:
            self._due = now + self.every
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """We are about to end."""
        self._say("STOPPING=1")

    def _say(self, word: str) -> None:
        if not self._address:
            return
        # Nobody's listening must never end or delay us.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as talker:
            talker.setblocking(False)
            talker.sendto(word.encode(), self._address)
