"""What each command does."""

import logging
from collections.abc import Callable
from typing import Any

from mask_node.commands import Order, Orders
from mask_node.config import NodeConfig
from mask_node.keeping import Keeper
from mask_node.lamp import Lamp
from mask_node.relay import Relay
from mask_node.seeing import Eyes
from maskgate import topics
from maskgate.messages import LockAction, NodeCommand, SetEnable, SetLogLevel, SetRelay
from maskgate.topics import Topic

log = logging.getLogger(__name__)


def orders_of(
    config: NodeConfig, *, eyes: Eyes, keeper: Keeper, lamp: Lamp, relay: Relay | None, restart: Callable[[], None]
) -> Orders:
    """Return what obeys, by topic. All of it is quick: it runs in the link's thread."""

    def enable(command: SetEnable) -> None:
        log.warning("told to %s", "look" if command.enabled else "rest")
        if command.enabled:
            eyes.enabled.set()
        else:
            eyes.enabled.clear()

    def identify(_command: NodeCommand) -> None:
        log.warning("asked to be seen: this is %s", config.id)
        lamp.blink()

    def snapshot(command: NodeCommand) -> None:
        if config.evidence.snapshot:
            keeper.ask(command.id)
        else:
            log.warning("no picture is taken: evidence.snapshot is off in the configuration")

    def begin_anew(_command: NodeCommand) -> None:
        log.warning("told to begin anew")
        restart()

    def set_log_level(command: SetLogLevel) -> None:
        log.warning("told to log from %s on", command.level)
        logging.getLogger().setLevel(command.level.upper())

    def set_relay(command: SetRelay) -> None:
        if relay is not None:
            relay.told(LockAction(command.action), command.id)
        else:
            log.warning("told to move a relay, and the configuration has none")

    orders: dict[Topic, Order[Any]] = {
        topics.NODE_SET_ENABLE: Order(SetEnable, enable),
        topics.NODE_SET_IDENTIFY: Order(NodeCommand, identify),
        topics.NODE_SET_SNAPSHOT: Order(NodeCommand, snapshot),
        topics.NODE_SET_RESTART: Order(NodeCommand, begin_anew),
        topics.NODE_SET_LOG_LEVEL: Order(SetLogLevel, set_log_level),
        topics.NODE_SET_RELAY: Order(SetRelay, set_relay),
    }
    return {topic.path(config.mqtt.root, node=config.id): order for topic, order in orders.items()}
