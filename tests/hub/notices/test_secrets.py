"""P4: wherever an address comes from, nothing that the hub says, writes or raises holds its secret."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from hub.cli import app
from hub.config import HubConfig
from hub.live import Live
from hub.notices.worker import Worker
from hub.store import read
from hub.web import Health, Server
from maskgate.config import load
from tests.conftest import ManualClock
from tests.hub.notices.conftest import Hall

#: As an address has it, and as the service speaks of it.
SECRETS = ("hunter2-s3cret", "Tok3n%2FPath", "Tok3n/Path")
ADDRESS = "json://user:hunter2-s3cret@127.0.0.1:9/Tok3n%2FPath?cto=1&rto=1"


def yaml(database: str, address: str) -> str:
    return (
        f"database: {database}\ndoors: [{{id: front, name: Front entry, nodes: [cam]}}]\n"
        f"notices: {{give_up_after: 1, recipients: [{{id: guard, cooldown: 0, url: {address}}}]}}\n"
    )


def clean(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text, text


@pytest.mark.parametrize("way", ["environment", "file", "plain"])
def test_no_output_of_the_hub_holds_the_secret_of_an_address(  # noqa: PLR0917 - fixtures
    way: str, database: str, db: Engine, clock: ManualClock, tmp_path: Path, hall: Callable[..., Hall],
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("GUARD_URL", ADDRESS)
    (tmp_path / "secret").write_text(ADDRESS + "\n")
    written = {"environment": "{env: GUARD_URL}", "file": f"{{file: {tmp_path / 'secret'}}}", "plain": f"'{ADDRESS}'"}
    file = tmp_path / "hub.yaml"
    file.write_text(yaml(database, written[way]))
    config = load(file, HubConfig)
    clean(repr(config) + str(config) + config.model_dump_json())

    here = hall()
    here.config, here.worker = config, Worker(config, db, clock)
    here.worker.start()
    here.deny()

    def given_up(rows: list[Any]) -> bool:
        clock.advance(1)
        return bool(rows[0].status == "failed")

    rows = here.until(given_up, "giving up")
    assert rows[0].last_error
    clean(repr(rows))
    for words in (["check"], ["notices", "list"], ["notices", "resend", "--all"]):
        result = CliRunner().invoke(app, [*words, "-c", str(file)])
        assert result.exit_code == 0, result.output
        clean(result.output)
    server = Server(config, db, Live(), clock, health=Health, port=0)
    server.start()
    for page in ("", "display/front", "healthz"):
        clean(httpx.get(f"http://127.0.0.1:{server.port}/{page}").text)
    server.stop()
    clean(repr(read.waiting(db)))
    said = capfd.readouterr()
    clean(caplog.text + said.out + said.err)


@pytest.mark.parametrize(
    "address",
    [
        "nosuch://hunter2-s3cret@x/Tok3n%2FPath",
        "hunter2-s3cret",
        "mailto://u:hunter2-s3cret@x?to=a@x.org,b@x.org",
        "[hunter2-s3cret]",
    ],
)
def test_a_wrong_address_is_refused_without_being_shown(address: str, tmp_path: Path, capfd: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "hub.yaml"
    file.write_text(yaml(str(tmp_path / "hub.db"), f'"{address}"' if address[0] != "[" else address))
    result = CliRunner().invoke(app, ["check", "-c", str(file)])
    assert result.exit_code == 1
    assert "recipients" in result.output
    clean(result.output + caplog.text + "".join(capfd.readouterr()) + repr(result.exception))
