"""The rule of a door: pure functions from (rules, state, input, time) to what comes next. No I/O, no clock.

Inputs: `verdict`, `command`, `feedback`, `fault`, `tick`, `start`, `clock_set`. Output: `Outcome`. The documents
`door_state` and `display` follow from the state. Reading order: state, calendar, outcome, times, faults, lock,
verdicts, commands, presence, moments, failing, translations, documents.
"""

from hub.policy.commands import AnyCommand, command, in_time
from hub.policy.documents import display, door_state, say, spoken
from hub.policy.failing import SITE, fault, without_store
from hub.policy.faults import availability_fault, health_faults
from hub.policy.lock import feedback
from hub.policy.moments import clock_set, forget, initial, next_moment, start, tick
from hub.policy.outcome import Decided, LockCommand, Outcome, Rules
from hub.policy.presence import look_around
from hub.policy.state import FaultKind, Machine, from_document, to_json
from hub.policy.verdicts import verdict, why_late

__all__ = [
    "SITE", "AnyCommand", "Decided", "FaultKind", "LockCommand", "Machine", "Outcome", "Rules", "availability_fault",
    "clock_set", "command", "display", "door_state", "fault", "feedback", "forget", "from_document", "health_faults",
    "in_time", "initial", "look_around", "next_moment", "say", "spoken", "start", "tick", "to_json",
    "verdict", "why_late", "without_store",
]  # fmt: skip
