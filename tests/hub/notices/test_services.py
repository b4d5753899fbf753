"""Real servers in every mood: encrypted, guarded, refusing, slow, silent, gone; and what is said of it."""

import json
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pydantic import SecretStr

from hub.notices.apprise_sender import AppriseSender
from hub.notices.sender import Letter, Picture, SendError
from maskgate.demo.broker import free_port
from tests.conftest import ManualClock
from tests.hub.mail_server import MailServer
from tests.hub.notices.conftest import Hall

MakeHall = Callable[..., Hall]
LETTER = Letter("0123456789", "A subject", "Words", "<p>Words</p>")
PASSWORD = "r1ght-p4ssw0rd"


def sender(url: str) -> AppriseSender:
    return AppriseSender(SecretStr(url))


class Pki:
    """A private authority, a certificate for localhost, and one of the same name that the authority never saw."""

    def __init__(self, folder: Path) -> None:
        self.ca, self.good, self.foreign = folder / "ca.pem", folder / "good", folder / "foreign"
        made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        authority = ["-subj", "/CN=A private authority", "-keyout", f"{folder}/ca.key", "-out", f"{self.ca}"]
        openssl("req", "-x509", *made, *authority)
        openssl("req", "-x509", *made, *name, "-keyout", f"{self.foreign}.key", "-out", f"{self.foreign}.pem")
        openssl("req", *made, *name, "-keyout", f"{self.good}.key", "-out", f"{self.good}.csr")
        openssl(
            "x509", "-req", "-in", f"{self.good}.csr", "-CA", f"{self.ca}", "-CAkey", f"{folder}/ca.key",
            "-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out", f"{self.good}.pem",
        )  # fmt: skip

    def context(self, which: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{which}.pem", f"{which}.key")
        return context


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return Pki(tmp_path_factory.mktemp("pki"))


class Guarded(Controller):
    """A mail server that wants TLS and a password; `implicit`: from the first byte on."""

    def __init__(self, handler: MailServer, context: ssl.SSLContext, *, implicit: bool) -> None:
        self._context = context
        implicit_tls = {"ssl_context": context} if implicit else {}
        super().__init__(handler, hostname="127.0.0.1", port=free_port(), **implicit_tls)

    def factory(self) -> SMTP:
        tls: dict[str, Any] = {"tls_context": self._context, "require_starttls": True}
        if self.ssl_context:
            tls = {"auth_require_tls": False}  # it does not see that there is TLS from the first byte on
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # and warns of that
            return SMTP(self.handler, hostname="localhost", auth_required=True, authenticator=_authenticate, **tls)

    def _trigger_server(self) -> None:
        # aiosmtpd's own way does not know the authority of the certificate.
        socket.create_connection(("127.0.0.1", self.port)).close()


def _authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, said: Any) -> AuthResult:
    right = isinstance(said, LoginPassword) and (said.login, said.password) == (b"hub", PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@pytest.fixture(params=["starttls", "ssl"])
def guarded(request: pytest.FixtureRequest, pki: Pki, mail_server: MailServer) -> Iterator[Callable[..., str]]:
    """A guarded server for each way of TLS; makes an Apprise address for it."""
    running: list[Guarded] = []

    def start(which: Path, password: str = PASSWORD, mode: str | None = None) -> str:
        server = Guarded(mail_server, pki.context(which), implicit=request.param == "ssl")
        server.start()
        running.append(server)
        scheme = "mailto" if mode == "insecure" else "mailtos"
        return (
            f"{scheme}://hub:{password}@localhost:{server.port}?mode={mode or request.param}"
            "&from=hub@example.org&to=guard@example.org"
        )

    yield start
    for server in running:
        server.stop()


def test_mail_goes_through_tls_of_a_private_authority_with_a_password(
    guarded: Callable[..., str], pki: Pki, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.ca))
    sender(guarded(pki.good)).send(LETTER)
    (mail,) = mail_server.mails
    assert mail["Subject"] == "A subject"


