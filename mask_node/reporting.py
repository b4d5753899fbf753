"""What the node says of itself: health and availability, retained, every few seconds and on change; and its pulse."""

import threading
from collections.abc import Callable
from importlib.metadata import version

from mask_node.config import NodeConfig
from mask_node.keeping import Keeper
from mask_node.outbox import Outbox
from mask_node.pictures import Pictures
from mask_node.relay import Relay
from mask_node.seeing import Eyes
from mask_node.vitals import DetectorState, Vitals, temperature_c
from maskgate.clock import Clock
from maskgate.messages import Availability, Dropped, NodeHealth, NodePulse, encode
from maskgate.mqtt import Outbound
from maskgate.topics import NODE_AVAILABILITY, NODE_HEALTH, NODE_PULSE, NODE_RELAY

Publish = Callable[[Outbound], int | None]

#: So often the hub is told that the thread that tells lives, in seconds.
PULSE_EVERY_S = 1.0


class Reporter:
    """`turn` belongs to one thread; the rest may be called from any."""

    def __init__(
        self, config: NodeConfig, *, eyes: Eyes, outbox: Outbox, keeper: Keeper, pictures: Pictures,
        vitals: Vitals, relay: Relay | None, clock: Clock,
    ) -> None:  # fmt: skip
        self._config, self._eyes, self._outbox, self._clock = config, eyes, outbox, clock
        self._keeper, self._pictures, self._vitals, self._relay = keeper, pictures, vitals, relay
        root, me = config.mqtt.root, config.id
        self._health, self._availability = NODE_HEALTH.path(root, node=me), NODE_AVAILABILITY.path(root, node=me)
        self._feedback, self._pulse = NODE_RELAY.path(root, node=me), NODE_PULSE.path(root, node=me)
        self._again = threading.Event()
        self._due = self._pulse_due = 0.0
        self._told_of: tuple[object, ...] = ()
        self._unsent = 0
        #: Counted and named by whoever watches over the threads.
        self.restarts: Callable[[], int] = lambda: 0
        self.faults: Callable[[], tuple[str, ...]] = lambda: ()

    @property
    def changed(self) -> bool:
        """Whether something is otherwise than it was told last."""
        return self._condition() != self._told_of

    def said(self, word: Availability) -> Outbound:
        """Return the availability as a message."""
        return Outbound(self._availability, word.value.encode(), retain=True)

    def say_again(self) -> None:
        """The connection is new: all is to be said at the next turn."""
        self._again.set()

    def turn(self, publish: Publish) -> float:
        """Tell how the node is, when that is due or has changed; return the seconds until it is due."""
        now, condition = self._clock.monotonic(), self._condition()
        again = self._again.is_set()
        self._again.clear()
        if again or now >= self._due or condition != self._told_of:
            self._due, self._told_of = now + self._config.health_every, condition
            sent = publish(Outbound(self._health, encode(self.health()), retain=True))
            # Said again each time: a late will of an older connection must not stand.
            sent = sent and publish(self.said(Availability.ONLINE))
            if self._relay is not None:
                publish(Outbound(self._feedback, encode(self._relay.feedback)))
            self._unsent += sent is None
        if now >= self._pulse_due:
            self._pulse_due = now + PULSE_EVERY_S
            publish(Outbound(self._pulse, encode(NodePulse(at=self._clock.now())), qos=0))
        return min(self._due, self._pulse_due) - now

    def health(self) -> NodeHealth:
        """How the node is now."""
        now = self._clock.monotonic()
        return NodeHealth(
            node=self._config.id,
            at=self._clock.now(),
            version=version("maskgate"),
            camera=self._eyes.camera,
            camera_trouble=self._eyes.trouble,
            detector=self._detector,
            model=self._eyes.model_id[:200],
            fps=round(self._vitals.fps(now), 2),
            latency_ms=self._vitals.latency(now),
            stages=self._vitals.stages(now),
            temperature_c=temperature_c(),
            memory_mb=self._vitals.memory_mb(),
            outbox=self._outbox.depth,
            storage=self._outbox.storage,
            dropped=Dropped(
                telemetry=self._unsent + self._pictures.dropped, verdicts=self._outbox.dropped + self._keeper.lost
            ),
            enabled=self._eyes.enabled.is_set(),
            people=self._eyes.people,
            hardware=self._eyes.hardware[:60],
            restarts=self.restarts(),
            faults=self.faults(),
        )

    @property
    def _detector(self) -> DetectorState:
        return "failed" if self._eyes.stuck else self._vitals.detector

    def _condition(self) -> tuple[object, ...]:
        relay = self._relay.measured if self._relay is not None else None
        return (
            self._eyes.camera, self._eyes.trouble, self._detector, self._eyes.enabled.is_set(),
            self._eyes.hardware, self._eyes.people > 0,
            self._outbox.storage, self.faults(), self.restarts(), relay,
        )  # fmt: skip
