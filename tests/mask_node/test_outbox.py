"""A verdict in the outbox stays until exactly it is acknowledged, whatever is killed."""

import contextlib
import itertools
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mask_node.disk import DiskError
from mask_node.outbox import RETRY_S, SWEEP_S, Outbox
from maskgate.clock import Clock
from maskgate.messages import Passage, PassageRef, VerdictReason
from maskgate.states import MaskState
from tests.conftest import ManualClock

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def verdict(number: int, revision: int = 1) -> Passage:
    return Passage(
        passage=f"passage-{number}", revision=revision, node="front", seen_from=AT, seen_to=AT, published_at=AT,
        state=MaskState.MASK, confidence=0.9, frames=5, faces_in_view=1, model="m", reason=VerdictReason.AGREED,
    )  # fmt: skip


def ref(number: int, revision: int = 1) -> PassageRef:
    return PassageRef(passage=f"passage-{number}", revision=revision)


def opened(path: Path, limit: int = 100, clock: Clock | None = None) -> Outbox:
    outbox = Outbox(path, limit=limit, clock=clock)
    outbox.open()
    return outbox


def names(outbox: Outbox) -> list[tuple[str, int]]:
    return [(w.verdict.passage, w.verdict.revision) for w in outbox.after(0, 1000)]


def test_verdicts_stay_in_order_over_a_restart(tmp_path: Path) -> None:
    outbox = opened(tmp_path / "deep" / "o.db")
    for number in range(5):
        outbox.put(verdict(number))
    outbox.put(verdict(0, 2))
    outbox.close()
    again = opened(tmp_path / "deep" / "o.db")
    assert names(again) == [*((f"passage-{n}", 1) for n in range(5)), ("passage-0", 2)]
    assert [w.verdict for w in again.after(0, 2)] == [verdict(0), verdict(1)]
    again.close()


def test_only_what_is_named_leaves(tmp_path: Path) -> None:
    outbox = opened(tmp_path / "o.db")
    for number in range(3):
        outbox.put(verdict(number))
    outbox.put(verdict(1, 2))
    rows = {(w.verdict.passage, w.verdict.revision): w.number for w in outbox.after(0, 10)}
    assert outbox.let_go([ref(1), ref(7), ref(0, 9)]) == {rows["passage-1", 1]}
    assert names(outbox) == [("passage-0", 1), ("passage-2", 1), ("passage-1", 2)]
    outbox.close()


def test_the_same_verdict_again_changes_nothing_and_numbers_are_not_used_again(tmp_path: Path) -> None:
    outbox = opened(tmp_path / "o.db")
    outbox.put(verdict(1))
    outbox.put(verdict(1))
    assert outbox.depth == 1
    (first,) = outbox.after(0, 10)
    outbox.let_go([ref(1)])
    outbox.put(verdict(2))
    assert outbox.after(0, 10)[0].number > first.number
    outbox.close()


def test_a_full_outbox_lets_go_of_its_oldest_and_counts(tmp_path: Path) -> None:
    outbox = opened(tmp_path / "o.db", limit=10)
    for number in range(13):
        outbox.put(verdict(number))
    assert (outbox.depth, outbox.dropped) == (10, 3)
    assert names(outbox)[0] == ("passage-3", 1)
    outbox.close()


def test_a_damaged_file_is_put_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "o.db"
    path.write_bytes(b"this was a database" * 1000)
    outbox = opened(path)
    outbox.put(verdict(1))
    assert outbox.depth == 1
    assert path.with_name("o.db.damaged").read_bytes().startswith(b"this was")
    assert "damaged" in caplog.text
    outbox.close()


