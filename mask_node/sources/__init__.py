"""Where pictures come from: a camera, an address, a video file, a folder. One small protocol, one file each."""

from mask_node.sources.base import Captured, Source, SourceError
from mask_node.sources.open import open_source

__all__ = ["Captured", "Source", "SourceError", "open_source"]
