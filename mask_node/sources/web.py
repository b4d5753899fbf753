"""A camera at an http:// address. What it is (MJPEG, single pictures, another stream) it says itself."""

import ssl
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from typing import cast

from mask_node.sources.address import credentials, without_secrets
from mask_node.sources.base import SourceError
from mask_node.sources.live import Feed, Live
from mask_node.sources.mjpeg import MjpegFeed, boundary_of
from mask_node.sources.still import StillFeed
from mask_node.sources.stream import open_stream
from maskgate.clock import Clock

#: A camera that says nothing for so long is lost.
TIMEOUT_S = 5.0


class WebCamera(Live):
    """The camera at an address. fps: how often single pictures are asked for."""

    def __init__(self, address: str, *, fps: float | None, patient: bool, clock: Clock) -> None:
        self._address, self._fps = address, fps
        super().__init__(without_secrets(address), patient=patient, clock=clock)

    def _open(self) -> Feed:
        response = get(self._address)
        kind = response.headers.get_content_type()
        if kind.startswith("multipart/"):
            return MjpegFeed(response, boundary_of(response.headers.get("Content-Type", "")))
        if kind.startswith("image/"):
            return StillFeed(lambda: get(self._address), first=response, fps=self._fps)
        response.close()
        return open_stream(self._address)


def get(address: str) -> HTTPResponse:
    """Ask for an address, its user and password by basic or digest authentication as the camera wants.

    Raises `SourceError` with a sentence that holds no secret.
    """
    url, user, password = credentials(address)
    known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if user:
        known.add_password(None, url, user, password)
    opener = urllib.request.build_opener(
        urllib.request.HTTPDigestAuthHandler(known),
        urllib.request.HTTPBasicAuthHandler(known),
        # No proxy: cameras are in the house.
        urllib.request.ProxyHandler({}),
    )
    name = without_secrets(address)
    try:
        # Only ever http or https: `open_source` leads nothing else here.
        return cast("HTTPResponse", opener.open(url, timeout=TIMEOUT_S))
    except urllib.error.HTTPError as error:
        error.close()
        mend = "check user and password" if error.code in {401, 403} else "check the address"
        raise SourceError(f"no picture comes from {name}, it answers {error.code}; {mend}") from error
    except ssl.SSLError as error:
        raise SourceError(f"no picture comes from {name}, its certificate is not trusted; check it") from error
    except (OSError, HTTPException, ValueError) as error:
        raise SourceError(
            f"no picture comes from {name}; check the address, the password and that the camera is on"
        ) from error
