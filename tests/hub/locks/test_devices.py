"""Each preset on the wire: a device that behaves as its maker documents it, a real broker, a real hub, one line."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.config import HubConfig
from hub.config.presets import Preset
from hub.core import Core
from hub.store import open_store
from maskgate.demo.broker import Broker, available
from maskgate.messages import DoorState, decode
from maskgate.mqtt import Inbound
from tests.hub.core.conftest import Friend, make_config, make_core, passage, until

pytestmark = pytest.mark.parametrize("broker", [available()[0]], indirect=True)


Hears = Callable[[str], bool | None]


@dataclass(frozen=True)
class Kind:
    """How a device hears (whether it is to let people in; None: not understood), and what it says then."""

    name: str
    listens: str
    hears: Hears
    says: tuple[tuple[str, str, str], ...]  # on which topic, once it lets in, once it does not
    retains: bool = False
    repeats: bool = True  # says so even where it stands so already


def word(unlock: str, lock: str) -> Hears:
    return {unlock: True, lock: False}.get


def key(name: str, unlock: str, lock: str) -> Hears:
    return lambda payload: {unlock: True, lock: False}.get(json.loads(payload)[name])


def shelly_call(payload: str) -> bool | None:
    call = json.loads(payload)
    return bool(call["params"]["on"]) if call["method"] == "Switch.Set" and call["id"] and call["src"] else None


Z2M, SHELLY, LOCK, SWITCH = "zigbee2mqtt/door", "shellyplus1-a8032ab1", "porch/lock/door", "porch/switch/door"
DEVICES = {
    Preset.ZIGBEE2MQTT_LOCK: Kind("door", f"{Z2M}/set", key("state", "UNLOCK", "LOCK"), (
        # At once what it was told, with what was known of the bolt; then the bolt.
        (Z2M, '{"state":"UNLOCK","lock_state":"locked"}', '{"state":"LOCK","lock_state":"unlocked"}'),
        (Z2M, '{"state":"UNLOCK","lock_state":"unlocked"}', '{"state":"LOCK","lock_state":"locked"}'),
    )),
    Preset.ZIGBEE2MQTT_SWITCH: Kind("door", f"{Z2M}/set", key("state", "ON", "OFF"), (
        (Z2M, '{"linkquality":40,"state":"ON"}', '{"linkquality":40,"state":"OFF"}'),
    )),
    Preset.TASMOTA: Kind("door", "cmnd/door/POWER", word("ON", "OFF"), (
        ("stat/door/RESULT", '{"POWER":"ON"}', '{"POWER":"OFF"}'), ("stat/door/POWER", "ON", "OFF"),
    )),
    Preset.SHELLY: Kind(SHELLY, f"{SHELLY}/rpc", shelly_call, (
        ("maskgate/rpc", '{"id":"x","src":"s","result":{"was_on":false}}', '{"id":"x","result":{"was_on":true}}'),
        (f"{SHELLY}/status/switch:0", '{"id":0, "output":true}', '{"id":0, "output":false}'),
    ), repeats=False),
    Preset.SHELLY_GEN1: Kind("door", "shellies/door/relay/0/command", word("on", "off"), (
        ("shellies/door/relay/0", "on", "off"),
    ), repeats=False),
    Preset.ESPHOME_LOCK: Kind(LOCK, f"{LOCK}/command", word("UNLOCK", "LOCK"), (
        (f"{LOCK}/state", "UNLOCKING", "LOCKING"), (f"{LOCK}/state", "UNLOCKED", "LOCKED"),
    ), retains=True, repeats=False),
    Preset.ESPHOME_SWITCH: Kind(SWITCH, f"{SWITCH}/command", word("ON", "OFF"), (
        (f"{SWITCH}/state", "ON", "OFF"),
    ), retains=True, repeats=False),
}  # fmt: skip


class Device(Friend):
    """One of them, and everybody else around the hub."""

    def __init__(self, port: int, kind: Kind) -> None:
        self.kind, self.is_open, self.told = kind, False, list[bool | None]()
        super().__init__(port, obeys=False)

    def _hear(self, message: Inbound) -> None:
        super()._hear(message)
        if message.topic == self.kind.listens:
            assert not message.retain
            self.told.append(wanted := self.kind.hears(message.payload.decode()))
            if wanted is not None and (self.kind.repeats or wanted is not self.is_open):
                self.is_open = wanted
                self.speak()

    def speak(self) -> None:
        for topic, opened, shut in self.kind.says:
            self.say(topic, opened if self.is_open else shut, retain=self.kind.retains)

    def door(self) -> DoorState:
        return decode(self.on("maskgate/door/front/state")[-1], DoorState)


@pytest.fixture(params=list(DEVICES))
def device(request: pytest.FixtureRequest, broker: Broker, tmp_path: Path) -> Iterator[Device]:
    kind = DEVICES[request.param]
    document: dict[str, Any] = make_config(broker.port, str(tmp_path / "hub.db")).model_dump(
        mode="json", exclude={"notices", "database"}
    )
    document["doors"][0]["lock"] = {"preset": request.param, "device": kind.name}
    config = HubConfig.model_validate(document | {"database": str(tmp_path / "hub.db")})
    made, db = Device(broker.port, kind), open_store(config.database)
    core: Core = make_core(config, db)
    core.start()
    until(lambda: made.on("maskgate/hub/availability"), "the hub to be online")
    yield made
    core.stop()
    made.link.stop()
    db.dispose()


def test_it_opens_and_shuts_and_after_a_power_cut_what_it_says_is_shown_and_moves_nothing(device: Device) -> None:
    device.see(passage("mask"))
    until(lambda: device.told == [True, False] and device.door().lock == "LOCKED", "the door to open and shut")
    assert device.locks()[-4:] == ["UNLOCKING", "UNLOCKED", "LOCKING", "LOCKED"]
    device.is_open = True  # as its own setting may want it when the power is back
    device.speak()
    until(lambda: device.door().lock == "UNLOCKED", "what it says")
    assert device.door().problem == "The entry is unlocked though the rule says locked"
    assert device.told == [True, False], "S7: somebody may have used a key"
