"""Apprise, which knows the mail servers and a hundred services more; imported only when somebody is to be told.

Its queue, throttle and retries are not used: those are the hub's own, on disk. Nothing that it says is shown before
the address's secrets are taken out of it.
"""

import logging
import re
from typing import Any

from hub.notices.sender import AddressError, Letter, SendError
from maskgate.config import Secret

log = logging.getLogger(__name__)

#: Seconds that one step of a conversation with a server may take.
PATIENCE_S = 8.0
_WORD = re.compile(r"[^\s:/@?&=#,;]{4,}")


class AppriseSender:
    """One recipient's service; raises `AddressError` when there is none for the address."""

    def __init__(self, url: Secret) -> None:
        import apprise

        address = url.get_secret_value()
        asset = apprise.AppriseAsset(app_id="maskgate", app_desc="maskgate", secure_logging=True)
        self._apprise: Any = apprise.Apprise(asset=asset)
        # It logs whole addresses when it cannot read them, and urllib3 whole paths, where some services keep a token.
        logger = logging.getLogger("apprise")
        logger.propagate, logger.disabled = False, True
        services: list[Any] = list(self._apprise) if self._apprise.add(address) else []
        logger.disabled = False
        for name in ("apprise", "urllib3"):
            logging.getLogger(name).setLevel(logging.WARNING)
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
        self._secrets = sorted(set(_WORD.findall(address)) - set(_WORD.findall(self.shown)), key=len, reverse=True)
        form = service.resolve_format() if hasattr(service, "resolve_format") else service.notify_format
        self._html = "html" in str(form).lower()
        self._headers = dict(getattr(service, "headers", None) or {})

    def send(self, letter: Letter) -> None:
        """Deliver `letter`, as HTML where the service takes it; raises `SendError`."""
        if hasattr(self._service, "headers"):
            self._service.headers = {
                **self._headers,
                "X-Maskgate-Notice": letter.id,
                "Auto-Submitted": "auto-generated",
            }
        body, form = (letter.html, "html") if self._html else (letter.text, "text")
        try:
            result = self._apprise.notify(body=body, title=letter.subject, body_format=form)
        except Exception as error:  # noqa: BLE001 - a hundred services raise what they like
            raise SendError(self._clean(f"{type(error).__name__}: {error}")) from None
        if not result:
            raise SendError(self._clean(_reason(result)))

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:500]


def _reason(result: Any) -> str:
    """Say what Apprise says of a failure; older ones only say no."""
    status = getattr(getattr(result, "status", None), "name", "FAILURE").lower()
    said = [str(entry.message) for entry in result.logs()] if hasattr(result, "logs") else []
    return f"{status}: {said[-1]}" if said else status
