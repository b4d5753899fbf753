"""`hub.yaml`: the broker, the store, the doors, who is told, the pages. Reading order: policy, locks, web, site."""

from hub.config.locks import HomeAssistantLock, Lock, MqttLock, NodeLock, TopicName
from hub.config.logs import Logs
from hub.config.policy import (
    DoorPolicy,
    Group,
    Holidays,
    Repeat,
    SafeState,
    SafeStates,
    TimeRule,
    UncertainRule,
)
from hub.config.site import Door, HomeAssistant, HubConfig, Notices, Recipient, Retention
from hub.config.web import Tls, Web

__all__ = [
    "Door",
    "DoorPolicy",
    "Group",
    "Holidays",
    "HomeAssistant",
    "HomeAssistantLock",
    "HubConfig",
    "Lock",
    "Logs",
    "MqttLock",
    "NodeLock",
    "Notices",
    "Recipient",
    "Repeat",
    "Retention",
    "SafeState",
    "SafeStates",
    "TimeRule",
    "Tls",
    "TopicName",
    "UncertainRule",
    "Web",
]  # fmt: skip
