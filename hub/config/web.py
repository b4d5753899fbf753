"""The pages and the API, as `hub.yaml` says it."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.roles import Role
from maskgate.config import Section


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError("is no address or network; write one like 10.0.0.5 or 10.0.0.0/24") from error


class Tls(Section):
    """Encryption by the hub itself; the alternative is a proxy in front (see `trusted_proxies`)."""

    certificate: Path = Field(title="Certificate", description="PEM, with the chain up to the authority.")
    key: Path = Field(title="Key", description="PEM, without a password.")


class Web(Section):
    """The pages and the API."""

    host: str = Field(default="127.0.0.1", title="Address", description="0.0.0.0 for every network.")
    port: int = Field(default=8080, ge=1, le=65535, title="Port", description="One that no other program here has.")
    url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/?#]+$",
        title="Public address",
        description="Where people find the pages, for links that the hub prints; host and port when left out.",
    )
    tls: Tls | None = Field(default=None, title="TLS", description="Certificate and key; none: unencrypted.")
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        default=(), title="Trusted proxies", description="Their X-Forwarded-For and -Proto are believed; nobody else's."
    )
    open_displays: bool = Field(
        default=True,
        title="Open displays",
        description="A door's display needs no sign-in: a kiosk has nobody to type a password.",
    )
    metrics: Literal["open", "local", "token"] = Field(
        default="local",
        title="Metrics",
        description="Who reads /metrics without a token: everybody, this machine, nobody.",
    )
    pictures_for: Role = Field(default=Role.OPERATOR, title="Pictures for", description="Where any are kept.")
    idle_hours: float = Field(
        default=8, gt=0, le=720, title="Idle hours", description="A session ends after so long without use ..."
    )
    session_hours: float = Field(default=168, gt=0, le=8760, title="Session hours", description="... or so old.")

    @property
    def address(self) -> str:
        """Where people find the pages, without a slash at the end."""
        if self.url:
            return self.url
        host = f"[{self.host}]" if ":" in self.host else self.host
        named = "localhost" if self.host in ("0.0.0.0", "::") else host  # noqa: S104 - only named, not bound
        return f"{'https' if self.tls else 'http'}://{named}:{self.port}"
