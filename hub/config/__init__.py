"""`hub.yaml`: the broker, the store, the doors, who is told, the pages. Reading order: policy, locks, site."""

from hub.config.locks import HomeAssistantLock, Lock, MqttLock, NodeLock, TopicName
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
from hub.config.site import Door, HomeAssistant, HubConfig, Notices, Recipient, Retention, Web

__all__ = [
    "Door", "DoorPolicy", "Group", "Holidays", "HomeAssistant", "HomeAssistantLock", "HubConfig", "Lock",
    "MqttLock", "NodeLock", "Notices", "Recipient",
       "Repeat", "Retention", "SafeState", "SafeStates", "TimeRule", "TopicName", "UncertainRule", "Web",
]  # fmt: skip
