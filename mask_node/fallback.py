"""Where the relay on the board stands: by the hub's word while there is a hub, by a rule of its own when it is gone.

Pure: times are seconds of the monotonic clock, and come from the caller.
"""

from dataclasses import dataclass

from mask_node.config import RelaySettings
from maskgate.messages import DoorState, Entry, LockAction, Mode
from maskgate.states import VIOLATIONS, MaskState


@dataclass(frozen=True, slots=True)
class Policy:
    """What the hub last said of the door: all that a board needs to go on alone."""

    mode: Mode
    entry: Entry
    emergency: bool

    @classmethod
    def of(cls, door: DoorState) -> "Policy":
        """Return it from the door's retained state."""
        return cls(door.mode, door.entry, door.emergency)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the relay is to be, until when (None: until somebody says otherwise), and by whose word."""

    action: LockAction
    until: float | None = None
    by_hub: bool = False


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of the hub. heard_at: its last pulse or command; lost_at: when the connection ended, or it left."""

    heard_at: float
    lost_at: float | None = None

    def silent(self, now: float, settings: RelaySettings) -> bool:
        """Whether the hub must be taken for gone."""
        gone = self.lost_at is not None and now - self.lost_at >= settings.lost_for
        return gone or now - self.heard_at >= settings.silent_for


def rest(policy: Policy | None, settings: RelaySettings) -> LockAction:
    """Return where the door stands alone when nobody is there. An emergency holds until the hub ends it (S5)."""
    if policy and policy.emergency:
        return LockAction.UNLOCK
    if policy and settings.alone == "policy" and policy.mode is Mode.HARD:
        return LockAction.UNLOCK if policy.entry is Entry.OPEN else LockAction.LOCK
    return settings.safe


def settle(standing: Standing, now: float, *, silent: bool, policy: Policy | None, settings: RelaySettings) -> Standing:
    """Return where the relay is to be at `now`: the hub's word ends with the hub, our own with its time."""
    if not silent:
        return standing
    if standing.by_hub or standing.until is None or now >= standing.until:
        return Standing(rest(policy, settings))
    return standing


def saw(
    standing: Standing, state: MaskState, now: float, *, policy: Policy | None, settings: RelaySettings
) -> Standing:
    """Return what a verdict changes while the hub is silent. Only a mask opens a controlled entry (S8)."""
    if settings.alone != "policy" or policy is None or policy.emergency or policy.mode is not Mode.HARD:
        return standing
    if policy.entry is Entry.CONTROLLED:
        if state is MaskState.MASK:
            return Standing(LockAction.UNLOCK, now + settings.hold)
        return Standing(LockAction.LOCK)
    if state in VIOLATIONS:
        return Standing(LockAction.LOCK, now + settings.hold)
    return standing