def test_a_file_that_is_damaged_further_in_is_put_aside_too(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "o.db"
    outbox = opened(path, clock=clock)
    for number in range(60):
        outbox.put(verdict(number))
    outbox.close()
    content = bytearray(path.read_bytes())
    content[5 * 4096 :] = b"\xa5" * (len(content) - 5 * 4096)  # the pages that say what tables there are are well
    path.write_bytes(content)
    outbox = opened(path, clock=clock)
    outbox.after(0, 1000)
    clock.advance(RETRY_S)
    outbox.put(verdict(100))
    assert (outbox.storage, names(outbox)) == ("disk", [("passage-100", 1)])
    assert path.with_name("o.db.damaged").read_bytes()[6 * 4096] == 0xA5
    assert "damaged" in caplog.text
    outbox.close()


def test_a_verdict_whose_text_has_decayed_keeps_no_other_back(tmp_path: Path, clock: ManualClock) -> None:
    outbox = opened(tmp_path / "o.db", clock=clock)
    for number in range(3):
        outbox.put(verdict(number))
    outbox.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "o.db", isolation_level=None)) as db:
        db.execute("UPDATE verdict SET document = CAST(x'7bff' AS TEXT) WHERE passage = 'passage-1'")
    outbox = opened(tmp_path / "o.db", clock=clock)
    assert names(outbox) == [("passage-0", 1), ("passage-2", 1)]
    assert (outbox.storage, outbox.depth, outbox.dropped) == ("disk", 2, 1)
    outbox.close()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "o.db").mkdir()
    with pytest.raises(OSError, match=r"the outbox .* cannot be opened"):
        opened(tmp_path / "o.db")


def test_what_is_too_old_goes_and_is_counted(tmp_path: Path, clock: ManualClock) -> None:
    outbox = opened(tmp_path / "o.db", clock=clock)
    outbox.put(verdict(1))
    clock.advance(timedelta(days=29).total_seconds())
    outbox.put(verdict(2).model_copy(update={"seen_to": clock.now(), "published_at": clock.now()}))
    assert (outbox.depth, outbox.dropped) == (2, 0)
    clock.advance(timedelta(days=2).total_seconds())
    outbox.put(verdict(3).model_copy(update={"seen_to": clock.now(), "published_at": clock.now()}))
    assert names(outbox) == [("passage-2", 1), ("passage-3", 1)]
    assert outbox.dropped == 1
    assert timedelta(days=2).total_seconds() > SWEEP_S
    outbox.close()


def test_a_second_program_on_the_same_file_is_refused(tmp_path: Path) -> None:
    outbox = opened(tmp_path / "o.db")
    with pytest.raises(OSError, match="no other node uses it"):
        opened(tmp_path / "o.db")
    outbox.close()
    opened(tmp_path / "o.db").close()


def test_a_note_is_kept_over_a_restart(tmp_path: Path) -> None:
    outbox = opened(tmp_path / "o.db")
    assert outbox.noted("word") is None
    assert outbox.note("word", "one")
    assert outbox.note("word", "two")
    outbox.close()
    outbox = opened(tmp_path / "o.db")
    assert outbox.noted("word") == "two"
    outbox.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 KB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system can be mounted by root only")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> None:
    """Leave not a byte free."""
    with (place / "filler").open("ab", buffering=0) as filler:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    filler.write(b"x" * size)


def put_until(outbox: Outbox, storage: str, numbers: Iterator[int], most: int = 500) -> None:
    for number in itertools.islice(numbers, most):
        outbox.put(verdict(number))
        if outbox.storage == storage:
            return
    raise AssertionError(f"not {storage} after {most} verdicts")


