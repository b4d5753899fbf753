"""The line to the broker that node, hub and demo share: paho-mqtt behind a small, mistrustful edge.

Why not paho's own loop: its memory of unsent messages is lost with the process and unbounded, an exception in a
callback ends its thread unseen, and its client cannot change the protocol. So each connection gets a fresh client;
what must not be lost lives in the callers' outboxes, which publish again whatever was not confirmed.
"""

import contextlib
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from maskgate.backoff import Backoff
from maskgate.config import MqttSettings

log = logging.getLogger(__name__)

#: How long a broker keeps what it holds for an absent session, in seconds (MQTT 5; 3.1.1 leaves it to the broker).
SESSION_S = 7 * 24 * 3600
#: How many messages a broker may hand us that are not confirmed yet (MQTT 5).
AT_ONCE = 1000
#: Finding the broker's address may take so long, in seconds: it blocks, and is no sign that the thread is stuck.
CONNECT_S = 45.0


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it came. `ticket` confirms it (see `Link.confirm`)."""

    topic: str
    payload: bytes
    retain: bool
    ticket: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message to send. `expiry_s` is told to brokers that know it; the payload says it too where it matters."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expiry_s: int | None = None


class Link:
    """One account's connection: connects, reconnects with back-off, subscribes anew every time.

    Callbacks run in the link's own thread and must be short; what one raises is logged and harms nothing else.
    A message is confirmed to the broker only by `confirm`, so that it comes again if the program dies before.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        client_id: str,
        subscriptions: Sequence[str],
        on_message: Callable[[Inbound], None],
        on_up: Callable[[], None] = lambda: None,
        on_down: Callable[[], None] = lambda: None,
        on_published: Callable[[int], None] = lambda _token: None,
        will: Outbound | None = None,
        keep_session: bool = True,
    ) -> None:
        self._settings, self._client_id, self._will = settings, client_id, will
        self._subscriptions, self._keep_session = tuple(subscriptions), keep_session
        self._on_message, self._on_up, self._on_down = on_message, on_up, on_down
        self._on_published = on_published
        self._first_protocol = paho.MQTTv311 if settings.protocol == "3.1.1" else paho.MQTTv5
        self._protocol = self._first_protocol
        self._lock = threading.Lock()
        self._client: paho.Client | None = None
        self._up = threading.Event()
        self._stopping = threading.Event()
        self._generation = 0
        self._confirmed: deque[int] = deque()
        self._said_down = self._said_restless = False
        self._backoff = Backoff()
        #: The thread's last sign of life; ahead of the clock while a long silence is in order. Monotonic seconds.
        self.beat = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{client_id}", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the broker has taken us and our subscriptions."""
        return self._up.is_set()

    @property
    def alive(self) -> bool:
        """Whether the link's thread runs; a supervisor watches this."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def wait_up(self, timeout: float) -> bool:
        """Wait until connected; False when `timeout` seconds pass before."""
        return self._up.wait(timeout)

    def publish(self, message: Outbound) -> int | None:
        """Hand a message to the connection; None when there is none.

        The token comes back through `on_published` once the broker has it; a token that never comes back means
        that nobody knows, and the caller sends again (or lets it expire).
        """
        sent = self._hand_over(message)
        return sent[0] if sent else None

    def confirm(self, message: Inbound) -> None:
        """Tell the broker that `message` is safe. One of an older connection is left alone: it comes again."""
        generation, mid, qos = message.ticket
        with self._lock:
            if self._client is not None and generation == self._generation and qos > 0:
                self._client.ack(mid, qos)

    def stop(self, farewell: Outbound | None = None, timeout: float = 2.0) -> None:
        """Say `farewell` (retained availability, usually) and leave in order, so that no will is sent.

        A connection that is just being made is waited for: the farewell is for those who heard of us before.
        """
        if farewell is not None and self.alive:
            self._up.wait(timeout)
        sent = self._hand_over(farewell) if farewell is not None else None
        if sent is not None:
            with contextlib.suppress(RuntimeError, ValueError):  # the connection ended meanwhile: no farewell
                sent[1].wait_for_publish(timeout)
        self._stopping.set()
        with self._lock:
            if self._client is not None:
                self._client.disconnect()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def abandon(self) -> None:
        """Leave a thread that is stuck behind, without waiting: if it ever wakes it ends, and touches nothing."""
        self._stopping.set()
        self._up.clear()

    def _hand_over(self, message: Outbound) -> tuple[int, paho.MQTTMessageInfo] | None:
        with self._lock:
            client, generation = self._client, self._generation
            if client is None or not self._up.is_set():
                return None
        # Not under our lock: paho calls us back with locks of its own held, and takes them here.
        info = client.publish(
            message.topic, message.payload, message.qos, message.retain, self._expiry(message.expiry_s)
        )
        return (_token(generation, info.mid), info) if info.rc == paho.MQTT_ERR_SUCCESS else None

    def _run(self) -> None:
        while not self._stopping.is_set():
            was_up, began, tried = False, time.monotonic(), self._protocol
            try:
                was_up = self._live_once()
            except (OSError, ValueError) as error:
                self._say_down(f"{type(error).__name__}: {error}")
            except Exception:
                log.exception("the MQTT connection ended by a fault of ours; it is made anew")
            finally:
                self._drop()
            if was_up:
                # Anew from the better protocol: a broker may have been exchanged, or was only starting when it failed.
                self._protocol = self._first_protocol
            elif tried == paho.MQTTv5 and self._protocol == paho.MQTTv311:
                continue  # nothing is lost yet: an older broker is found without a pause
            pause = self._backoff.after(time.monotonic() - began if was_up else None)
            self.beat = time.monotonic() + pause
            if not self._stopping.wait(pause):
                self._say_restless()

    def _live_once(self) -> bool:
        """One connection, from its making to its end; returns whether the broker took us."""
        client = self._make_client()
        refused = threading.Event()
        client.on_connect = lambda _c, _u, _flags, reason, _p: self._connected(client, reason, refused)
        client.on_connect_fail = lambda _c, _u: None
        if self._settings.username is not None:
            password = self._settings.password
            client.username_pw_set(self._settings.username, password.get_secret_value() if password else None)
        if self._settings.tls:
            client.tls_set(ca_certs=str(self._settings.ca_file) if self._settings.ca_file else None)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, self._will.qos, self._will.retain)
        with self._lock:
            self._generation += 1
            self._client = client
        if self._protocol == paho.MQTTv5:
            options: dict[str, Any] = {"clean_start": not self._keep_session, "properties": self._session()}
        else:
            options = {}
        self.beat = time.monotonic() + CONNECT_S
        client.connect(self._settings.host, self._settings.port, self._settings.keepalive, **options)
        while not self._stopping.is_set():
            self.beat = time.monotonic()
            alive = client.loop(timeout=0.5) == paho.MQTT_ERR_SUCCESS
            self._tell_confirmed()
            if not alive:
                break
        else:
            if not self._up.is_set():
                client.disconnect()  # what `stop` said before the connection stood is lost
            client.loop(timeout=0.1)  # lets the DISCONNECT out
        was_up = self._up.is_set()
        if not was_up and not refused.is_set() and not self._stopping.is_set():
            self._try_other_protocol()
        return was_up

    def _make_client(self) -> paho.Client:
        known_311 = self._protocol == paho.MQTTv311
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=not self._keep_session if known_311 else None,
            protocol=self._protocol,
            manual_ack=True,
        )
        generation = self._generation + 1
        client.on_socket_open = _send_at_once
        # With this set, paho leaves all writing to its loop; else publishers write as well, and packets may mix.
        client.on_socket_register_write = lambda _c, _u, _sock: None
        client.on_message = lambda _c, _u, msg: self._received(generation, msg)
        client.on_publish = lambda _c, _u, mid, _r, _p: self._published(generation, mid)
        client.on_subscribe = lambda _c, _u, _mid, reasons, _p: self._subscribed(reasons)
        return client

    def _connected(self, client: paho.Client, reason: ReasonCode, refused: threading.Event) -> None:
        if reason.is_failure:
            if reason.getName() == "Unsupported protocol version" and self._settings.protocol == "auto":
                return  # the other one is tried next
            refused.set()
            self._say_down(f"the broker refused: {reason}")
            return
        if self._subscriptions:
            client.subscribe([(topic, self._subscribe_options()) for topic in self._subscriptions])
        else:
            self._came_up()

    def _subscribe_options(self) -> Any:
        return SubscribeOptions(qos=1) if self._protocol == paho.MQTTv5 else 1

    def _subscribed(self, reasons: Sequence[ReasonCode]) -> None:
        for topic, reason in zip(self._subscriptions, reasons, strict=False):
            if reason.is_failure:
                log.error("the broker refused the subscription to %s: %s", topic, reason)
        self._came_up()

    def _came_up(self) -> None:
        self._up.set()
        self._said_down = False
        version = "5" if self._protocol == paho.MQTTv5 else "3.1.1"
        log.info("connected to %s:%d, MQTT %s", self._settings.host, self._settings.port, version)
        self._guarded(self._on_up)

    def _received(self, generation: int, msg: paho.MQTTMessage) -> None:
        inbound = Inbound(msg.topic, bytes(msg.payload), msg.retain, (generation, msg.mid, msg.qos))
        self._guarded(lambda: self._on_message(inbound))

    def _published(self, generation: int, mid: int) -> None:
        # paho holds its message lock here; whoever is told must be free to publish, so it is told later.
        self._confirmed.append(_token(generation, mid))

    def _tell_confirmed(self) -> None:
        while self._confirmed:
            token = self._confirmed.popleft()
            self._guarded(lambda token=token: self._on_published(token))  # type: ignore[misc]

    def _drop(self) -> None:
        was_up = self._up.is_set()
        with self._lock:
            self._client = None
            self._up.clear()
        self._confirmed.clear()
        if was_up:
            if not self._stopping.is_set():
                self._say_down("the connection ended")
            self._guarded(self._on_down)

    def _try_other_protocol(self) -> None:
        if self._settings.protocol == "auto":
            self._protocol = paho.MQTTv311 if self._protocol == paho.MQTTv5 else paho.MQTTv5

    def _say_down(self, why: str) -> None:
        """Log a loss once; the return is logged by `_came_up`."""
        if not self._said_down:
            log.warning("no broker at %s:%d: %s; trying on", self._settings.host, self._settings.port, why)
            self._said_down = True

    def _say_restless(self) -> None:
        """Log once that the connection does not last, for as long as that is so."""
        if self._backoff.restless and not self._said_restless:
            log.error(
                "the connection of %s to %s:%d does not last; does another program sign in under this name?",
                self._client_id, self._settings.host, self._settings.port,
            )  # fmt: skip
        self._said_restless = self._backoff.restless

    def _session(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_S if self._keep_session else 0
        properties.ReceiveMaximum = AT_ONCE
        return properties

    def _expiry(self, seconds: int | None) -> Properties | None:
        if seconds is None or self._protocol != paho.MQTTv5:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = seconds
        return properties

    def _guarded(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:
            log.exception("a message handler failed; the connection goes on")


def _token(generation: int, mid: int) -> int:
    """Return a number that no other message under way has: message ids are unique within a connection."""
    return generation << 16 | mid


def _send_at_once(_client: paho.Client, _userdata: Any, sock: Any) -> None:
    """Without this the round trip waits for Nagle's algorithm: tens of milliseconds instead of one."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
