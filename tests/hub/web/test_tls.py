"""P2: the pages by TLS, by configuration."""

import shutil
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from hub.config import HubConfig
from hub.store import open_store
from maskgate.config import ConfigError
from tests.hub.web.conftest import PASSWORD, Site, make_config

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def make_pair(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "hub.crt", folder / "hub.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key),
         "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def make_site(folder: Path, certificate: Path, key: Path) -> Site:
    document = make_config().model_dump(mode="json", exclude={"database"})
    document["web"] |= {"tls": {"certificate": str(certificate), "key": str(key)}}
    return Site(open_store(folder / "hub.db"), HubConfig.model_validate(document))


def test_with_a_certificate_everything_is_encrypted_and_cookies_stay_there(tmp_path: Path) -> None:
    certificate, key = make_pair(tmp_path)
    site = make_site(tmp_path, certificate, key)
    site.server.start()
    try:
        url = site.url.replace("http:", "https:")
        link = site.server.first_link()
        assert link
        assert link.startswith("https://")
        with httpx.Client(base_url=url, verify=ssl.create_default_context(cafile=str(certificate))) as client:
            answer = client.get("/healthz")
            assert answer.json()["status"] == "ok"
            assert "max-age" in answer.headers["strict-transport-security"]
            code = link.split("code=")[1]
            begun = client.post("/welcome", data={"code": code, "name": "ana", "password": PASSWORD})
            cookies = begun.headers.get_list("set-cookie")
            assert any(cookie.startswith("__Host-maskgate=") for cookie in cookies)
            assert all("Secure" in cookie for cookie in cookies)
            assert client.get("/api/v1/me").json()["name"] == "ana"
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{site.url}/healthz")
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{url}/healthz")
    finally:
        site.server.stop()
        site.db.dispose()


def test_a_pair_that_cannot_serve_starts_nothing_and_says_why(tmp_path: Path) -> None:
    certificate, key = make_pair(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    _, wrong = make_pair(other)
    for pair, words in (
        ((certificate, tmp_path / "gone"), "web.tls.key: cannot read"),
        ((certificate, wrong), "no PEM certificate and its key"),
        ((key, key), "no PEM certificate and its key"),
    ):
        site = make_site(tmp_path, *pair)
        with pytest.raises(ConfigError, match=words):
            site.server.start()
        site.db.dispose()
