"""Addresses of cameras, and what of them may be shown."""

from urllib.parse import SplitResult, unquote, urlsplit


def without_secrets(address: str) -> str:
    """Return the address as it may be shown: no user, no password, no query."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{_host(parts)}{parts.path}"


def credentials(address: str) -> tuple[str, str, str]:
    """Return an address without its user and password, the user, and the password; both empty where there is none."""
    parts = urlsplit(address)
    return parts._replace(netloc=_host(parts)).geturl(), unquote(parts.username or ""), unquote(parts.password or "")


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
