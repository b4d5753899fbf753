"""Apprise, which knows the mail servers and a hundred services more; imported only when somebody is to be told.

Its queue, throttle and retries are not used: those are the hub's own, on disk. Nothing that it says is shown before
the address's secrets are taken out of it.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub.notices.sender import AddressError, Letter, Picture, SendError
from maskgate.config import Secret

log = logging.getLogger(__name__)

#: Seconds that one step of a conversation with a server may take.
PATIENCE_S = 8.0
#: What of an address a mail's sender and receiver see anyway.
_HARMLESS = frozenset({"to", "from", "name", "mode", "format"})
_WORD = re.compile(r"[^\s:/@?&=#,;]{4,}")


class AppriseSender:
    """One recipient's service; raises `AddressError` when there is none for the address."""

    def __init__(self, url: Secret) -> None:
        import apprise

        address = url.get_secret_value()
        asset = apprise.AppriseAsset(app_id="maskgate", app_desc="maskgate", secure_logging=True)
        # It logs whole addresses when it cannot read them, and urllib3 whole paths, where some services keep a token.
        logging.getLogger("urllib3").setLevel(logging.WARNING)
        with _listening():
            self._apprise: Any = apprise.Apprise(asset=asset)
            services: list[Any] = list(self._apprise) if self._apprise.add(address) else []
        if not services:
            scheme = address.partition("://")[0] if "://" in address else ""
            raise AddressError(
                f"Apprise knows no service for this {scheme or 'text'} address; see its list of services"
            )
        self._service = service = services[0]
        copies = any(getattr(service, name, None) for name in ("cc", "bcc"))
        if len(services) > 1 or len(service) > 1 or copies:
            raise AddressError(
                "reaches several targets; give each a recipient of its own, so that one that fails "
                "does not send again to the others"
            )
        service.request_rate_per_sec = 0  # the cooldown is ours
        service.socket_connect_timeout = min(float(service.socket_connect_timeout), PATIENCE_S)
        service.socket_read_timeout = min(float(service.socket_read_timeout), PATIENCE_S)
        self.shown: str = service.url(privacy=True)
        self._secrets = _secrets(address)
        form = service.resolve_format() if hasattr(service, "resolve_format") else service.notify_format
        self._html = "html" in str(form).lower()
        self._headers = dict(getattr(service, "headers", None) or {})
        if hasattr(service, "inline"):
            service.inline = True  # a mail shows its pictures where they belong, not below as files
        #: Only where a letter goes out as HTML do its pictures have a place.
        self.takes_pictures: bool = self._html and bool(service.attachment_support)

    def send(self, letter: Letter) -> None:
        """Deliver `letter`, as HTML where the service takes it; raises `SendError`."""
        if hasattr(self._service, "headers"):
            self._service.headers = {
                **self._headers,
                "X-Maskgate-Notice": letter.id,
                "Auto-Submitted": "auto-generated",
                "Content-Language": letter.language,
            }
        body, form = (letter.html, "html") if self._html else (letter.text, "text")
        try:
            attached = [_attachment(picture) for picture in letter.pictures] if self.takes_pictures else None
            with _listening() as ear:
                result = self._apprise.notify(
                    body=body, title=letter.subject, body_format=form, attach=attached or None
                )
        except Exception as error:  # noqa: BLE001 - a hundred services raise what they like
            raise SendError(self._clean(f"{type(error).__name__}: {error}")) from None
        if not result:
            status = getattr(getattr(result, "status", None), "name", "FAILURE").lower()
            raise SendError(self._clean(": ".join([status, *ear.warnings[-1:], *ear.causes[-1:]])))

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:500]


def _secrets(address: str) -> list[str]:
    """Return every word of an address that is not plainly harmless, the longest first.

    Which part is secret differs from service to service: often the path is. A service speaks of them as they are,
    an address may have them percent-encoded.
    """
    parts = urlsplit(address)
    harmless = {parts.scheme, parts.netloc.rpartition("@")[2]}
    harmless |= {value for key, values in parse_qs(parts.query).items() if key in _HARMLESS for value in (key, *values)}
    told = set(_WORD.findall(address)) - {word for text in harmless for word in _WORD.findall(text)}
    return sorted(told | {unquote(word) for word in told}, key=len, reverse=True)


class _Ear(logging.Filter):
    """Hears all that Apprise says, and lets nobody else hear it."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []
        self.causes: list[str] = []  # a refused password, an unknown certificate: said in a whisper only

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep what may explain a failure."""
        said = record.getMessage()
        _, found, cause = said.partition("Exception: ")
        if found:
            self.causes.append(cause)
        elif record.levelno >= logging.WARNING:
            self.warnings.append(said)
        return False


@contextmanager
def _listening() -> Iterator[_Ear]:
    logger, ear = logging.getLogger("apprise"), _Ear()
    logger.addFilter(ear)
    logger.setLevel(logging.DEBUG)
    try:
        yield ear
    finally:
        logger.setLevel(logging.WARNING)
        logger.removeFilter(ear)


def _attachment(picture: Picture) -> Any:
    from apprise.attachment.memory import AttachMemory

    memory: Any = AttachMemory  # untyped
    return memory(content=picture.content, name=picture.name, mimetype=picture.mimetype)
