"""`hub.yaml`: the broker, the store, the doors, who is told, the pages. Reading order: policy, locks, notices, site."""

from hub.config.locks import HomeAssistantLock, Lock, MqttLock, NodeLock, TopicName
from hub.config.notices import Escalation, Language, Notices, QuietHours, Recipient
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
from hub.config.site import Door, HomeAssistant, HubConfig, Retention, Web

__all__ = [
    "Door", "DoorPolicy", "Escalation", "Group", "Holidays", "HomeAssistant", "HomeAssistantLock", "HubConfig",
    "Language", "Lock", "MqttLock", "NodeLock", "Notices", "QuietHours", "Recipient", "Repeat", "Retention",
    "SafeState", "SafeStates", "TimeRule", "TopicName", "UncertainRule", "Web",
]  # fmt: skip
