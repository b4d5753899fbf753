"""What this machine says of its disk and its clock."""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

from hub.watch.facts import DiskFacts

#: `STA_UNSYNC` of adjtimex(2): nothing sets the clock.
_UNSYNC = 0x40
#: Larger than the `struct timex` of any machine; `status` is its fifth word.
_TIMEX_BYTES = 512


def disk(path: Path, statvfs: Callable[[Path], os.statvfs_result] = os.statvfs) -> DiskFacts:
    """Return the file system that a file is on, or would be made on; raises `OSError`."""
    folder = next(place for place in (path, *path.absolute().parents) if place.exists())
    found = statvfs(folder)
    # What is left for us: of what is kept back for root we can use nothing.
    return DiskFacts(str(path), found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)


def clock_set() -> bool | None:
    """Return whether a time server sets the clock, as the kernel has it; None where it does not say (Linux does)."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
        buffer = (ctypes.c_long * (_TIMEX_BYTES // ctypes.sizeof(ctypes.c_long)))()  # modes 0: change nothing
        if adjtimex(ctypes.byref(buffer)) < 0:
            return None
    except (OSError, AttributeError):
        return None
    # modes, offset, freq, maxerror, esterror, status: words of the machine, `int`s padded to one.
    status = ctypes.c_int.from_buffer(buffer, 5 * ctypes.sizeof(ctypes.c_long)).value
    return not status & _UNSYNC
