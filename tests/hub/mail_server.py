"""A real mail server, and what is in a mail."""

import asyncio
import email
import email.policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from maskgate.demo.broker import free_port


class MailServer:
    """An SMTP server on the loopback that can be stopped and started on the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.delay = 0.0  # before it says that it took a mail
        self.busy = 0  # so many mails it does not take, for now
        self._controller: Controller | None = None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        if self.busy:
            self.busy -= 1
            return "451 busy, try again later"
        await asyncio.sleep(self.delay)
        self.mails.append(mail)
        return "250 OK"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def url(self, to: str = "guard") -> str:
        return f"mailto://127.0.0.1:{self.port}?from=hub@example.org&to={to}@example.org"


def part(mail: EmailMessage, kind: str) -> str:
    """Return the text of a mail's part, `plain` or `html`."""
    body = mail.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content
