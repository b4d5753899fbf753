"""When a recipient is not to be disturbed. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from hub.config import DoorPolicy, HubConfig, Recipient, TimeRule
from hub.notices.plan import SEVERE
from hub.policy.calendar import Calendar, holiday_test
from maskgate.messages import Mode

#: Quiet hours that touch make one; longer than this at a stretch are looked at again then.
_STRETCHES = 16


class Quiet:
    """The quiet hours of one recipient: a weekly schedule like that of a door, so the same calendar keeps it."""

    def __init__(self, recipient: Recipient, config: HubConfig) -> None:
        rules = [
            TimeRule.model_validate({"days": hours.days, "from": hours.start, "to": hours.end, "mode": Mode.OFF})
            for hours in recipient.quiet
        ]
        awake = DoorPolicy(mode=Mode.SOFT, schedule=tuple(rules))
        self._calendar = Calendar(awake, config.zone, holiday_test(config.holidays))
        self.severe_passes = recipient.quiet_passes == "severe"

    def passes(self, kind: str) -> bool:
        """Whether notices of this kind are told at any hour."""
        return self.severe_passes and kind.endswith(SEVERE)

    def until(self, moment: datetime) -> datetime | None:
        """Return when the quiet hours end that `moment` lies in; None: it lies in none."""
        end = moment
        for _ in range(_STRETCHES):
            if self._calendar.at(end).mode is not Mode.OFF:
                break
            end = self._calendar.next_change(end) or end + timedelta(days=1)  # it sees no farther
        return end if end > moment else None

    def holds(self, kind: str, moment: datetime) -> datetime | None:
        """Return until when a notice of this kind must wait; None: it need not."""
        return None if self.passes(kind) else self.until(moment)


def quiet_hours(config: HubConfig) -> Mapping[str, Quiet]:
    """Return the quiet hours of every recipient, by id."""
    return {recipient.id: Quiet(recipient, config) for recipient in config.notices.recipients}
