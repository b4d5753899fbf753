"""The rule of a door: pure functions from (rules, state, input, time) to what comes next. No I/O, no clock.

Inputs: `verdict`, `command`, `feedback`, `tick`, `start`, `clock_set`, `node_fault`. Output: `Outcome`. The documents
`door_state` and `display` follow from the state.
"""

from hub.policy.commands import AnyCommand, command, in_time
from hub.policy.documents import display, door_state
from hub.policy.lock import feedback
from hub.policy.moments import clock_set, initial, next_moment, node_fault, start, tick
from hub.policy.outcome import Decided, LockCommand, Outcome, Rules
from hub.policy.problems import availability_fault, health_fault
from hub.policy.state import Machine, from_document, to_document
from hub.policy.verdicts import verdict, why_late

__all__ = [
    "AnyCommand", "Decided", "LockCommand", "Machine", "Outcome", "Rules", "availability_fault", "clock_set",
    "command", "display", "door_state", "feedback", "from_document", "health_fault", "in_time", "initial",
    "next_moment", "node_fault", "start", "tick", "to_document", "verdict", "why_late",
]  # fmt: skip
