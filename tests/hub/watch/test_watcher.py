"""The watch on a real store with a real mail server: who is told of what, once; real certificates, a real full disk."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select

from hub.config import HubConfig
from hub.notices.worker import Worker
from hub.roles import Role
from hub.service import Hub
from hub.store import open_store, writing
from hub.store.schema import notices
from hub.store.write import put_node
from hub.watch import Watcher, certificates, machine
from hub.watch.facts import DiskFacts
from hub.watch.gather import Gatherer
from hub.watch.watcher import EVERY_S
from hub.web.security.issuing import new_token
from maskgate.clock import SystemClock, rfc3339
from maskgate.config import MqttSettings
from maskgate.demo.broker import free_port, start_broker
from maskgate.messages import HubHealth, decode
from maskgate.mqtt import Link
from tests.conftest import ManualClock
from tests.hub.core.conftest import until
from tests.hub.mail_server import MailServer, part
from tests.hub.notices.conftest import make_config

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
needs_mosquitto = pytest.mark.skipif(
    shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin") is None, reason="mosquitto is not installed"
)


class Site:
    """A watch that looks when it is told to, and the worker that mails what it has to say."""

    def __init__(self, db: Engine, clock: ManualClock, config: HubConfig) -> None:
        self.db, self.clock, self.config = db, clock, config
        self.worker = Worker(config, db, clock)
        self.disk = DiskFacts("/var", 20 * 1024**3, 64 * 1024**3)
        self.begin()

    def begin(self) -> None:
        gatherer = Gatherer(
            self.config, self.db, connected=lambda: True, clock_set=lambda: True, disk=lambda _path: self.disk
        )
        self.watch = Watcher(self.config, self.db, self.clock, gatherer)

    def look(self, seconds: float = 0.0, *, heard: bool = True) -> list[str]:
        """Look again and again for so long; `heard`: the node speaks before every look."""
        end = self.clock.elapsed + seconds
        while True:
            if heard:
                self.hear()
            self.watch.look()
            if self.clock.elapsed >= end:
                return [one.key for one in self.watch.problems()]
            self.clock.advance(EVERY_S)

    def hear(self, **said: Any) -> None:
        now = self.clock.now()
        health = {
            "v": 1, "node": "cam", "at": rfc3339(now), "version": "1", "camera": "ok", "detector": "ok", "model": "m",
            "fps": 10, "memory_mb": 90, "outbox": 0, **said,
        }  # fmt: skip
        with writing(self.db) as tx:
            put_node(tx, "cam", now, {"availability": "online", "health": health})

    def rows(self) -> list[Any]:
        with self.db.connect() as conn:
            return list(conn.execute(select(notices).order_by(notices.c.seq)))

    def woken(self) -> bool:
        self.worker.wake()
        return True

    def subjects(self, server: MailServer, count: int) -> list[str]:
        def all_there() -> bool:
            self.worker.wake()
            return len(server.mails) >= count

        until(all_there, f"{count} mails")
        return [str(mail["subject"]) for mail in server.mails]


@pytest.fixture
def site(db: Engine, clock: ManualClock) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(*recipients: dict[str, Any]) -> Site:
        made.append(Site(db, clock, make_config(*recipients)))
        return made[-1]

    yield make
    for one in made:
        one.worker.stop()


def test_a_silent_node_is_mailed_once_when_it_begins_and_once_when_it_ends(
    site: Callable[..., Site], mail_server: MailServer
) -> None:
    here = site({"id": "guard", "url": mail_server.url()}, {"id": "boss", "url": mail_server.url(), "language": "de"})
    here.worker.start()
    assert here.look(120) == []
    assert here.look(600, heard=False) == ["node/cam"]
    assert here.look(300) == []
    assert sorted(here.subjects(mail_server, 4)) == sorted(
        [
            "[Head office] Front entry: The camera board cam says nothing any more",
            "[Head office] Front entry: Die Kameraplatine cam sagt nichts mehr",
            "[Head office] Over: Front entry: The camera board cam says nothing any more",
            "[Head office] Behoben: Front entry: Die Kameraplatine cam sagt nichts mehr",
        ]
    )
    assert len(here.rows()) == 4
    assert "Front entry (front)" in part(mail_server.mails[0], "plain")


def test_what_is_short_calls_nobody_but_is_shown(site: Callable[..., Site]) -> None:
    here = site({"id": "guard", "url": "json://127.0.0.1:9"})
    here.look(60)
    here.hear(camera="degraded", camera_trouble="dark")
    here.watch.look()
    assert [one.key for one in here.watch.problems()] == ["camera/cam"]
    assert here.look(300) == []
    assert here.rows() == []


def test_a_restart_tells_nobody_again_and_the_end_is_not_lost(site: Callable[..., Site]) -> None:
    here = site({"id": "guard", "url": "json://127.0.0.1:9"})
    here.look(600, heard=False)
    assert [row.facts["over"] for row in here.rows()] == [False]
    for _ in range(3):
        here.begin()
        here.look(600, heard=False)
        assert [one.key for one in here.watch.problems()] == ["node/cam"]
    assert [row.facts["over"] for row in here.rows()] == [False]
    here.begin()  # it was mended while no hub ran
    here.look(300)
    assert [row.facts["over"] for row in here.rows()] == [False, True]


def test_failing_mails_are_told_to_others_and_to_the_page_never_by_themselves(
    site: Callable[..., Site], mail_server: MailServer
) -> None:
    here = site(
        {"id": "lost", "url": f"mailto://127.0.0.1:{free_port()}?from=a@b.org&to=c@d.org"},
        {"id": "guard", "url": mail_server.url()},
    )

    def tried() -> int:
        return next(int(row.attempts) for row in here.rows() if row.recipient == "lost")

    here.look(600, heard=False)
    here.worker.start()
    for count in range(1, 5):  # each try fails at once; the pauses between them are the clock's
        until(lambda count=count: here.woken() and tried() >= count, "a try")  # type: ignore[misc]
        here.clock.advance(40)
    assert here.look(120, heard=False)[0] == "mail/lost"
    assert "[Head office] No notice reaches lost" in here.subjects(mail_server, 2)
    assert [row.recipient for row in here.rows() if row.facts["problem"] == "mail"] == ["guard"]


def test_a_severe_problem_passes_quiet_hours_and_a_warning_waits(site: Callable[..., Site]) -> None:
    here = site({"id": "guard", "url": "json://127.0.0.1:9"})
    here.look(600, heard=False)
    assert not here.rows()[0].kind.endswith("-severe")
    full = os.statvfs_result((4096, 4096, 1_000_000, 900, 900, 10, 10, 10, 0, 255))
    low = machine.disk(Path("/var"), lambda _path: full)
    here.disk = low
    assert here.look(120, heard=False)[0] == "disk//var"
    assert here.rows()[-1].kind.endswith("-severe")
    assert here.rows()[-1].facts["text"] == "The disk of /var is nearly full: 3 MB are left"


def test_a_disk_that_fills_up_is_measured(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "none", str(small)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        before = machine.disk(small / "deeper" / "hub.db")
        assert before.total == 20 * 1024**2
        (small / "ballast").write_bytes(bytes(19_500_000))
        after = machine.disk(small / "deeper" / "hub.db")
        assert after.free < before.total * 0.08 < before.free
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_the_clock_of_this_machine_is_asked_and_nothing_is_changed() -> None:
    assert machine.clock_set() in {True, False, None}


def make_pair(folder: Path, days: int, name: str = "localhost") -> tuple[Path, Path]:
    certificate, key = folder / f"{days}.crt", folder / f"{days}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
         str(days), "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1", "-keyout", str(key),
         "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


@needs_openssl
def test_the_end_of_a_certificate_is_read_from_a_chain_the_earliest_counts(tmp_path: Path) -> None:
    late, soon = make_pair(tmp_path, 400)[0], make_pair(tmp_path, 10)[0]
    chain = tmp_path / "chain.pem"
    chain.write_bytes(late.read_bytes() + soon.read_bytes())
    left = certificates.ends_at(chain) - datetime.now(UTC)
    assert timedelta(days=9) < left < timedelta(days=11)


@needs_openssl
@needs_mosquitto
def test_the_hub_tells_of_the_brokers_and_the_pages_certificates_in_health_api_and_metrics(tmp_path: Path) -> None:
    broker_pair, pages_pair = make_pair(tmp_path, 10), make_pair(tmp_path, 2)
    inside, outside = free_port(), free_port()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(
        f"allow_anonymous true\nlistener {inside} 127.0.0.1\nlistener {outside} 127.0.0.1\n"
        f"certfile {broker_pair[0]}\nkeyfile {broker_pair[1]}\nuser root\n"
    )
    config = HubConfig.model_validate(
        {
            "mqtt": {"host": "localhost", "port": outside, "tls": True, "ca_file": str(broker_pair[0])},
            "database": str(tmp_path / "hub.db"),
            "web": {"tls": {"certificate": str(pages_pair[0]), "key": str(pages_pair[1])}},
            "doors": [{"id": "front", "name": "Front", "nodes": ["cam"]}],
        }
    )
    heard: list[HubHealth] = []
    ear = Link(
        MqttSettings(host="127.0.0.1", port=inside), client_id="ear", subscriptions=["maskgate/hub/health"],
        on_message=lambda message: heard.append(decode(message.payload, HubHealth)),
    )  # fmt: skip
    path = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    broker = subprocess.Popen([str(path), "-c", str(conf)], stderr=subprocess.DEVNULL)
    hub = Hub(config, web_port=0)
    try:
        ear.start()
        assert ear.wait_up(20)
        hub.start()
        until(lambda: any(len(one.problems) >= 2 for one in heard), "the problems in the hub's health", 40)
        assert heard[-1].problems[0].startswith("The certificate of the pages ends on ")
        assert any(text.startswith("The certificate of the broker ends on ") for text in heard[-1].problems)
        with writing(open_store(config.database)) as tx:
            _, secret = new_token(tx, SystemClock().now(), name="t", role=Role.VIEWER, days=1, by="test")
        trusts = ssl.create_default_context(cafile=str(pages_pair[0]))
        with httpx.Client(base_url=f"https://localhost:{hub.web_port}", verify=trusts) as client:
            client.headers["Authorization"] = f"Bearer {secret}"
            found = {one["key"]: one for one in client.get("/api/v1/problems?language=es").json()}
            metrics = client.get("/metrics").text
        assert found["certificate/pages"]["severity"] == "severe"
        assert found["certificate/broker"]["severity"] == "warning"
        assert found["certificate/broker"]["text"].startswith("El certificado del broker caduca el ")
        assert 'maskgate_problems{kind="certificate",severity="severe"} 1.0' in metrics
    finally:
        hub.stop()
        ear.stop()
        broker.terminate()
        broker.wait(10)


def test_without_tls_there_is_no_certificate(tmp_path: Path) -> None:
    broker = start_broker(tmp_path / "broker")
    link = Link(
        MqttSettings(host="127.0.0.1", port=broker.port), client_id="x", subscriptions=["a"], on_message=lambda _m: None
    )
    try:
        link.start()
        assert link.wait_up(20)
        assert link.certificate_ends is None
    finally:
        link.stop()
        broker.stop()
