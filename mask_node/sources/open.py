"""Choose the source that an address means."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mask_node.config import SourceSettings
from mask_node.sources.base import Source, SourceError
from mask_node.sources.camera import Camera
from mask_node.sources.csi import CsiCamera
from mask_node.sources.folder import PictureFolder
from mask_node.sources.stream import StreamCamera
from mask_node.sources.video import VideoFile
from mask_node.sources.web import WebCamera
from maskgate.clock import Clock, SystemClock

WHAT_TO_GIVE = "give a camera number, csi, an rtsp:// or http:// address, a video file or a folder"


def open_source(
    wanted: SourceSettings | str, *, pace: bool = False, patient: bool = False, clock: Clock | None = None
) -> Source:
    """Open a camera number or device file, `csi` or `csi:1`, an address, a video file or a folder of pictures.

    pace: a file plays as a camera would deliver it, newest picture only; else it is read whole, as fast as can be.
    patient: a camera that is not there yet is waited for. Raises `SourceError` with one sentence and the mend.
    """
    settings = wanted if isinstance(wanted, SourceSettings) else SourceSettings.model_validate({"address": wanted})
    clock = clock or SystemClock()
    address = settings.address.get_secret_value().strip()
    if not address:  # a path of nothing would be the folder we are in
        raise SourceError(f"the source is empty; {WHAT_TO_GIVE}")
    width, height, fps = settings.width, settings.height, settings.fps
    if csi := re.fullmatch(r"csi(?::(\d+))?", address):
        number = int(csi[1] or 0)
        return CsiCamera(number, width=width, height=height, fps=fps, patient=patient, clock=clock)
    if address.isdecimal() or address.startswith("/dev/"):
        device = int(address) if address.isdecimal() else Path(address)
        return Camera(device, width=width, height=height, fps=fps, patient=patient, clock=clock)
    if "://" in address and not address.startswith("file://"):
        try:
            urlsplit(address)
        except ValueError as error:
            raise SourceError("the source's address cannot be read; check it, and its brackets") from error
        if address.startswith(("http://", "https://")):
            return WebCamera(address, fps=fps, patient=patient, clock=clock)
        return StreamCamera(address, patient=patient, clock=clock)
    path = _path_of(address).expanduser()
    if path.is_dir():
        return PictureFolder(path, fps=fps, pace=pace, loop=settings.loop, clock=clock)
    if not path.is_file():
        raise SourceError(f"there is no file {path}; {WHAT_TO_GIVE}")
    return VideoFile(path, fps=fps, pace=pace, loop=settings.loop, clock=clock)


def _path_of(address: str) -> Path:
    """Return the path that a file's name or `file://` address means."""
    if not address.startswith("file://"):
        return Path(address)
    return Path(unquote(re.sub(r"^file://(localhost(?=/))?", "", address)))
