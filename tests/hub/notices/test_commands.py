"""`maskgate hub notices`: what was given up can be seen, and sent again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from hub.cli import app
from tests.conftest import ManualClock
from tests.hub.mail_server import MailServer
from tests.hub.notices.conftest import Hall


def said(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["notices", *words])
    return result.exit_code, result.output


def test_what_was_given_up_is_shown_and_sent_again_once(
    mail_server: MailServer, hall: Callable[..., Hall], database: str, tmp_path: Path, clock: ManualClock
) -> None:
    file = str(tmp_path / "hub.yaml")
    Path(file).write_text(f"database: {database}\ndoors: [{{id: front, name: Front, nodes: [cam]}}]\n")
    assert said("list", "-c", file) == (0, "no notice is failed\n")
    mail_server.stop()
    here = hall({"id": "guard", "url": mail_server.url(), "cooldown": 0}, give_up_after=1)
    here.worker.start()
    here.deny(2)

    def all_failed(rows: list[Any]) -> bool:
        clock.advance(1)
        return [row.status for row in rows] == ["failed", "failed"]

    first, second = here.until(all_failed, "giving up")
    code, text = said("list", "-c", file)
    assert (code, text.count("guard: Entry refused at Front entry: no mask")) == (0, 2)
    assert "failed, tried " in text
    assert said("list", "-c", file, "--status", "lost")[0] == 1
    mail_server.start()
    clock.advance(3600)
    assert said("resend", "-c", file)[0] == 1
    code, text = said("resend", "-c", file, first.id, "nonsense")
    assert (code, "to be sent again: 1" in text, "nonsense" in text) == (1, True, True)
    # The command's clock is the machine's, the worker's is turned by hand.
    clock.jump = clock_to_now(clock)
    here.until_status("sent", "failed")
    assert said("resend", "-c", file, "--all")[0] == 0
    clock.jump = clock_to_now(clock)
    here.until_status("sent", "sent")
    assert [mail["X-Maskgate-Notice"] for mail in mail_server.mails] == [first.id, second.id]


def clock_to_now(clock: ManualClock) -> Any:
    from datetime import UTC, datetime, timedelta

    return clock.jump + max(timedelta(), datetime.now(UTC) - clock.now() + timedelta(seconds=1))
