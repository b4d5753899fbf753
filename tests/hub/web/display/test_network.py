"""A display whose network goes away, in each way that networks do: it says so, and comes back by itself."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from selenium import webdriver

from maskgate.messages import DisplayKind
from tests.hub.web.conftest import Site, until
from tests.hub.web.display.conftest import KIND


class Wire:
    """Between a screen and the hub: carries what is said, or swallows it without a word, or is cut."""

    def __init__(self, port: int) -> None:
        self._hub = port
        self._carries = threading.Event()
        self._carries.set()
        self._lines = {self._carries}
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def swallow(self) -> None:
        """Everything stays connected, and nothing comes through: a switch that hangs, a cable that is pulled."""
        self._carries.clear()

    def forget(self) -> None:
        """As `swallow`, and what is connected now is never carried again: a router that was switched off and on."""
        self._carries = threading.Event()
        for carries in self._lines:
            carries.clear()

    def cut(self) -> None:
        """Nothing is connected and nobody can connect."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def mend(self) -> None:
        """All is as before."""
        self._carries.set()
        if self._listener.fileno() < 0:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                screen = listener.accept()[0]
                hub = socket.create_connection(("127.0.0.1", self._hub))
                self._ends += [screen, hub]
                for one, other in ((screen, hub), (hub, screen)):
                    self._lines.add(self._carries)
                    threading.Thread(target=self._carry, args=(one, other, self._carries), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, carries: threading.Event) -> None:
        with suppress(OSError):
            while said := one.recv(65536):
                carries.wait()
                other.sendall(said)
            other.shutdown(socket.SHUT_WR)


@pytest.fixture
def wire(site: Site) -> Iterator[Wire]:
    made = Wire(site.server.port)
    yield made
    made.mend()
    made.cut()


@pytest.mark.parametrize("way", ["swallow", "forget", "cut"])
def test_a_network_that_goes_is_said_and_one_that_returns_brings_what_counts_now(
    site: Site, kiosk: webdriver.Chrome, wire: Wire, way: str
) -> None:
    site.happens(DisplayKind.WELCOME, seconds=600)
    kiosk.get(f"http://127.0.0.1:{wire.port}/display/front")
    kiosk.execute_script("window.sameLoad = true")
    until(lambda: site.live.viewers() > 0, "the page's stream")
    assert kiosk.execute_script(KIND) == "welcome"
    for following in (DisplayKind.MASK_REQUIRED, DisplayKind.COVER_NOSE):
        getattr(wire, way)()
        until(lambda: kiosk.execute_script(KIND) == "offline", "the word that the hub is not heard", limit=12)
        site.happens(following, seconds=60)
        wire.mend()
        until(lambda following=following: kiosk.execute_script(KIND) == following, "what counts now", limit=30)  # type: ignore[misc]
    assert kiosk.execute_script("return window.sameLoad") is True
