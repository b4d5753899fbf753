"""N4: a mail shows somebody only where site and recipient opted in, and then in its place."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from hub.config import HubConfig
from hub.store import writing
from hub.store.write import put_evidence
from maskgate.config import ConfigError, parse
from tests.conftest import ManualClock
from tests.hub.mail_server import MailServer, part
from tests.hub.notices.conftest import Hall

MakeHall = Callable[..., Hall]


def jpeg() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 120, 80)).save(out, "JPEG")
    return out.getvalue()


def see(db: Engine, clock: ManualClock, passage: str) -> None:
    with writing(db) as tx:
        put_evidence(
            tx,
            [{"passage": passage, "node": "cam", "door": "front", "received_at": clock.now(), "jpeg": jpeg()}],
        )


def pictures(mail: Any) -> list[Any]:
    return [one for one in mail.walk() if one.get_content_maintype() == "image"]


def test_a_picture_is_mailed_to_those_alone_who_asked_for_it(
    mail_server: MailServer, hall: MakeHall, db: Engine, clock: ManualClock
) -> None:
    people = [{"id": name, "url": mail_server.url(name), "cooldown": 0} for name in ("guard", "boss")]
    people[1]["pictures"] = True
    here = hall(*people, keep_evidence=True)
    see(db, clock, "passage-1")
    here.deny(passage="passage-1", node="cam")
    here.worker.start()
    here.until_status("sent", "sent")
    mails = {mail["To"].partition("@")[0]: mail for mail in mail_server.mails}
    assert pictures(mails["guard"]) == []
    (picture,) = pictures(mails["boss"])
    assert picture["Content-ID"] == "<person.jpg>"
    assert picture.get_content() == jpeg()
    assert 'src="cid:person.jpg"' in part(mails["boss"], "html")
    assert "holds no picture" in part(mails["guard"], "html")
    assert "holds no picture" not in part(mails["boss"], "html")


def test_a_notice_waits_a_moment_for_a_picture_that_comes_later_and_no_longer(
    mail_server: MailServer, hall: MakeHall, db: Engine, clock: ManualClock
) -> None:
    here = hall({"id": "boss", "url": mail_server.url(), "cooldown": 0, "pictures": True}, keep_evidence=True)
    here.worker.start()
    here.deny(passage="passage-1", node="cam")
    here.until(lambda rows: rows[0].next_try > rows[0].created_at, "its waiting")
    see(db, clock, "passage-1")
    clock.advance(1)
    here.until_status("sent")
    assert len(pictures(mail_server.mails[0])) == 1
    here.deny(passage="passage-2", node="cam")
    here.until(lambda rows: rows[1].next_try > rows[1].created_at, "its waiting")
    clock.advance(4)
    here.until_status("sent", "sent")
    assert pictures(mail_server.mails[1]) == []


def test_a_site_that_keeps_no_pictures_lets_nobody_ask_for_them() -> None:
    text = "doors: [{id: a, name: A, nodes: [n]}]\nnotices: {recipients: [{id: r, url: 'json://x', pictures: true}]}"
    with pytest.raises(ConfigError, match=r"(?s)pictures.*keep_evidence: true"):
        parse(text, HubConfig, name="hub.yaml")
