"""Where pictures come from. One small protocol (`base`), one file each.

Cameras (`live`, with `backoff`): `camera` (USB, V4L2), `csi` (Picamera2), `stream` (RTSP), `web`, which is `mjpeg` or
`still`. Files (`recorded`): `video`, `folder`. `open` chooses by the address.
"""

from mask_node.sources.base import Captured, Source, SourceError
from mask_node.sources.open import open_source

__all__ = ["Captured", "Source", "SourceError", "open_source"]
