"""What tests of every room share: brokers, a clock to turn, the shared data."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maskgate.demo.broker import Broker, available, start_broker

REPOSITORY = Path(__file__).resolve().parent.parent


class ManualClock:
    """A clock that stands still until it is told otherwise (see `maskgate.clock.Clock`)."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self._start, self.elapsed, self.jump = start, 0.0, timedelta()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.elapsed) + self.jump

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.elapsed += seconds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["mosquitto", "nats"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A real broker of each kind that this machine has."""
    if request.param not in available():
        pytest.skip(f"{request.param} is not installed")
    running = start_broker(tmp_path / "broker", kind=request.param)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data folder; tests that ask for it are skipped where it is not."""
    folder = Path(os.environ.get("MASKGATE_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "datasets").is_dir():
        pytest.skip("no shared data (MASKGATE_SHARED, or ../shared)")
    return folder