def test_a_full_disk_degrades_to_memory_and_is_used_again_when_there_is_room(
    small_disk: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    outbox, numbers = opened(small_disk / "o.db", limit=5000, clock=clock), itertools.count()
    outbox.put(verdict(next(numbers)))
    fill(small_disk)
    put_until(outbox, "memory", numbers)
    assert "the disk fails" in caplog.text
    for number in itertools.islice(numbers, 20):
        outbox.put(verdict(number))
    clock.advance(RETRY_S)
    outbox.put(verdict(next(numbers)))
    assert outbox.storage == "memory", "there is still no room"
    count = next(numbers)
    order = [(f"passage-{n}", 1) for n in range(count)]
    assert (names(outbox), outbox.depth, outbox.dropped) == (order, count, 0)

    # What is acknowledged meanwhile is gone, on the full disk and in memory.
    assert len(outbox.let_go([ref(0), ref(count - 1)])) == 2
    assert (names(outbox), outbox.depth) == (order[1:-1], count - 2)

    (small_disk / "filler").unlink()
    clock.advance(RETRY_S)
    assert names(outbox) == order[1:-1]
    assert (outbox.storage, outbox.depth) == ("disk", count - 2)
    assert "the disk takes verdicts again" in caplog.text
    outbox.put(verdict(10_000))
    outbox.close()
    again = opened(small_disk / "o.db")
    assert names(again) == [*order[1:-1], ("passage-10000", 1)]
    again.close()


def test_a_disk_that_is_full_at_the_start_stops_nothing(small_disk: Path, clock: ManualClock) -> None:
    before = opened(small_disk / "o.db", clock=clock)
    before.put(verdict(0))
    before.close()
    fill(small_disk)
    outbox, numbers = opened(small_disk / "new" / "o.db", clock=clock), iter(range(1, 100))
    put_until(outbox, "memory", numbers)
    outbox.put(verdict(2))
    assert names(outbox) == [("passage-1", 1), ("passage-2", 1)]
    outbox.close()
    assert outbox.dropped == 2, "what no disk ever took is counted as lost"

    (small_disk / "filler").unlink()
    older = opened(small_disk / "o.db", clock=clock)
    assert names(older) == [("passage-0", 1)]
    older.close()


def test_rows_of_before_are_told_before_those_of_a_start_without_a_disk(tmp_path: Path, clock: ManualClock) -> None:
    folder, away = tmp_path / "disk", tmp_path / "away"
    before = opened(folder / "o.db", clock=clock)
    before.put(verdict(0))
    before.close()
    outbox = Outbox(folder / "o.db", limit=100, clock=clock)  # never opened: the disk cannot be read yet
    folder.rename(away)
    folder.write_text("no folder")
    outbox.put(verdict(1))
    outbox.put(verdict(2))
    assert outbox.storage == "memory"
    folder.unlink()
    away.rename(folder)
    clock.advance(RETRY_S)
    assert names(outbox) == [("passage-0", 1), ("passage-1", 1), ("passage-2", 1)]
    assert outbox.storage == "disk"
    outbox.close()


def test_a_disk_that_comes_back_between_two_looks_makes_no_depth_below_nothing(
    tmp_path: Path, clock: ManualClock
) -> None:
    folder, away = tmp_path / "disk", tmp_path / "away"
    before = opened(folder / "o.db", clock=clock)
    before.put(verdict(0))
    before.put(verdict(1))
    before.close()
    outbox = Outbox(folder / "o.db", limit=100, clock=clock)
    folder.rename(away)
    folder.write_text("no folder")
    outbox.put(verdict(2))
    folder.unlink()
    away.rename(folder)
    outbox.let_go([ref(0), ref(2)])  # the disk can be read before its turn to be mended has come
    assert outbox.depth >= 0
    clock.advance(RETRY_S)
    assert names(outbox) == [("passage-1", 1)]
    assert outbox.depth == 1
    outbox.close()


def test_a_full_outbox_whose_disk_cannot_be_read_keeps_what_is_new(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = opened(tmp_path / "o.db", limit=10, clock=clock)
    for number in range(10):
        outbox.put(verdict(number))
    with monkeypatch.context() as ill:

        def fail(_work: object) -> None:
            raise DiskError("disk I/O error")

        ill.setattr(outbox._disk, "run", fail)
        outbox.put(verdict(10))
        assert (names(outbox), outbox.dropped) == ([("passage-10", 1)], 0)
    clock.advance(RETRY_S)
    outbox.put(verdict(11))
    assert (names(outbox), outbox.dropped) == ([(f"passage-{n}", 1) for n in range(2, 12)], 2)
    outbox.close()


_WRITER = """
import sys
from tests.mask_node.test_outbox import opened, verdict
from pathlib import Path
outbox = opened(Path(sys.argv[1]), limit=100_000)
for number in range(100_000):
    outbox.put(verdict(number))
    print(number, flush=True)
"""


def test_what_was_put_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) >= 30:
                break
        writer.send_signal(signal.SIGKILL)
        said = [int(line), *(int(rest) for rest in writer.stdout)]
    outbox = opened(path, limit=100_000)
    kept = names(outbox)
    assert kept == [(f"passage-{n}", 1) for n in range(len(kept))]
    assert len(kept) > said[-1]
    outbox.close()
