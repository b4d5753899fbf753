"""The payloads of every topic. Reading order: base, node, hub, door.

A reader ignores fields it does not know (a newer node may talk to an older hub) and refuses a payload without
`"v": 1`; see `decode`.
"""

from maskgate.messages.base import Flaw, Message, MessageError, Timestamp, decode, encode
from maskgate.messages.door import (
    Acknowledge,
    Contact,
    Counters,
    Decision,
    Display,
    DisplayKind,
    DoorCommand,
    DoorState,
    Emergency,
    Entry,
    EventType,
    Feedback,
    Language,
    LockAction,
    LockOrder,
    LockState,
    Mode,
    Override,
    SetLock,
    SetMode,
    SetSound,
    SetTimes,
    ShowMessage,
    Sound,
    TestDenial,
    Times,
    Words,
)
from maskgate.messages.hub import HubHealth, HubPulse
from maskgate.messages.node import (
    Ack,
    AskNode,
    Availability,
    CameraState,
    CameraTrouble,
    Dropped,
    Latency,
    LogLevel,
    NodeCommand,
    NodeHealth,
    NodePulse,
    NodeWish,
    Passage,
    PassageRef,
    SetEnable,
    SetLogLevel,
    SetRelay,
    VerdictReason,
)

__all__ = [
    "Ack", "Acknowledge", "AskNode", "Availability", "CameraState", "CameraTrouble", "Contact", "Counters",
    "Decision", "Display", "DisplayKind", "DoorCommand", "DoorState", "Dropped", "Emergency", "Entry", "EventType",
    "Feedback", "Flaw", "HubHealth", "HubPulse", "Language", "Latency", "LockAction", "LockOrder", "LockState",
    "LogLevel", "Message", "MessageError", "Mode", "NodeCommand", "NodeHealth", "NodePulse", "NodeWish", "Override",
    "Passage", "PassageRef", "SetEnable", "SetLock", "SetLogLevel", "SetMode", "SetRelay", "SetSound", "SetTimes",
    "ShowMessage", "Sound", "TestDenial", "Times", "Timestamp", "VerdictReason", "Words", "decode", "encode",
]  # fmt: skip