def test_a_wrong_password_is_a_failure_that_says_so_and_does_not_show_it(
    guarded: Callable[..., str], pki: Pki, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.ca))
    with pytest.raises(SendError) as caught:
        sender(guarded(pki.good, "wr0ng-p4ssw0rd")).send(LETTER)
    assert "535" in str(caught.value) or "auth" in str(caught.value).lower()
    assert "wr0ng-p4ssw0rd" not in str(caught.value) + caplog.text
    assert mail_server.mails == []


def test_no_mail_and_no_password_goes_to_a_server_whose_certificate_is_not_trusted(
    guarded: Callable[..., str], pki: Pki, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.ca))
    with pytest.raises(SendError, match=r"(?i)certificate"):
        sender(guarded(pki.foreign)).send(LETTER)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(SendError, match=r"(?i)certificate"):
        sender(guarded(pki.good)).send(LETTER)
    assert mail_server.mails == []


def test_a_server_that_wants_tls_gets_nothing_without_it(
    guarded: Callable[..., str], pki: Pki, mail_server: MailServer
) -> None:
    with pytest.raises(SendError):
        sender(guarded(pki.good, mode="insecure")).send(LETTER)
    assert mail_server.mails == []


class Endpoint(ThreadingHTTPServer):
    """A web service that answers as it is told to; keeps what it took."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.delay, self.taken = 200, 0.0, list[dict[str, Any]]()

    def url(self, path: str = "hook") -> str:
        return f"json://127.0.0.1:{self.server_address[1]}/{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.server.delay)
        answer = 500 if "broken" in self.path else self.server.answer
        if answer == 200:
            self.server.taken.append(body | {"path": self.path, "id": self.headers["X-Maskgate-Notice"]})
        self.send_response(answer)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Be silent."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_web_service_that_answers_slowly_gets_a_notice_once(endpoint: Endpoint) -> None:
    endpoint.delay = 2.0
    sender(endpoint.url()).send(LETTER)
    (body,) = endpoint.taken
    assert (body["title"], body["id"]) == ("A subject", LETTER.id)


@pytest.mark.parametrize("answer", [400, 401, 404, 429, 500, 503])
def test_a_web_service_that_refuses_is_a_failure_with_its_reason(endpoint: Endpoint, answer: int) -> None:
    endpoint.answer = answer
    with pytest.raises(SendError, match="failure"):
        sender(endpoint.url()).send(LETTER)


def test_a_service_that_is_down_fails_at_once_and_one_that_hangs_within_bounds() -> None:
    began = time.monotonic()
    with pytest.raises(SendError):
        sender(f"json://127.0.0.1:{free_port()}/").send(LETTER)
    assert time.monotonic() - began < 10
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        with pytest.raises(SendError):
            sender(f"json://127.0.0.1:{mute.getsockname()[1]}/").send(LETTER)
        assert time.monotonic() - began < 30


def test_of_two_services_the_one_that_works_gets_each_notice_once_while_the_other_fails(
    endpoint: Endpoint, hall: MakeHall, clock: ManualClock
) -> None:
    """Partial success: each recipient has a fate of its own, so trying again for one repeats nothing for the other."""
    here = hall(
        {"id": "broken", "url": endpoint.url("broken"), "cooldown": 0},
        {"id": "good", "url": endpoint.url("good"), "cooldown": 0},
        give_up_after=60,
    )
    here.worker.start()
    here.deny(3)

    def over(rows: list[Any]) -> bool:
        clock.advance(1)
        return [row.status for row in rows] == ["failed", "sent"] * 3

    rows = here.until(over, "the end of it")
    assert sorted(body["id"] for body in endpoint.taken) == sorted(row.id for row in rows if row.recipient == "good")
    assert all(row.attempts > 1 for row in rows if row.recipient == "broken")


def test_a_service_that_shows_no_pictures_gets_words_alone(endpoint: Endpoint) -> None:
    service = sender(endpoint.url())
    assert not service.takes_pictures
    service.send(Letter("1", "s", "Words", "<p>Words</p>", pictures=(Picture("a.png", "image/png", b"x"),)))
    assert endpoint.taken[0].get("attachments", []) == []
