"""A network camera (MJPEG over HTTP) that films the demo's corridor: somebody with a mask comes, stands and goes."""

import threading
import time
from enum import Enum, auto
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from maskgate.demo.broker import free_port
from maskgate.demo.clip import EMPTY_S, FPS, GAP_S, HEIGHT, STAY_S, WIDTH, Picture, frames

#: Every so many pictures of the clip are shown: enough to judge by, and cheap.
EVERY = 2
PAUSE_S = EVERY / FPS
#: Where somebody has come to stand, and where she turns to go, in seconds of her stay.
STANDS_S, TURNS_S = 1.4, 3.6


class Mood(Enum):
    """What the camera does with what it sees."""

    WELL = auto()
    SILENT = auto()  # the connection stands, and nothing comes
    FROZEN = auto()  # the same picture again and again
    BLACK = auto()
    GONE = auto()  # switched off


def _jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


@cache
def _reel() -> tuple[list[bytes], list[bytes], list[bytes], list[bytes]]:
    """Return the pictures of an empty corridor, and of somebody who comes, stands and goes."""
    taken = [_jpeg(picture) for number, picture in enumerate(frames()) if number % EVERY == 0]
    begins = round((EMPTY_S + STAY_S + GAP_S) / PAUSE_S)
    stay = taken[begins : begins + round(STAY_S / PAUSE_S)]
    stands, turns = round(STANDS_S / PAUSE_S), round(TURNS_S / PAUSE_S)
    return taken[: round(EMPTY_S / PAUSE_S)], stay[:stands], stay[stands:turns], stay[turns:]


class Camera:
    """`visit` lets somebody come, `leave` lets her go; `mood` may be set at any time."""

    def __init__(self) -> None:
        self._empty, self._comes, self._stands, self._goes = _reel()
        self._to_show: list[bytes] = []
        self._visited = False
        self._black = _jpeg(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
        self._number, self._newest = 0, self._empty[0]
        self._taken = threading.Condition()
        self._closed = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.port, self.mood = free_port(), Mood.WELL
        self._start()
        threading.Thread(target=self._film, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def empty(self) -> bool:
        """Whether nobody is in the corridor, whatever the camera shows of it."""
        with self._taken:
            return not self._to_show and not self._visited

    def visit(self) -> None:
        with self._taken:
            self._to_show, self._visited = list(self._comes), True

    def leave(self) -> None:
        with self._taken:
            if self._visited:
                self._to_show, self._visited = list(self._goes), False

    def set(self, mood: Mood) -> None:
        before, self.mood = self.mood, mood
        if mood is Mood.GONE:
            self._stop()
        elif before is Mood.GONE:
            self._start()

    def close(self) -> None:
        self._closed.set()
        self.set(Mood.GONE)

    def _film(self) -> None:
        number = 0
        while not self._closed.wait(PAUSE_S):
            number += 1
            with self._taken:
                if not self._to_show and self._visited:
                    # To and fro, so that nobody jumps.
                    self._to_show = [*self._stands, *reversed(self._stands)]
                picture = self._to_show.pop(0) if self._to_show else self._empty[number % len(self._empty)]
                if self.mood is Mood.SILENT:
                    continue
                if self.mood is not Mood.FROZEN:
                    self._newest = self._black if self.mood is Mood.BLACK else picture
                self._number += 1
                self._taken.notify_all()

    def _answer(self, request: BaseHTTPRequestHandler, server: ThreadingHTTPServer) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        request.end_headers()
        seen = 0
        while self._server is server:
            with self._taken:
                self._taken.wait_for(lambda seen=seen: self._number != seen, timeout=0.2)  # type: ignore[misc]
                if seen == self._number:
                    continue
                seen, jpeg = self._number, self._newest
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            request.wfile.write(head.encode() + jpeg + b"\r\n")

    def _start(self) -> None:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    camera._answer(self, server)
                except OSError:
                    return  # who looked has gone

            def log_message(self, *_: object) -> None:
                pass

        deadline = time.monotonic() + 10
        while True:
            try:
                server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
                break
            except OSError:  # the last one's port is not free yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        server.daemon_threads = True
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def _stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
