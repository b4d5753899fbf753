"""P5, P6: no default password, and guessing is slowed."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.roles import Role
from hub.store import access, attempts, open_store, writing
from hub.store.access import AccessError
from hub.web.context import Context
from hub.web.health import Health
from hub.web.security import secrets, signing, throttle
from hub.web.security.signing import TooSoonError, WrongPasswordError
from maskgate.clock import SystemClock
from tests.hub.postgres import place
from tests.hub.web.conftest import PASSWORD, PASSWORD_HASH, make_config
from tests.hub.web.hall import Hall
from tests.hub.web.test_attacks import sign_in

WRONG = "not the one"


class Turned(SystemClock):
    """Stands still, until it is turned: however slow the machine, no time passes that the test does not know of."""

    def __init__(self) -> None:
        self.ahead, self._began = timedelta(), super().now()

    def now(self) -> datetime:
        return self._began + self.ahead


@pytest.fixture
def desk(database: str) -> Context:
    from hub.live import Live

    db, clock = open_store(place(database)), Turned()
    with writing(db) as tx:
        access.add_person(tx, "ana", Role.ADMIN, PASSWORD_HASH, clock.now())
    return Context(make_config(), db, Live(), clock, Health)


def attempt(desk: Context, password: str = WRONG, *, address: str = "192.0.2.1", device: str | None = None) -> object:
    try:
        return signing.sign_in(desk, "ana", password, address=address, device=device)
    except TooSoonError as error:
        return round(error.seconds)
    except WrongPasswordError:
        return "wrong"


def test_wrong_passwords_grow_the_delay_and_a_restart_forgets_none(desk: Context) -> None:
    assert [attempt(desk) for _ in range(4)] == ["wrong", "wrong", "wrong", 1]
    assert attempt(desk, PASSWORD) == 1, "while it lasts not even the right one is looked at"
    waited = []
    for _ in range(10):
        delay = attempt(Context(desk.config, desk.db, desk.live, desk.clock, Health), address="198.51.100.7")
        assert isinstance(delay, int), "another address, another process: the account is the same"
        waited.append(delay)
        desk.clock.ahead += timedelta(seconds=delay + 0.5)  # type: ignore[attr-defined]
        assert attempt(desk, address="198.51.100.7") == "wrong"
    assert waited == sorted(waited)
    assert waited[:8] == [1, 2, 4, 8, 16, 32, 64, 128]
    assert waited[-1] == throttle.LONGEST_S
    desk.clock.ahead += timedelta(seconds=throttle.LONGEST_S + 1)  # type: ignore[attr-defined]
    assert isinstance(attempt(desk, PASSWORD), signing.SignedIn)
    assert attempt(desk) == "wrong", "who is in, begins anew"


def test_strangers_who_guess_do_not_keep_the_owner_out(desk: Context) -> None:
    signed = attempt(desk, PASSWORD)
    assert isinstance(signed, signing.SignedIn)
    for _ in range(5):
        attempt(desk, address="203.0.113.5")
    assert isinstance(attempt(desk, PASSWORD), int)
    assert isinstance(attempt(desk, PASSWORD, device=signed.device), signing.SignedIn)
    assert isinstance(attempt(desk, PASSWORD, device="made up"), int)
    assert [attempt(desk, device=signed.device) for _ in range(4)] == ["wrong", "wrong", "wrong", 1], (
        "nor is it a way in"
    )


def test_one_address_that_tries_many_names_is_slowed(desk: Context) -> None:
    def guess(number: int) -> object:
        try:
            return signing.sign_in(desk, f"name{number}", "wrong", address="2001:db8::1", device=None)
        except TooSoonError as error:
            return round(error.seconds)
        except WrongPasswordError:
            return "wrong"

    # Each guess takes as long as one at somebody who is there; ten are free.
    found = [guess(number) for number in range(throttle.FREE_ADDRESS + 1)]
    assert found == ["wrong"] * throttle.FREE_ADDRESS + [1]
    with desk.db.connect() as connection:
        assert throttle.address_key("2001:db8::ffff") in attempts.found(
            connection, [throttle.address_key("2001:db8::2")]
        )


@given(st.integers(0, 10_000), st.sampled_from([throttle.FREE_ACCOUNT, throttle.FREE_ADDRESS]))
def test_a_delay_never_shrinks_and_has_an_end(failures: int, free: int) -> None:
    assert 0 <= throttle.delay_s(failures, free) <= throttle.delay_s(failures + 1, free) <= throttle.LONGEST_S


def test_made_up_names_fill_no_disk(desk: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST_ROWS", 20)
    now = desk.clock.now()
    with writing(desk.db) as tx:
        for number in range(50):
            attempts.put(tx, f"name:{number}", 1, now + timedelta(seconds=number))
        attempts.tidy(tx, now)
        assert not attempts.found(tx, [f"name:{number}" for number in range(30)])
        assert len(attempts.found(tx, [f"name:{number}" for number in range(50)])) == 20


def test_wrong_passwords_and_the_wait_are_said_on_the_page(hall: Hall) -> None:
    hall.session(Role.OPERATOR)
    with httpx.Client(base_url=hall.url, timeout=20) as client:
        answer = sign_in(client, "wrong")
        assert answer.status_code == 401
        assert "Name or password is wrong" in answer.text
        with writing(hall.db) as tx:
            tx.exec_driver_sql("UPDATE attempts SET failures = 10 WHERE key LIKE 'name:%'")
        answer = sign_in(client, PASSWORD)
        assert answer.status_code == 429
        assert "Wait" in answer.text
        assert int(answer.headers["retry-after"]) >= 1


def test_there_is_no_administrator_until_somebody_uses_the_link_once(hall: Hall) -> None:
    link = hall.server.first_link()
    assert link
    code = link.split("code=")[1]
    with httpx.Client(base_url=hall.url, timeout=20) as client:
        assert "first administrator" in client.get("/welcome", params={"code": code}).text
        for name, password, why in (
            ("boss", "short", "10 characters"), ("boss", "aaaaaaaaaaaa", "again and again"),
            ("boss", "boss-boss-1234", "must not hold the name"), ("Bo ss", PASSWORD, "small letters"),
        ):  # fmt: skip
            answer = client.post("/welcome", data={"code": code, "name": name, "password": password})
            assert answer.status_code == 400
            assert why in answer.text
        answer = client.post("/welcome", data={"code": code, "name": "boss", "password": PASSWORD})
        assert answer.status_code == 303
        assert client.get("/api/v1/me").json()["role"] == "admin"
    with httpx.Client(base_url=hall.url, timeout=20) as other:
        again = other.post("/welcome", data={"code": code, "name": "eve", "password": PASSWORD})
        assert again.status_code == 404
        assert other.get("/api/v1/me").status_code == 401
    assert hall.server.first_link() is None


def test_a_link_for_the_first_is_worth_nothing_once_there_is_one(desk: Context) -> None:
    with writing(desk.db) as tx:
        code = signing.new_link(tx, desk.config.web, desk.clock.now(), None).split("code=")[1]
    with pytest.raises(AccessError):
        signing.use_link(desk, code, name="eve", password=PASSWORD, address="x")


def test_somebody_who_is_added_chooses_a_password_and_may_change_it(hall: Hall) -> None:
    with hall.browser(Role.ADMIN) as admin:
        link = admin.post("/api/v1/people", json={"name": "eve", "role": "viewer"}).json()["link"]
    with httpx.Client(base_url=hall.url, timeout=20) as eve:
        code = re.sub(r".*code=", "", link)
        assert eve.post("/welcome", data={"code": code, "password": PASSWORD}).status_code == 303
        me = eve.get("/api/v1/me").json()
        assert (me["name"], me["role"]) == ("eve", "viewer")
        with httpx.Client(base_url=hall.url, timeout=20) as second:
            assert sign_in(second, name="eve").status_code == 303
            form = {"csrf": me["csrf"], "old": "no", "new": "quite another one"}
            assert eve.post("/account", data=form).status_code == 400
            assert eve.post("/account", data=form | {"old": PASSWORD}).status_code == 303
            assert eve.get("/api/v1/me").status_code == 200
            assert second.get("/api/v1/me").status_code == 401, "every other session has ended"


def test_a_password_is_kept_as_argon2id_and_made_anew_when_that_grows(desk: Context) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with writing(desk.db) as tx:
        access.set_hash(tx, "ana", weak)
    assert isinstance(attempt(desk, PASSWORD), signing.SignedIn)
    person = access.person(desk.db, "ana")
    assert person
    assert person.password
    assert person.password.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not secrets.fits(PASSWORD, None)
    assert not secrets.fits(PASSWORD, "no hash at all")


def test_the_commands_add_list_change_and_remove(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from hub.cli import app

    config = tmp_path / "hub.yaml"
    config.write_text(f"database: {tmp_path}/hub.db\ndoors: [{{id: front, name: Front, nodes: [cam]}}]\n")

    def say(*words: str, typed: str = "", code: int = 0) -> str:
        result = CliRunner().invoke(app, [*words, "--config", str(config)], input=typed)
        assert result.exit_code == code, result.output
        return result.output

    assert "nobody" in say("user", "list")
    assert "10 characters" in say("user", "add", "ana", "--role", "admin", "--password-stdin", typed="short\n", code=1)
    say("user", "add", "ana", "--role", "admin", "--password-stdin", typed=f"{PASSWORD}\n")
    assert "/welcome?code=" in say("user", "add", "bob", "--link")
    assert "there already" in say("user", "add", "bob", "--link", code=1)
    say("user", "role", "bob", "operator")
    assert say("user", "list").splitlines() == ["ana admin", "bob operator (no password yet)"]
    assert "only administrator" in say("user", "remove", "ana", code=1)
    say("user", "password", "bob", typed=f"{PASSWORD}!\n{PASSWORD}!\n")
    say("user", "remove", "bob")
    assert say("token", "add", "grafana", "--days", "0").startswith("mg_")
    listed = say("token", "list")
    assert "viewer ends never, used never: grafana" in listed
    say("token", "revoke", listed.split()[0])
    assert "no tokens" in say("token", "list")
