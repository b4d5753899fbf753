"""A mail server for the demo: it takes every mail, keeps it in memory and as a file, and sends none on."""

import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from maskgate.demo.broker import free_port


class MailCatcher:
    """An SMTP server on the loopback; `on_mail` is called from its thread with each mail."""

    def __init__(self, folder: Path, on_mail: Callable[[EmailMessage], None], port: int | None = None) -> None:
        self._folder, self._on_mail = folder, on_mail
        self.port = port or free_port()
        self.mails: list[EmailMessage] = []
        self._controller: Any = None

    def start(self) -> None:
        """Listen; raises `OSError` when the port is taken."""
        from aiosmtpd.controller import Controller

        self._folder.mkdir(parents=True, exist_ok=True)
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Close the port."""
        if self._controller is not None:
            self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take one mail (aiosmtpd's hook)."""
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        (self._folder / f"{len(self.mails) + 1:04d}.eml").write_bytes(envelope.content)
        self.mails.append(mail)
        self._on_mail(mail)
        return "250 kept"
