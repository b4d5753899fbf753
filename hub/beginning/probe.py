"""Tries a broker as the hub will use it: connects, subscribes, publishes; leaves nothing behind."""

import secrets
import ssl
import threading
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from maskgate.config import MqttSettings

#: Seconds that a step of the conversation may take.
STEP_S = 5.0
#: Seconds in which a lock that keeps its state retained, or tells it often, is heard.
LISTEN_S = 2.0


class ProbeError(Exception):
    """The broker cannot be used so; the text says why, and what to do."""


def probe(
    settings: MqttSettings, subscriptions: Sequence[str], publish: tuple[str, bytes], listen: str | None = None
) -> bytes | None:
    """Try all three; returns what was heard on the topic `listen`, None where it kept silent.

    `publish` is sent once, not retained. Raises `ProbeError`. A broker that speaks only MQTT 3.1.1 says nothing of a
    message that it does not let through.
    """
    versions = {"5": [paho.MQTTv5], "3.1.1": [paho.MQTTv311], "auto": [paho.MQTTv5, paho.MQTTv311]}
    for version in versions[settings.protocol]:
        talk = _Conversation(settings, version)
        try:
            if not talk.connect():
                continue
            talk.subscribe(subscriptions)
            talk.publish(*publish)
            return talk.listen(listen) if listen else None
        finally:
            talk.end()
    raise ProbeError(
        f"something at {settings.host}:{settings.port} hangs up on us; is it an MQTT broker, and does it want TLS?"
    )


class _Conversation:
    """One connection; paho's own thread answers."""

    def __init__(self, settings: MqttSettings, version: Any) -> None:
        self._settings, self._place = settings, f"{settings.host}:{settings.port}"
        self._five = version == paho.MQTTv5
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"maskgate-init-{secrets.token_hex(4)}", protocol=version,
            clean_session=None if self._five else True,
        )  # fmt: skip
        self._said, self._hung_up = threading.Event(), threading.Event()
        self._reasons: Sequence[ReasonCode] = ()
        self._heard: dict[str, bytes] = {}
        self._spoke = threading.Event()
        client.on_connect = lambda _c, _u, _f, reason, _p: self._answer([reason])
        client.on_subscribe = lambda _c, _u, _m, reasons, _p: self._answer(reasons)
        client.on_publish = lambda _c, _u, _m, reason, _p: self._answer([reason])
        client.on_disconnect = lambda *_: self._hung_up.set()
        client.on_message = lambda _c, _u, message: self._hear(message.topic, bytes(message.payload))

    def connect(self) -> bool:
        """Return False where the broker hung up without a word."""
        settings = self._settings
        if settings.username is not None:
            secret = settings.password.get_secret_value() if settings.password else None
            self._client.username_pw_set(settings.username, secret)
        if settings.tls:
            self._client.tls_set(ca_certs=str(settings.ca_file) if settings.ca_file else None)
        self._client.connect_timeout = STEP_S
        try:
            self._client.connect(settings.host, settings.port, settings.keepalive)
        except ssl.SSLError as error:
            why = getattr(error, "verify_message", None) or error.reason or error
            raise ProbeError(f"no TLS with {self._place}: {why}; check the port, the name and the CA file") from error
        except OSError as error:
            why = error.strerror or error
            raise ProbeError(f"nobody answers at {self._place}: {why}; check host and port") from error
        self._client.loop_start()
        if not self._wait():
            return False
        reason = self._reasons[0]
        if reason.getName() == "Unsupported protocol version":
            return False
        if reason.is_failure:
            who = f"{settings.username!r}" if settings.username else "anybody without a name"
            raise ProbeError(f"{self._place} does not let {who} in: {reason}; check user name and password")
        return True

    def subscribe(self, topics: Sequence[str]) -> None:
        """Raise where a topic is refused."""
        self._said.clear()
        self._client.subscribe([(topic, 1) for topic in topics])
        if not self._wait():
            raise ProbeError(f"{self._place} lets us in and then does not answer a subscription")
        refused = [topic for topic, reason in zip(topics, self._reasons, strict=False) if reason.is_failure]
        if refused:
            raise ProbeError(f"{self._who()} may not read {', '.join(refused)}; mend the broker's access list")

    def publish(self, topic: str, payload: bytes) -> None:
        """Raise where it is refused."""
        self._said.clear()
        self._client.publish(topic, payload, qos=1)
        if not self._wait():
            raise ProbeError(f"{self._place} does not take a message on {topic}; mend the broker's access list")
        if self._reasons[0].is_failure:
            raise ProbeError(f"{self._who()} may not write {topic}; mend the broker's access list")

    def listen(self, topic: str) -> bytes | None:
        """Return what comes on a topic within `LISTEN_S`."""
        if topic not in self._heard:
            self._spoke.wait(LISTEN_S)
        return self._heard.get(topic)

    def end(self) -> None:
        """Leave in order."""
        self._client.disconnect()
        self._client.loop_stop()

    def _who(self) -> str:
        return self._settings.username or "the hub"

    def _answer(self, reasons: Sequence[ReasonCode]) -> None:
        self._reasons = reasons
        self._said.set()

    def _hear(self, topic: str, payload: bytes) -> None:
        self._heard[topic] = payload
        self._spoke.set()

    def _wait(self) -> bool:
        """Wait for the answer; False where the broker hangs up, or says nothing."""
        for _ in range(int(STEP_S / 0.05)):
            if self._said.wait(0.05):
                return True
            if self._hung_up.is_set():
                return self._said.is_set()
        return False
