"""A network that can be cut and stalled: a relay between programs and their broker."""

import contextlib
import socket
import threading

CHUNK = 65536


class Wire:
    """Listens on `port` and passes everything on to `target` on the loopback."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._flows, self._up = threading.Event(), threading.Event()
        self._flows.set()
        self._up.set()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection; new ones are refused until `mend`."""
        self._up.clear()
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def mend(self) -> None:
        """Let connections be made, and everything flow."""
        self._up.set()
        self._flows.set()

    def stall(self) -> None:
        """Let nothing through, and say nothing of it."""
        self._flows.clear()

    def close(self) -> None:
        self._listener.close()
        self.cut()
        self._flows.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):  # cut while it is made
                self._join(near)

    def _join(self, near: socket.socket) -> None:
        if not self._up.is_set():
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            self._ends |= {near, far}
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for here, there in ((near, far), (far, near)):
            threading.Thread(target=self._pass, args=(here, there), daemon=True).start()

    def _pass(self, here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := here.recv(CHUNK):
                self._flows.wait()
                there.sendall(content)
        for end in (here, there):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        with self._lock:
            self._ends -= {here, there}
