"""What the pages are drawn with: Tabler (built on Bootstrap) and Font Awesome.

They lie in the package `starlette-admin`, which pip installs with pinned hashes; it is read, never imported. Each is
compressed once, and an address that changes with the version lets browsers keep it.
"""

import functools
import gzip
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import Request

from maskgate.config import ConfigError

PACKAGE = "starlette_admin"
#: By the name under /assets/: where it lies in the package, and its type.
FILES = {
    "tabler.css": ("css/vendor/tabler.min.css", "text/css; charset=utf-8"),
    "tabler.js": ("js/vendor/tabler.min.js", "text/javascript; charset=utf-8"),
    "icons.css": ("css/vendor/fontawesome.min.css", "text/css; charset=utf-8"),
    "fa-solid-900.woff2": ("webfonts/fa-solid-900.woff2", "font/woff2"),
}


def routes() -> APIRouter:
    """Return the one route; raises `ConfigError` where the package does not hold what the pages need."""
    router = APIRouter()
    folder = _folder()

    @router.get("/assets/{name}")
    def asset(name: str, request: Request) -> Response:
        if name not in FILES:
            raise HTTPException(404, "no such file")
        plain, packed = _read(folder, name)
        zipped = "gzip" in request.headers.get("accept-encoding", "") and not name.endswith(".woff2")
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if zipped:
            headers["Content-Encoding"] = "gzip"
        return Response(packed if zipped else plain, media_type=FILES[name][1], headers=headers)

    return router


@functools.cache
def build() -> str:
    """Return a mark of these files' version, for their addresses."""
    return sha256(version("starlette-admin").encode()).hexdigest()[:8]


def _folder() -> Path:
    found = find_spec(PACKAGE)
    folder = Path(found.origin).parent / "static" if found and found.origin else None
    missing = [path for path, _ in FILES.values() if folder is None or not (folder / path).is_file()]
    if folder is None or missing:
        raise ConfigError(
            f"web: the pages' files are missing from the package starlette-admin ({', '.join(missing)}); "
            "install the packages of this version anew"
        )
    return folder


@functools.cache
def _read(folder: Path, name: str) -> tuple[bytes, bytes]:
    plain = (folder / FILES[name][0]).read_bytes()
    if name == "icons.css":  # its fonts lie beside it here
        plain = plain.replace(b"../../webfonts/", b"")
    return plain, gzip.compress(plain, 6)
