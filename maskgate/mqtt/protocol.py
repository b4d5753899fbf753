"""What differs between MQTT 5 and 3.1.1, and nothing else."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

#: How long a broker keeps what it holds for an absent session, in seconds (MQTT 5; 3.1.1 leaves it to the broker).
SESSION_S = 7 * 24 * 3600
#: How many messages a broker may hand us that are not confirmed yet (MQTT 5).
AT_ONCE = 1000


class Protocol:
    """Which one is spoken. `auto` begins with 5 and changes each time a broker hangs up on it."""

    def __init__(self, wanted: Literal["auto", "5", "3.1.1"]) -> None:
        self._free = wanted == "auto"
        self._first = paho.MQTTv311 if wanted == "3.1.1" else paho.MQTTv5
        self._now = self._first

    @property
    def five(self) -> bool:
        """Whether MQTT 5 is spoken now."""
        return self._now == paho.MQTTv5

    @property
    def name(self) -> str:
        """As people say it."""
        return "5" if self.five else "3.1.1"

    def is_not_spoken(self, reason: str) -> bool:
        """Whether a broker refuses a connection for the protocol alone, and the other one may be tried."""
        return self._free and reason == "Unsupported protocol version"

    def try_other(self) -> bool:
        """Speak the other one, where both may be; return whether that is worth an attempt at once."""
        was_five = self.five
        if self._free:
            self._now = paho.MQTTv311 if was_five else paho.MQTTv5
        return was_five and not self.five

    def begin_again(self) -> None:
        """Go back to the better one: a broker may have been exchanged, or was only starting when it failed."""
        self._now = self._first

    def client(self, client_id: str, *, keep_session: bool) -> paho.Client:
        """Return a fresh client that leaves confirming to us."""
        return paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if self.five else not keep_session,
            protocol=self._now,
            manual_ack=True,
        )

    def connect_options(self, *, keep_session: bool) -> dict[str, Any]:
        """Return what `paho.Client.connect` takes beside host, port and keep-alive."""
        if not self.five:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_S if keep_session else 0
        properties.ReceiveMaximum = AT_ONCE
        return {"clean_start": not keep_session, "properties": properties}

    def subscription(self, topics: Sequence[str], as_published: Collection[str]) -> list[tuple[str, Any]]:
        """Return what `paho.Client.subscribe` takes for these topics (see `Link` for `as_published`)."""
        if not self.five:
            return [(topic, 1) for topic in topics]
        return [(topic, SubscribeOptions(qos=1, retainAsPublished=topic in as_published)) for topic in topics]

    def will(self, delay_s: int) -> Properties | None:
        """Return the properties of a will that waits so many seconds for us to come back."""
        if not delay_s or not self.five:
            return None
        properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
        properties.WillDelayInterval = delay_s
        return properties

    def expiry(self, seconds: int | None) -> Properties | None:
        """Return the properties of a message that is worth nothing after so many seconds."""
        if seconds is None or not self.five:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = seconds
        return properties
