"""The catalogue of topics: each is declared here once, and everything else is derived from it.

Code builds and reads topics with it; `maskgate topics` prints it as a table, an AsyncAPI document or a broker's
access list.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from maskgate import messages as m

DEFAULT_ROOT = "maskgate"
DEFAULT_DISCOVERY = "homeassistant"


class Role(StrEnum):
    """Who speaks and listens; each is one kind of account at the broker."""

    NODE = "node"
    HUB = "hub"
    ACTUATOR = "actuator"  # a lock, a relay, a door contact
    CONTROLLER = "controller"  # Home Assistant, dashboards, displays


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of topic. Places to fill stand in braces; `{root}` (or `{discovery}`) comes first."""

    name: str
    template: str
    sender: Role
    readers: tuple[Role, ...]
    payload: type[m.Message] | type[m.Availability] | type[bytes]
    summary: str
    retain: bool = False
    will: bool = False
    expiry_s: int | None = None
    qos: int = 1
    also_from: tuple[Role, ...] = ()  # further senders

    @property
    def fields(self) -> tuple[str, ...]:
        """The places to fill, in order."""
        return tuple(re.findall(r"{(\w+)}", self.template))

    def path(self, root: str, **ids: str) -> str:
        """Return the topic for these ids; raises `KeyError` for a missing one."""
        return self.template.format_map({self.fields[0]: root, **ids})

    def filter(self, root: str, **ids: str) -> str:
        """Return the subscription filter: ids that are not given become `+`."""
        return self.path(root, **{field: ids.get(field, "+") for field in self.fields[1:]})

    def match(self, root: str, topic: str) -> dict[str, str] | None:
        """Return the ids in a concrete topic, or None when it is not of this kind."""
        parts, wanted = topic.split("/"), self.filter(root).split("/")
        shape = self.path(root, **{field: f"{{{field}}}" for field in self.fields[1:]}).split("/")
        if len(parts) != len(shape):
            return None
        ids = {}
        for part, want, place in zip(parts, wanted, shape, strict=True):
            if want == "+":
                ids[place[1:-1]] = part
            elif part != want:
                return None
        return ids


