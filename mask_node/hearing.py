"""What comes in over the line: acknowledgements, words of the hub, the state of the door, commands."""

import logging
from collections.abc import Callable

from pydantic import TypeAdapter, ValidationError

from mask_node.commands import Obedience, Orders
from mask_node.config import NodeConfig
from mask_node.fallback import Policy
from mask_node.outbox import Outbox
from mask_node.relay import Relay
from mask_node.telling import Teller
from maskgate.clock import Clock
from maskgate.messages import Ack, Availability, DoorState, MessageError, decode
from maskgate.mqtt import Inbound
from maskgate.topics import DOOR_STATE, HUB_AVAILABILITY, HUB_PULSE, NODE_ACK

log = logging.getLogger(__name__)

_KEY = "policy"
_POLICY = TypeAdapter(Policy)


class Ears:
    """Hears in the link's thread, and is quick. orders: what obeys, by topic."""

    def __init__(
        self, config: NodeConfig, *, teller: Teller, outbox: Outbox, relay: Relay | None, orders: Orders, clock: Clock
    ) -> None:
        root = config.mqtt.root
        self._teller, self._outbox, self._relay, self._orders, self._clock = teller, outbox, relay, orders, clock
        self._obedience = Obedience(outbox)
        self._by_topic: dict[str, Callable[[Inbound], None]] = {
            NODE_ACK.path(root, node=config.id): self._acknowledged,
            HUB_AVAILABILITY.path(root): self._hub_said,
            **dict.fromkeys(orders, self._ordered),
        }
        if config.relay is not None:
            self._by_topic[HUB_PULSE.path(root)] = self._hub_decides
            if config.relay.door is not None:
                self._by_topic[DOOR_STATE.path(root, door=config.relay.door)] = self._door_said

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What a link must bring."""
        return tuple(self._by_topic)

    @property
    def never_retained(self) -> tuple[str, ...]:
        """Those of them whose messages are not obeyed when their sender had them retained."""
        return tuple(self._orders)

    def remember(self) -> None:
        """Take up the policy that was known before the restart."""
        kept = self._outbox.noted(_KEY)
        if kept is None or self._relay is None:
            return
        try:
            self._relay.policy = _POLICY.validate_json(kept)
        except ValidationError:  # of another version, or damaged
            log.warning("the policy kept over the restart is not understood; alone the door goes to its safe state")

    def hear(self, message: Inbound) -> None:
        """Do what a message asks. What is not understood is said in the log and harms nothing."""
        heed = self._by_topic.get(message.topic)
        if heed is None:
            return  # a broker keeps the subscriptions of an earlier program of this name
        try:
            heed(message)
        except MessageError as error:
            log.warning("a message on %s is not understood: %s", message.topic, error)

    def _acknowledged(self, message: Inbound) -> None:
        self._teller.acknowledged(decode(message.payload, Ack).stored)

    def _hub_said(self, message: Inbound) -> None:
        if message.payload == Availability.ONLINE.value.encode():
            # What a new subscription is handed (retained) is no news: a new link replays by itself.
            if not message.retain:
                self._teller.replay()
            self._teller.hub_is_there()
            if self._relay is not None:
                self._relay.found()
        elif self._relay is not None:
            self._relay.lost()

    def _door_said(self, message: Inbound) -> None:
        if self._relay is None:
            return
        policy = Policy.of(decode(message.payload, DoorState))
        if policy != self._relay.policy:
            self._relay.policy = policy
            self._outbox.note(_KEY, _POLICY.dump_json(policy).decode())

    def _ordered(self, message: Inbound) -> None:
        self._orders[message.topic].follow(message, self._obedience, self._clock.now())

    def _hub_decides(self, message: Inbound) -> None:
        """What else the hub sends may have been decided long before, and is no sign of its life."""
        if self._relay is not None and not message.retain:
            self._relay.heard()
