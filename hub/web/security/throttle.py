"""Guessing is slowed (P6): the delay grows with every wrong password, by account and by address.

While a delay lasts no password is looked at. A browser that has signed in before is told by a cookie, and counts for
itself: strangers who guess at an account do not keep its owner out.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

#: So many wrong passwords are free: people mistype. Many people may share one address.
FREE_ACCOUNT, FREE_ADDRESS = 3, 10
LONGEST_S = 300
#: Without a try for so long, what was before is forgiven.
FORGIVEN = timedelta(days=1)

Counted = tuple[int, datetime]


@dataclass(frozen=True, slots=True)
class Keys:
    """What a try counts against."""

    account: str
    address: str | None
    known: bool = False

    @property
    def all(self) -> tuple[str, ...]:
        """Both."""
        return (self.account,) if self.address is None else (self.account, self.address)


def device_key(name: str, device: str) -> str:
    """Return the key of a browser that has signed in as `name`."""
    return "device:" + _short(f"{name}\0{device}")


def keys(name: str, address: str, device: str | None, found: Mapping[str, Counted]) -> Keys:
    """Return what a try counts against; `found` says whether the browser is known."""
    if device and device_key(name, device) in found:
        return Keys(device_key(name, device), None, known=True)
    return Keys("name:" + _short(name), address_key(address))


def candidates(name: str, address: str, device: str | None) -> list[str]:
    """Return all keys that may matter."""
    known = [device_key(name, device)] if device else []
    return ["name:" + _short(name), address_key(address), *known]


def address_key(address: str) -> str:
    """Return the key of an address; of IPv6 the network that one household has."""
    try:
        found = ip_address(address)
    except ValueError:
        return "addr:?"
    whole = str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)
    return f"addr:{whole}"


def wait_s(keys: Keys, found: Mapping[str, Counted], now: datetime) -> float:
    """Return how many seconds no password is looked at yet; 0 when one is."""
    longest = 0.0
    for key in keys.all:
        failures, last = found.get(key, (0, now))
        if now - last < FORGIVEN:
            free = FREE_ADDRESS if key.startswith("addr:") else FREE_ACCOUNT
            # A clock that was set back must not keep anybody out for longer.
            passed = max(0.0, (now - last).total_seconds())
            longest = max(longest, delay_s(failures, free) - passed)
    return longest


def delay_s(failures: int, free: int) -> float:
    """Return the delay after so many wrong passwords in a row: 1 s, 2 s, 4 s ... up to `LONGEST_S`."""
    return 0.0 if failures < free else float(min(2 ** min(failures - free, 20), LONGEST_S))


def counted(key: str, found: Mapping[str, Counted], now: datetime) -> int:
    """Return how many failures there are with this one."""
    failures, last = found.get(key, (0, now))
    return 1 if now - last >= FORGIVEN else failures + 1


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