NODE_AVAILABILITY = Topic(
    "node_availability",
    "{root}/node/{node}/availability",
    Role.NODE,
    (Role.HUB, Role.CONTROLLER),
    m.Availability,
    "whether the node is there; an orderly stop is `stopped`",
    retain=True,
    will=True,
)
NODE_HEALTH = Topic(
    "node_health",
    "{root}/node/{node}/health",
    Role.NODE,
    (Role.HUB, Role.CONTROLLER),
    m.NodeHealth,
    "how the node is, every 10 s and on change",
    retain=True,
)
NODE_PULSE = Topic(
    "node_pulse",
    "{root}/node/{node}/pulse",
    Role.NODE,
    (Role.HUB,),
    m.NodePulse,
    "the node lives, about once a second; without it the hub takes it for gone, before the broker notices",
    qos=0,
)
NODE_PASSAGE = Topic(
    "node_passage",
    "{root}/node/{node}/passage",
    Role.NODE,
    (Role.HUB,),
    m.Passage,
    "a verdict about one person's passage, or its revision",
)
NODE_EVIDENCE = Topic(
    "node_evidence",
    "{root}/node/{node}/evidence/{passage}",
    Role.NODE,
    (Role.HUB,),
    bytes,
    "a JPEG, only where the site opted in; faces blurred unless opted in again",
)
NODE_ACK = Topic(
    "node_ack",
    "{root}/node/{node}/ack",
    Role.HUB,
    (Role.NODE,),
    m.Ack,
    "verdicts safely stored: the node's outbox lets go of them",
)
NODE_SET_ENABLE = Topic(
    "node_set_enable",
    "{root}/node/{node}/set/enable",
    Role.HUB,
    (Role.NODE,),
    m.SetEnable,
    "look, or rest",
    expiry_s=10,
)
NODE_SET_SNAPSHOT = Topic(
    "node_set_snapshot",
    "{root}/node/{node}/set/snapshot",
    Role.HUB,
    (Role.NODE,),
    m.NodeCommand,
    "send one picture, only where the site opted in",
    expiry_s=10,
)
NODE_SET_IDENTIFY = Topic(
    "node_set_identify",
    "{root}/node/{node}/set/identify",
    Role.HUB,
    (Role.NODE,),
    m.NodeCommand,
    "make yourself seen or heard",
    expiry_s=10,
)
NODE_SET_RELAY = Topic(
    "node_set_relay",
    "{root}/node/{node}/set/relay",
    Role.HUB,
    (Role.NODE,),
    m.SetRelay,
    "move the relay on the board",
    expiry_s=5,
)
NODE_SET_RESTART = Topic(
    "node_set_restart",
    "{root}/node/{node}/set/restart",
    Role.HUB,
    (Role.NODE,),
    m.NodeCommand,
    "start again",
    expiry_s=10,
)
NODE_SET_LOG_LEVEL = Topic(
    "node_set_log_level",
    "{root}/node/{node}/set/log_level",
    Role.HUB,
    (Role.NODE,),
    m.SetLogLevel,
    "write more or less into the log",
    expiry_s=10,
)
NODE_ASK = Topic(
    "node_ask",
    "{root}/node/{node}/ask",
    Role.CONTROLLER,
    (Role.HUB,),
    m.AskNode,
    "what a person asks of a node; the hub commands it",
)
NODE_PICTURE = Topic(
    "node_picture",
    "{root}/node/{node}/picture",
    Role.HUB,
    (Role.CONTROLLER,),
    bytes,
    "the last snapshot, a JPEG, only where the site opted in; sent again when somebody comes to look",
)
NODE_RELAY = Topic(
    "node_relay",
    "{root}/node/{node}/relay",
    Role.NODE,
    (Role.HUB,),
    m.Feedback,
    "the relay on the board as measured, on change and every 10 s",
)
HUB_AVAILABILITY = Topic(
    "hub_availability",
    "{root}/hub/availability",
    Role.HUB,
    (Role.NODE, Role.CONTROLLER, Role.ACTUATOR),
    m.Availability,
    "whether the hub is there",
    retain=True,
    will=True,
)
HUB_HEALTH = Topic(
    "hub_health",
    "{root}/hub/health",
    Role.HUB,
    (Role.CONTROLLER,),
    m.HubHealth,
    "how the hub is, every 10 s and on change",
    retain=True,
)
HUB_PULSE = Topic(
    "hub_pulse",
    "{root}/hub/pulse",
    Role.HUB,
    (Role.NODE, Role.CONTROLLER, Role.ACTUATOR),
    m.HubPulse,
    "the doors are decided on, about once a second; what moves a lock by itself goes to its safe state without it",
    qos=0,
)
DOOR_STATE = Topic(
    "door_state",
    "{root}/door/{door}/state",
    Role.HUB,
    (Role.NODE, Role.CONTROLLER, Role.ACTUATOR),
    m.DoorState,
    "mode, lock as measured, last decision, until, counters",
    retain=True,
)
DOOR_DECISION = Topic(
    "door_decision",
    "{root}/door/{door}/decision",
    Role.HUB,
    (Role.CONTROLLER,),
    m.Decision,
    "one per decision, for dashboards and automations",
)
DOOR_DISPLAY = Topic(
    "door_display",
    "{root}/door/{door}/display",
    Role.HUB,
    (Role.CONTROLLER,),
    m.Display,
    "what a display shows",
    retain=True,
)
DOOR_LOCK = Topic(
    "door_lock",
    "{root}/door/{door}/lock",
    Role.HUB,
    (Role.CONTROLLER, Role.ACTUATOR),
    m.LockOrder,
    "move the lock; where Home Assistant or a device of ours owns it (`driver: homeassistant`)",
    expiry_s=5,
)
DOOR_SET_LOCK = Topic(
    "door_set_lock",
    "{root}/door/{door}/set/lock",
    Role.CONTROLLER,
    (Role.HUB,),
    m.SetLock,
    "lock or unlock by hand",
)
DOOR_SET_MODE = Topic(
    "door_set_mode",
    "{root}/door/{door}/set/mode",
    Role.CONTROLLER,
    (Role.HUB,),
    m.SetMode,
    "off, soft or hard",
)
DOOR_SET_MESSAGE = Topic(
    "door_set_message",
    "{root}/door/{door}/set/message",
    Role.CONTROLLER,
    (Role.HUB,),
    m.ShowMessage,
    "words for the displays",
)
DOOR_SET_ACKNOWLEDGE = Topic(
    "door_set_acknowledge",
    "{root}/door/{door}/set/acknowledge",
    Role.CONTROLLER,
    (Role.HUB,),
    m.Acknowledge,
    "somebody has seen the problem",
)
DOOR_SET_OVERRIDE = Topic(
    "door_set_override",
    "{root}/door/{door}/set/override",
    Role.CONTROLLER,
    (Role.HUB,),
    m.Override,
    "hold the entry open or shut for a while, with a reason",
)
DOOR_SET_EMERGENCY = Topic(
    "door_set_emergency",
    "{root}/door/{door}/set/emergency",
    Role.CONTROLLER,
    (Role.HUB,),
    m.Emergency,
    "release the entry until reset",
)
DOOR_SET_TIMES = Topic(
    "door_set_times",
    "{root}/door/{door}/set/times",
    Role.CONTROLLER,
    (Role.HUB,),
    m.SetTimes,
    "how long the entry stands against its rule",
)
DOOR_SET_SOUND = Topic(
    "door_set_sound",
    "{root}/door/{door}/set/sound",
    Role.CONTROLLER,
    (Role.HUB,),
    m.SetSound,
    "sound the displays, or silence them",
)
DOOR_SET_TEST = Topic(
    "door_set_test",
    "{root}/door/{door}/set/test",
    Role.CONTROLLER,
    (Role.HUB,),
    m.TestDenial,
    "show a denial that is none",
)
DOOR_PICTURE = Topic(
    "door_picture",
    "{root}/door/{door}/picture",
    Role.HUB,
    (Role.CONTROLLER,),
    bytes,
    "the last denial's JPEG, only where the site opted in; sent again when somebody comes to look",
)
DOOR_FEEDBACK = Topic(
    "door_feedback",
    "{root}/door/{door}/feedback",
    Role.ACTUATOR,
    (Role.HUB,),
    m.Feedback,
    "lock and door contact as measured",
    also_from=(Role.CONTROLLER,),  # of a lock that Home Assistant owns
)
DISCOVERY = Topic(
    "discovery",
    "{discovery}/device/{device}/config",
    Role.HUB,
    (Role.CONTROLLER,),
    bytes,
    "Home Assistant's device discovery, in its own format",
    retain=True,
)
BIRTH = Topic(
    "birth", "{discovery}/status", Role.CONTROLLER, (Role.HUB,),
    bytes, "Home Assistant's `online` and `offline`; `online` is answered with discovery, states, availability",
)  # fmt: skip

CATALOGUE: tuple[Topic, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Topic))


def of_role(role: Role) -> Iterator[tuple[Topic, bool]]:
    """Yield the topics a role has to do with, with True where it is the sender."""
    for topic in CATALOGUE:
        if topic.sender is role or role in topic.also_from:
            yield topic, True
        elif role in topic.readers:
            yield topic, False
