"""Motion JPEG over HTTP: one long answer of many parts, each a picture (RFC 2046, section 5.1)."""

from collections.abc import Iterable, Iterator
from email.message import Message
from http.client import HTTPException, HTTPResponse

from mask_node.sources.base import SourceError

#: A part larger than this is no picture of a camera, and not kept in memory.
MOST_BYTES = 16 * 2**20
#: Headers of a part are a few short lines.
MOST_HEADER = 8192
CHUNK = 64 * 1024


def boundary_of(content_type: str) -> bytes:
    """Return what parts the parts of an answer, as its `Content-Type` says. Raises `SourceError` without one."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary("")
    if not boundary:
        raise SourceError("the camera sends parts but not what parts them; it is no MJPEG camera")
    # Some cameras write the two hyphens that belong before it into it.
    return boundary.removeprefix("--").encode("latin-1", "replace")


def parts(chunks: Iterable[bytes], boundary: bytes) -> Iterator[bytes]:
    """Yield the bodies of the parts, however the bytes are cut into chunks. Pure.

    Raises `SourceError` when a part or its headers are larger than a picture can be.
    """
    mark, buffer = b"--" + boundary, bytearray()
    length: int | None = None  # of the body under way; -1 where its headers do not tell; None before a body
    searched = 0
    for chunk in chunks:
        buffer += chunk
        while True:
            if length is None:
                end = _end_of_headers(buffer, mark)
                if end is None:
                    if len(buffer) > MOST_HEADER + len(mark):
                        raise SourceError("what comes from the camera is no MJPEG")
                    break
                length, searched = _length(bytes(buffer[: end[0]])), 0
                del buffer[: end[1]]
            if max(length, len(buffer) if length < 0 else 0) > MOST_BYTES:
                raise SourceError("a picture of the camera is larger than 16 MiB; make its pictures smaller")
            size = length if length >= 0 else buffer.find(b"\n" + mark, searched)
            searched = max(0, len(buffer) - len(mark) - 1)
            if size < 0 or len(buffer) < size:
                break
            body = bytes(buffer[:size])
            del buffer[:size]
            yield body if length >= 0 else body.removesuffix(b"\r")
            length = None


def _end_of_headers(buffer: bytearray, mark: bytes) -> tuple[int, int] | None:
    """Return where a part's headers end and its body begins; None when they are not all there."""
    start = buffer.find(mark)
    if start < 0:
        return None
    ends = [(at, at + len(blank)) for blank in (b"\r\n\r\n", b"\n\n") if (at := buffer.find(blank, start)) >= 0]
    return min(ends, default=None)


def _length(headers: bytes) -> int:
    """Return the length that the headers tell, or -1."""
    for line in headers.lower().splitlines():
        name, _, value = line.partition(b":")
        if name.strip() == b"content-length" and value.strip().isdigit():
            return int(value)
    return -1


class MjpegFeed:
    """An open answer of many pictures."""

    def __init__(self, response: HTTPResponse, boundary: bytes) -> None:
        self._response = response
        self._parts = parts(iter(lambda: response.read1(CHUNK), b""), boundary)

    def next(self) -> bytes | None:
        """See `Feed.next`."""
        try:
            return next(self._parts, None)
        except (OSError, HTTPException) as error:
            raise SourceError("the camera has fallen silent or broken off") from error

    def close(self) -> None:
        """See `Feed.close`."""
        self._response.close()
