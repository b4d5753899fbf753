"""`hub.yaml`: broker, store, doors, who is told, pages. Reading order: policy, locks, notices, logs, web, site."""

from hub.config.locks import HomeAssistantLock, Lock, MqttLock, NodeLock, TopicName
from hub.config.logs import Logs
from hub.config.notices import Escalation, Notices, QuietHours, Recipient
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
from hub.config.site import Door, HomeAssistant, HubConfig, Retention
from hub.config.web import Tls, Web

__all__ = [
    "Door", "DoorPolicy", "Escalation", "Group", "Holidays", "HomeAssistant", "HomeAssistantLock", "HubConfig",
    "Lock", "Logs", "MqttLock", "NodeLock", "Notices", "QuietHours", "Recipient", "Repeat", "Retention",
    "SafeState", "SafeStates", "TimeRule", "Tls", "TopicName", "UncertainRule", "Web",
]  # fmt: skip
