"""Who else is told when nobody acknowledges; through restarts, and never after somebody did."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from hub.config import Notices
from hub.notices.worker import Worker
from hub.store.schema import notices
from maskgate.messages import Acknowledge, EventType, encode
from tests.conftest import ManualClock
from tests.hub.core.conftest import Rig, passage, until
from tests.hub.mail_server import MailServer, part
from tests.hub.notices.conftest import Hall

MakeHall = Callable[..., Hall]


def stairs(mail_server: MailServer, hall: MakeHall) -> Hall:
    """The guard at once, the boss after 10 minutes, the fire brigade after 30."""
    names = ("guard", "boss", "brigade")
    people = [{"id": name, "url": mail_server.url(name), "about": []} for name in names]
    people[0] |= {"about": ["fault", "violation", "emergency"], "cooldown": 60}
    steps = [
        {"after": 600, "to": ["boss"], "about": ["fault", "violation"]},
        {"after": 1800, "to": ["boss", "brigade"], "about": ["fault"]},
    ]
    return hall(*people, escalation=steps)


def trouble(here: Hall) -> None:
    here.deny(event_type=EventType.FAULT, text="The lock says that it is jammed", severe=True, passage=None, state=None)


def told(mail_server: MailServer) -> list[str]:
    return [mail["To"].partition("@")[0] for mail in mail_server.mails]


def test_the_next_are_told_when_nobody_acknowledges_also_after_a_restart(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    here = stairs(mail_server, hall)
    here.worker.start()
    trouble(here)
    here.until(lambda rows: rows[0].status == "sent", "the guard's mail")
    clock.advance(599)
    here.worker.stop()
    here.worker = Worker(here.config, here.db, clock)
    here.worker.start()
    here.until(lambda rows: all(row.counted_in for row in rows), "a look")
    assert told(mail_server) == ["guard"]
    clock.advance(1)
    here.until(lambda rows: [row.status for row in rows] == ["sent", "sent", "waiting", "waiting"], "the first step")
    assert told(mail_server) == ["guard", "boss"]
    mail = mail_server.mails[1]
    assert mail["Subject"] == "[Head office] Not acknowledged: Front entry: The lock says that it is jammed"
    assert "10 minutes" in part(mail, "html")
    clock.advance(1200)
    here.until_status("sent", "sent", "sent", "sent")
    assert sorted(told(mail_server)) == ["boss", "boss", "brigade", "guard"]


def test_a_flood_escalates_once_and_says_how_many(mail_server: MailServer, hall: MakeHall, clock: ManualClock) -> None:
    here = stairs(mail_server, hall)
    here.deny(30, every=1)
    clock.advance(600)
    here.worker.start()

    def done(rows: list[Any]) -> bool:
        return [row.status for row in rows if row.recipient == "boss"].count("sent") == 1

    here.until(done, "the boss's mail")
    (mail,) = [mail for mail in mail_server.mails if mail["To"].startswith("boss")]
    assert mail["Subject"].endswith("no mask, and 29 more before")


def test_an_acknowledgement_at_the_door_ends_it_and_the_next_trouble_begins_anew(database: str) -> None:
    """Through the doors' own thread: the command marks the rows in its own transaction."""
    rig = Rig(database)
    told = {
        "recipients": [{"id": "boss", "url": "json://127.0.0.1:9", "about": []}],
        "escalation": [{"after": 600, "to": ["boss"], "about": ["violation"]}],
    }
    rig.config = rig.config.model_copy(update={"notices": Notices.model_validate(told)})
    rig.engine = rig.make()
    rig.engine.start()

    def statuses() -> list[str]:
        with rig.db.connect() as connection:
            return list(connection.scalars(select(notices.c.status).order_by(notices.c.seq)))

    try:
        rig.see(passage("no_mask", who="first"))
        until(lambda: statuses() == ["waiting"], "the escalation")
        seen = encode(Acknowledge(sent_at=datetime.now(UTC)))
        rig.say("maskgate/door/front/set/acknowledge", seen)
        until(lambda: statuses() == ["acknowledged"], "the acknowledgement")
        rig.see(passage("no_mask", who="second"))
        until(lambda: statuses() == ["acknowledged", "waiting"], "the next")
        rig.say("maskgate/door/front/set/acknowledge", seen)  # the same command again does nothing (S2)
        rig.see(passage("no_mask", who="third"))
        until(lambda: len(statuses()) == 3, "the third")
        assert statuses() == ["acknowledged", "waiting", "waiting"]
    finally:
        rig.engine.stop()
        rig.db.dispose()
