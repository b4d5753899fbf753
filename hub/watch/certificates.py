"""When certificates end, read from their files."""

from datetime import datetime
from pathlib import Path

from cryptography import x509


def ends_at(file: Path) -> datetime:
    """Return when the first certificate of a PEM chain ends; raises `OSError`, `ValueError`."""
    return min(one.not_valid_after_utc for one in x509.load_pem_x509_certificates(file.read_bytes()))
