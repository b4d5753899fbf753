"""A verdict in the outbox stays until exactly it is acknowledged, whatever is killed."""

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mask_node.outbox import Outbox
from maskgate.messages import Passage, PassageRef, VerdictReason
from maskgate.states import MaskState

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def verdict(number: int, revision: int = 1) -> Passage:
    return Passage(
        passage=f"passage-{number}", revision=revision, node="front", seen_from=AT, seen_to=AT, published_at=AT,
        state=MaskState.MASK, confidence=0.9, frames=5, faces_in_view=1, model="m", reason=VerdictReason.AGREED,
    )  # fmt: skip


def ref(number: int, revision: int = 1) -> PassageRef:
    return PassageRef(passage=f"passage-{number}", revision=revision)


def opened(path: Path, limit: int = 100) -> Outbox:
    outbox = Outbox(path, limit=limit)
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


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "o.db").mkdir()
    with pytest.raises(OSError, match=r"the outbox .* cannot be opened"):
        opened(tmp_path / "o.db")


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
