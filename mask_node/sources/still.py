"""A camera that gives one picture for each request."""

import threading
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse

from mask_node.sources.base import SourceError
from mask_node.sources.mjpeg import MOST_BYTES

#: Pictures a second when nobody says: enough to see somebody stop at a door, and no burden to a small camera.
USUAL_FPS = 3.0


class StillFeed:
    """Asks again and again. get: makes a request; first: an answer that is already there."""

    def __init__(self, get: Callable[[], HTTPResponse], *, first: HTTPResponse, fps: float | None) -> None:
        self._get, self._pause = get, 1 / (fps or USUAL_FPS)
        self._answer: HTTPResponse | None = first
        self._closed = threading.Event()

    def next(self) -> bytes | None:
        """See `Feed.next`."""
        if self._answer is None and self._closed.wait(self._pause):
            return None
        answer, self._answer = self._answer or self._get(), None
        with answer:
            try:
                content = answer.read(MOST_BYTES + 1)
            except (OSError, HTTPException) as error:
                raise SourceError("the camera broke off in the middle of a picture") from error
        if len(content) > MOST_BYTES:
            raise SourceError("a picture of the camera is larger than 16 MiB; make its pictures smaller")
        return content

    def close(self) -> None:
        """See `Feed.close`."""
        self._closed.set()
        if self._answer is not None:
            self._answer.close()
