"""Passwords and random secrets. Of neither is more kept than a hash."""

import functools
import hashlib
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: Argon2id as RFC 9106 advises for memory-constrained machines: 64 MiB, three passes.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
#: Each takes 64 MiB for a moment: a crowd at the sign-in must not take all there is.
_TURNS = threading.BoundedSemaphore(2)
SHORTEST, LONGEST = 10, 200


def weakness(password: str, name: str) -> str | None:
    """Say why a password will not do; None when it does."""
    if len(password) < SHORTEST:
        return f"a password needs {SHORTEST} characters or more"
    if len(password) > LONGEST:
        return f"a password has {LONGEST} characters at most"
    if name.lower() in password.lower() or len(set(password)) < 4:
        return "a password must not hold the name, nor be a few characters again and again"
    return None


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    with _TURNS:
        return _HASHER.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one; takes as long where there is none."""
    with _TURNS:
        try:
            return _HASHER.verify(kept or _nobody(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@functools.cache
def _nobody() -> str:
    """Return a hash that no password has: whoever is not there takes as long as who is."""
    return _HASHER.hash(secrets.token_urlsafe())


def outdated(kept: str) -> bool:
    """Whether a hash was made with less effort than is made today."""
    return _HASHER.check_needs_rehash(kept)


def new_secret() -> str:
    """Return 256 bits of chance, as text for addresses and headers."""
    return secrets.token_urlsafe(32)


def kept(secret: str) -> str:
    """Return what is kept of a random secret. It cannot be guessed, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def form_token(secret: str) -> str:
    """Return what a form of this session holds: whoever does not know the cookie cannot make it (CSRF)."""
    return hashlib.sha256(b"form\0" + secret.encode()).hexdigest()[:40]


def same(given: str, right: str) -> bool:
    """Compare without telling by the time taken how much is right."""
    return secrets.compare_digest(given.encode(), right.encode())
