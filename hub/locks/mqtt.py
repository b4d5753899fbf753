"""A lock, relay or switch with one topic for commands and one for feedback."""

import json

from hub.config import MqttLock
from hub.policy import LockCommand
from hub.policy.outcome import COMMAND_LIFE_S
from maskgate.clock import rfc3339
from maskgate.messages import Feedback, LockAction, LockState
from maskgate.messages.base import MAX_PAYLOAD_BYTES
from maskgate.mqtt import Outbound


class MqttLockDriver:
    """See `LockDriver`."""

    def __init__(self, lock: MqttLock) -> None:
        self._lock = lock
        # ESPHome's word, and Home Assistant's: a lock that does not know is shown as one that is not known (S6).
        self._words = {"UNKNOWN": LockState.UNKNOWN}
        if lock.state_jammed:
            self._words[lock.state_jammed] = LockState.JAMMED
        self._words |= {lock.state_locked: LockState.LOCKED, lock.state_unlocked: LockState.UNLOCKED}

    @property
    def feedback_topics(self) -> tuple[str, ...]:
        """The one topic of the configuration."""
        return (self._lock.feedback_topic,)

    def command(self, command: LockCommand) -> Outbound:
        """Fill the payload. Never retained: a lock that comes back must not find an old command waiting (S1)."""
        template = self._lock.payload_lock if command.action is LockAction.LOCK else self._lock.payload_unlock
        # Plain replacement: a payload is JSON as often as not, and its own braces are no places to fill.
        payload = template.replace("{id}", command.id).replace("{sent_at}", rfc3339(command.sent_at))
        payload = payload.replace("{expires_at}", rfc3339(command.expires_at))
        return Outbound(self._lock.command_topic, payload.encode(), expiry_s=int(COMMAND_LIFE_S))

    def feedback(self, payload: bytes) -> Feedback | None:
        """Read the plain word, or the JSON key's value: a text, or as JSON writes it (`true`, `1`)."""
        if len(payload) > MAX_PAYLOAD_BYTES:
            return None
        try:
            word = payload.decode().strip()
            if self._lock.feedback_key is not None:
                document = json.loads(word)
                value = document.get(self._lock.feedback_key) if isinstance(document, dict) else None
                word = value if isinstance(value, str) else json.dumps(value)
        except (ValueError, RecursionError):
            return None
        state = self._words.get(word)
        return Feedback(lock=state) if state else None
