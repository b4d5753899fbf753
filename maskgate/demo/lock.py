"""A lock on MQTT as a careful maker would build it: it takes time, measures, and refuses what is old or twice."""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime

from maskgate.clock import Clock, SystemClock
from maskgate.config import MqttSettings
from maskgate.mqtt import Inbound, Link, Outbound

log = logging.getLogger(__name__)

#: How long the bolt travels, in seconds.
TRAVEL_S = 0.3
COMMAND_TOPIC, FEEDBACK_TOPIC = "demo-lock/command", "demo-lock/state"

#: The `lock:` part of a door in hub.yaml that fits this lock.
LOCK_CONFIG = {
    "command_topic": COMMAND_TOPIC,
    "feedback_topic": FEEDBACK_TOPIC,
    "payload_lock": '{"action": "lock", "id": "{id}", "expires_at": "{expires_at}"}',
    "payload_unlock": '{"action": "unlock", "id": "{id}", "expires_at": "{expires_at}"}',
    "feedback_key": "state",
    "feedback_within": 3,
}


class SimulatedLock:
    """Starts locked. `on_command` hears each command that it obeys, at the moment it arrives."""

    def __init__(
        self, settings: MqttSettings, on_command: Callable[[str, datetime], None], clock: Clock | None = None
    ) -> None:
        self._clock, self._on_command = clock or SystemClock(), on_command
        self._locked = True
        self._obeyed: deque[str] = deque(maxlen=100)
        self._moving: threading.Timer | None = None
        self._link = Link(
            settings,
            client_id="demo-lock",
            subscriptions=[COMMAND_TOPIC],
            on_message=self._command,
            on_up=self._report,
            keep_session=False,
        )

    def start(self) -> None:
        """Connect and report the bolt's place."""
        self._link.start()

    def stop(self) -> None:
        """Leave; the bolt stays where it is."""
        if self._moving is not None:
            self._moving.cancel()
        self._link.stop()

    def _command(self, message: Inbound) -> None:
        self._link.confirm(message)
        now = self._clock.now()
        command = json.loads(message.payload)
        if message.retain or now > datetime.fromisoformat(command["expires_at"]) or command["id"] in self._obeyed:
            log.warning("the lock refused a command that was old or came twice")
            return
        self._obeyed.append(command["id"])
        self._on_command(command["action"], now)
        self._moving = threading.Timer(TRAVEL_S, self._arrive, [command["action"] == "lock"])
        self._moving.start()

    def _arrive(self, locked: bool) -> None:
        self._locked = locked
        self._report()

    def _report(self) -> None:
        state = {"state": "LOCKED" if self._locked else "UNLOCKED"}
        self._link.publish(Outbound(FEEDBACK_TOPIC, json.dumps(state).encode(), retain=True))
