"""One connection after another, in a thread of its own.

Why not paho's own loop: its memory of unsent messages is lost with the process and unbounded, an exception in a
callback ends its thread unseen, and its client cannot change the protocol. So each connection gets a fresh client;
what must not be lost lives in the callers' outboxes, which publish again whatever was not confirmed.
"""

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from maskgate.backoff import Backoff
from maskgate.config import MqttSettings
from maskgate.mqtt.message import Inbound, Outbound, token
from maskgate.mqtt.protocol import Protocol
from maskgate.mqtt.trouble import Trouble

log = logging.getLogger(__name__)

#: Finding the broker's address may take so long, in seconds: it blocks, and is no sign that the thread is stuck.
CONNECT_S = 45.0
#: How soon it is asked again whether a connection may be made, in seconds.
NOT_NOW_S = 0.1


class Link:
    """One account's connection: connects, reconnects with back-off, subscribes anew every time.

    Callbacks run in the link's own thread and must be short; what one raises is logged and harms nothing else.
    A message is confirmed to the broker only by `confirm`, so that it comes again if the program dies before.

    as_published: those of the subscriptions whose messages keep the retain flag of their sender (MQTT 5). Without it a
    broker clears the flag of what comes while we listen, so that what was retained looks like a word said once.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        client_id: str,
        subscriptions: Sequence[str],
        as_published: Collection[str] = (),
        on_message: Callable[[Inbound], None],
        on_up: Callable[[], None] = lambda: None,
        on_down: Callable[[], None] = lambda: None,
        on_published: Callable[[int], None] = lambda _token: None,
        will: Outbound | None = None,
        will_delay_s: int = 0,
        keep_session: bool = True,
        shared: Sequence[str] = (),
        group: str = "maskgate",
        allowed: Callable[[], bool] = lambda: True,
    ) -> None:
        """`shared` is what the clients of one `group` share out among them; where the broker cannot, each hears all.

        `allowed` is asked before each connection is made. `will_delay_s`: how long a broker that speaks MQTT 5 waits
        for us, or for another under our id, before it sends the will.
        """
        self._settings, self._client_id, self._will = settings, client_id, will
        self._subscriptions, self._as_published = tuple(subscriptions), frozenset(as_published)
        self._shared, self._group, self._allowed, self._will_delay_s = tuple(shared), group, allowed, will_delay_s
        self._asked: list[str] = []  # the filters of the subscription under way
        self._keep_session = keep_session
        self._on_message, self._on_up, self._on_down = on_message, on_up, on_down
        self._on_published = on_published
        self._protocol = Protocol(settings.protocol)
        self._trouble = Trouble(f"{settings.host}:{settings.port}", client_id)
        self._lock = threading.Lock()
        self._client: paho.Client | None = None
        self._up = threading.Event()
        self._stopping = threading.Event()
        self._generation = 0
        self._confirmed: deque[int] = deque()
        self._backoff = Backoff()
        #: The thread's last sign of life; ahead of the clock while a long silence is in order. Monotonic seconds.
        self.beat = time.monotonic()
        #: When the certificate ends that the broker showed last; None without TLS.
        self.certificate_ends: datetime | None = None
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
            message.topic, message.payload, message.qos, message.retain, self._protocol.expiry(message.expiry_s)
        )
        return (token(generation, info.mid), info) if info.rc == paho.MQTT_ERR_SUCCESS else None

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._allowed():
                self.beat = time.monotonic()
                self._stopping.wait(NOT_NOW_S)
                continue
            was_up, other, began = False, False, time.monotonic()
            try:
                was_up, other = self._live_once()
            except (OSError, ValueError) as error:
                self._trouble.down(f"{type(error).__name__}: {error}")
            except Exception:
                log.exception("the MQTT connection ended by a fault of ours; it is made anew")
            finally:
                self._drop()
            if was_up:
                self._protocol.begin_again()
            elif other:
                continue  # nothing is lost yet: an older broker is found without a pause
            pause = self._backoff.after(time.monotonic() - began if was_up else None)
            self.beat = time.monotonic() + pause
            if not self._stopping.wait(pause):
                self._trouble.restless(now=self._backoff.restless)

    def _live_once(self) -> tuple[bool, bool]:
        """One connection, from its making to its end.

        Returns whether the broker took us, and whether it is worth trying the other protocol at once.
        """
        client = self._make_client()
        refused = threading.Event()
        client.on_connect = lambda _c, _u, _flags, reason, told: self._connected(client, reason, told, refused)
        client.on_connect_fail = lambda _c, _u: None
        if self._settings.username is not None:
            password = self._settings.password
            client.username_pw_set(self._settings.username, password.get_secret_value() if password else None)
        if self._settings.tls:
            client.tls_set(ca_certs=str(self._settings.ca_file) if self._settings.ca_file else None)
        if self._will is not None:
            client.will_set(
                self._will.topic,
                self._will.payload,
                self._will.qos,
                self._will.retain,
                self._protocol.will(self._will_delay_s),
            )
        with self._lock:
            self._generation += 1
            self._client = client
        options = self._protocol.connect_options(keep_session=self._keep_session)
        self.beat = time.monotonic() + CONNECT_S
        client.connect(self._settings.host, self._settings.port, self._settings.keepalive, **options)
        self.certificate_ends, began = _certificate_ends(client), time.monotonic()
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
        # A broker that says nothing at all hangs; in another language it would say no more.
        silent = time.monotonic() - began >= self._settings.keepalive
        hung_up = not was_up and not refused.is_set() and not silent and not self._stopping.is_set()
        return was_up, hung_up and self._protocol.try_other()

    def _make_client(self) -> paho.Client:
        client = self._protocol.client(self._client_id, keep_session=self._keep_session)
        generation = self._generation + 1
        client.on_socket_open = _send_at_once
        # With this set, paho leaves all writing to its loop; else publishers write as well, and packets may mix.
        client.on_socket_register_write = lambda _c, _u, _sock: None
        client.on_message = lambda _c, _u, msg: self._received(generation, msg)
        client.on_publish = lambda _c, _u, mid, _r, _p: self._published(generation, mid)
        client.on_subscribe = lambda _c, _u, _mid, reasons, _p: self._subscribed(client, reasons)
        return client

    def _connected(
        self, client: paho.Client, reason: ReasonCode, told: Properties | None, refused: threading.Event
    ) -> None:
        if reason.is_failure:
            if self._protocol.is_not_spoken(reason.getName()):
                return  # the other one is tried next
            refused.set()
            self._trouble.down(f"the broker refused: {reason}")
            return
        shares = self._protocol.five and getattr(told, "SharedSubscriptionAvailable", 1) != 0
        self._subscribe(client, f"$share/{self._group}/" if shares else "")

    def _subscribe(self, client: paho.Client, share: str) -> None:
        self._asked = [share + topic for topic in self._shared] + list(self._subscriptions)
        if self._asked:
            as_published = self._as_published | {share + topic for topic in self._as_published}
            client.subscribe(self._protocol.subscription(self._asked, as_published))
        else:
            self._came_up()

    def _subscribed(self, client: paho.Client, reasons: Sequence[ReasonCode]) -> None:
        failed = [topic for topic, reason in zip(self._asked, reasons, strict=False) if reason.is_failure]
        if any(topic.startswith("$share/") for topic in failed):
            log.warning("the broker shares out no subscriptions; every hub hears everything")
            self._subscribe(client, "")
            return
        for topic in failed:
            log.error("the broker refused the subscription to %s", topic)
        self._came_up()

    def _came_up(self) -> None:
        self._up.set()
        self._trouble.over(self._protocol.name)
        self._guarded(self._on_up)

    def _received(self, generation: int, msg: paho.MQTTMessage) -> None:
        inbound = Inbound(msg.topic, bytes(msg.payload), msg.retain, (generation, msg.mid, msg.qos))
        self._guarded(lambda: self._on_message(inbound))

    def _published(self, generation: int, mid: int) -> None:
        # paho holds its message lock here; whoever is told must be free to publish, so it is told later.
        self._confirmed.append(token(generation, mid))

    def _tell_confirmed(self) -> None:
        while self._confirmed:
            one = self._confirmed.popleft()
            self._guarded(lambda one=one: self._on_published(one))  # type: ignore[misc]

    def _drop(self) -> None:
        was_up = self._up.is_set()
        with self._lock:
            self._client = None
            self._up.clear()
        self._confirmed.clear()
        if was_up:
            if not self._stopping.is_set():
                self._trouble.down("the connection ended")
            self._guarded(self._on_down)

    def _guarded(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:
            log.exception("a message handler failed; the connection goes on")


def _certificate_ends(client: paho.Client) -> datetime | None:
    shown = client.socket()
    certificate = shown.getpeercert() if isinstance(shown, ssl.SSLSocket) else None
    ends = (certificate or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def _send_at_once(_client: paho.Client, _userdata: Any, sock: Any) -> None:
    """Without this the round trip waits for Nagle's algorithm: tens of milliseconds instead of one."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
