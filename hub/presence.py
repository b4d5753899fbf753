"""The pid file: how `maskgate hub reload` finds the hub that runs here, and hears what became of its wish.

The running hub holds a lock on the file as long as it lives, however it ends: a number alone may be another program's.
"""

import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from maskgate.config import ConfigError

try:
    import fcntl
except ImportError:  # not a Unix; there are no signals to reload by either
    fcntl = None  # type: ignore[assignment]

#: How long a reload may take, in seconds.
RELOAD_LIMIT_S = 30.0


class Presence:
    """The running hub's side."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._count = path, 0
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Say that this process is the hub; raises `ConfigError` where another one is."""
        if self._path is None or fcntl is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"pid_file: {self._path}: {error.strerror}; name a file that can be written") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise ConfigError(f"pid_file: {self._path} is held: a hub runs on this store; stop it first") from error
        self._file = file
        self._write(None)

    def reloaded(self, fault: str | None) -> None:
        """Say what became of a reload: None, or what is wrong with the file."""
        self._count += 1
        self._write(fault)

    def drop(self) -> None:
        """Say that no hub runs any more."""
        if self._file is not None and self._path is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def _write(self, fault: str | None) -> None:
        if self._file is not None:
            text = json.dumps(asdict(_Said(os.getpid(), self._count, fault)))
            self._file.seek(0)
            self._file.truncate()
            self._file.write(text)
            self._file.flush()


def ask(path: Path | None, limit: float = RELOAD_LIMIT_S) -> str | None:
    """Have the hub that runs there reload; returns what is wrong with its file, None when it was taken.

    Raises `ConfigError` where no hub is found, or it does not answer.
    """
    if path is None or fcntl is None:
        raise ConfigError("pid_file: is not set, and the store is no file beside which to look; set it, or send SIGHUP")
    before = _read(path)
    if before is None:
        raise ConfigError(f"pid_file: no hub runs at {path}; start it (a changed database wants a restart, too)")
    os.kill(before.pid, signal.SIGHUP)
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        after = _read(path)
        if after is None:
            raise ConfigError("the hub ended while it reloaded; see its log")
        if after.reloads > before.reloads:
            return after.fault
        time.sleep(0.05)
    raise ConfigError(f"the hub did not reload within {limit:g} s; see its log")


@dataclass(frozen=True, slots=True)
class _Said:
    """What a running hub says of itself."""

    pid: int
    reloads: int
    fault: str | None


def _read(path: Path) -> _Said | None:
    """Return what the hub says that runs there; None where none does."""
    try:
        with path.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return _Said(**json.load(file))
    except OSError:
        return None
    except ValueError:  # read while it is being written
        return _read(path)
    return None
