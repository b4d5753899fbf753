"""People and violations of a day, as Home Assistant's long-term statistics add them up: its own recorder, its sums."""

import shutil
from datetime import UTC, datetime

import pytest

from tests.system.homeassistant.home import Home
from tests.system.homeassistant.site import Site

#: Time zones whose dates differ at every hour: to the site that moves from the one to the other, midnight has come.
BEFORE, AFTER = "Etc/GMT+12", "Pacific/Kiritimati"
PEOPLE, VIOLATIONS = "sensor.sums_front_entry_people", "sensor.sums_front_entry_violations"


class Sums:
    """What the recorder added up since this was made."""

    def __init__(self, home: Home) -> None:
        self._home, self._since = home, datetime.now(UTC)

    def now(self, people: int, violations: int) -> list[float]:
        """Wait until Home Assistant shows these counts, compile, and return the sums of both."""
        self._home.wait_state(PEOPLE, str(people))
        self._home.wait_state(VIOLATIONS, str(violations))
        self._home.compile_statistics(self._since)
        self._since = datetime.now(UTC)
        return [self._home.statistics(entity)[-1]["sum"] for entity in (PEOPLE, VIOLATIONS)]


@pytest.mark.timeout(600)
def test_sums_are_right_after_a_revision_a_backup_and_a_midnight_that_nobody_saw(home: Home) -> None:
    sums = Sums(home)
    with Site(home, "sums", timezone=BEFORE) as site:
        home.wait_state(PEOPLE, "0")
        bare = site.board.sees("no_mask")
        for _ in range(2):
            site.board.sees("mask")
        home.wait_state(VIOLATIONS, "1")
        site.board.sees("mask", revises=bare)
        assert sums.now(3, 1) == [3, 1], "who put a mask on came without one: a revision takes nothing back"

        site.stop_hub()
        database = site.folder / "hub.db"
        shutil.copyfile(database, site.folder / "backup.db")
        site.start_hub()
        for _ in range(2):
            site.board.sees("no_mask")
        assert sums.now(5, 3) == [5, 3]
        site.stop_hub()
        for file in site.folder.glob("hub.db*"):
            file.unlink()
        shutil.copyfile(site.folder / "backup.db", database)
        site.start_hub()
        assert sums.now(3, 1) == [3, 1], "a backup knows fewer of this day; that is no new day"

        site.stop_hub()
        with home.away():
            site.config["timezone"] = AFTER
            site.start_hub()
            for _ in range(4):
                site.board.sees("no_mask")
        assert sums.now(4, 4) == [7, 5], (
            "a new day that begins while nobody looks is one, though the count did not fall"
        )

        site.stop_hub()
        for file in site.folder.glob("hub.db*"):
            file.unlink()
        site.start_hub()
        site.board.sees("mask")
        assert sums.now(1, 0) == [8, 5], "a hub that lost its store counts from then on"

        known = {row["statistic_id"]: row for row in home.ws("recorder/list_statistic_ids")}
        assert known[PEOPLE]["has_sum"]
        assert known[VIOLATIONS]["has_sum"]
        wrong = home.ws("recorder/validate_statistics")
        assert [entity for entity in wrong if entity in (PEOPLE, VIOLATIONS)] == []
