"""What a building manager imports, as shipped, in a real Home Assistant; with the things of a house that it moves.

put_in(home)                          # after `home.start`: package, blueprints, dashboard, automations
with FrontSite(home) as site: ...     # the door `front` and the board `front-camera`, whose lock Home Assistant owns
"""

import json
import shutil
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from maskgate.mqtt import Outbound
from tests.system.homeassistant.home import Home, until
from tests.system.homeassistant.installs import REPOSITORY
from tests.system.homeassistant.site import Board, Site

SHIPPED = REPOSITORY / "homeassistant"

#: More of configuration.yaml, as homeassistant/README.md says it.
CONFIGURATION = """\
lovelace:
  dashboards:
    maskgate-doors:
      mode: yaml
      title: Masks
      icon: mdi:face-mask
      filename: dashboards/maskgate.yaml
"""

#: A house: a lock that Home Assistant owns (the simulated one of the site, behind its MQTT integration), a screen, a
#: lamp, a siren, a door contact, and a phone's action. What they are told goes over `maskgate/house/...`, where the
#: site hears it.
HOUSE = """\
mqtt:
  - lock:
      name: Strike
      unique_id: house_strike
      default_entity_id: lock.strike
      object_id: strike
      command_topic: maskgate-lock/set
      state_topic: maskgate-lock/state
      availability_topic: maskgate/house/strike
      optimistic: false
  - lock:
      # It takes what it is told for what is, so that it can be told while the broker hangs.
      name: Bolt
      unique_id: house_bolt
      default_entity_id: lock.bolt
      object_id: bolt
      command_topic: maskgate/house/bolt/set
      optimistic: true
  - lock:
      name: Gate
      unique_id: house_gate
      default_entity_id: lock.gate
      object_id: gate
      command_topic: maskgate/house/gate/set
      optimistic: true
  - text:
      name: Matrix
      unique_id: house_matrix
      default_entity_id: text.matrix
      object_id: matrix
      command_topic: maskgate/house/matrix/set
      state_topic: maskgate/house/matrix/set
      retain: true
  - light:
      name: Lamp
      unique_id: house_lamp
      default_entity_id: light.lamp
      object_id: lamp
      schema: json
      command_topic: maskgate/house/lamp/set
      brightness: true
      supported_color_modes: [rgb]
  - siren:
      name: Horn
      unique_id: house_horn
      default_entity_id: siren.horn
      object_id: horn
      command_topic: maskgate/house/horn/set
  - binary_sensor:
      name: Leaf
      unique_id: house_leaf
      default_entity_id: binary_sensor.leaf
      object_id: leaf
      device_class: door
      state_topic: maskgate/house/leaf

script:
  phone:
    alias: Phone
    mode: queued
    sequence:
      - action: mqtt.publish
        data:
          topic: maskgate/house/phone
          payload: >-
            {{ {'title': title, 'message': message, 'actions': (data.actions if data is defined else [])} | to_json }}
"""


def _from_blueprint(name: str, alias: str = "", **inputs: Any) -> dict[str, Any]:
    return {
        "id": f"house_{alias or name}",
        "alias": alias or name,
        "use_blueprint": {"path": f"maskgate/{name}.yaml", "input": inputs},
    }


AUTOMATIONS = [
    _from_blueprint(
        "entry_lock", door="front", lock="lock.strike", entry="lock.front", safe="unlock",
        memory="input_text.maskgate_front_order", contact="binary_sensor.leaf", safe_after=3,
        running="binary_sensor.maskgate_hub_running",
    ),
    # These get no orders: only that the hub is gone moves them.
    _from_blueprint(
        "entry_lock", "bolt", door="front", root="elsewhere", lock="lock.bolt", entry="lock.front", safe="lock",
        running="binary_sensor.maskgate_hub_running",
    ),
    _from_blueprint(
        "entry_lock", "gate", door="front", root="elsewhere", lock="lock.gate", entry="lock.front", safe="lock",
        running="binary_sensor.maskgate_hub_running", safe_after=15,
    ),
    _from_blueprint(
        "show_words", decision="event.front_decision", message="text.front_message", texts=["text.matrix"], seconds=2,
        idle="Hello",
    ),
    _from_blueprint(
        "ask_phone", decision="event.front_decision", phone="script.phone", entry="lock.front",
        acknowledge="button.front_acknowledge", cooldown=0,
    ),
    _from_blueprint(
        "light_and_siren", decision="event.front_decision", lights=["light.lamp"], sirens=["siren.horn"], seconds=1
    ),
    _from_blueprint(
        "daily_summary", people=["sensor.front_people"], violations=["sensor.front_violations"],
        problems=["binary_sensor.front_problem"], notify="script.phone",
    ),
]  # fmt: skip


def put_in(home: Home) -> None:
    """Put what is shipped, and the house, where Home Assistant looks for it, and restart it.

    MQTT is there by then, as it is at a manager's: an automation on a topic cannot be set up before.
    """
    for room in ("packages", "blueprints", "dashboards"):
        shutil.copytree(SHIPPED / room, home.config / room, dirs_exist_ok=True)
    (home.config / "packages" / "house.yaml").write_text(_for(home.install.name, HOUSE))
    with (home.config / "automations.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(AUTOMATIONS, file)
    home.restart()


def _for(version: str, text: str) -> str:
    """Leave out the one of the two keys for an entity's id that a version does not know."""
    unknown = "default_entity_id:" if version == "2025.4" else "object_id:"
    return "".join(line for line in text.splitlines(keepends=True) if unknown not in line)


class FrontSite(Site):
    """A site as the shipped files name it; its lock is moved by Home Assistant, which finds it at the site's `Lock`."""

    def __init__(self, home: Home, *, policy: Mapping[str, Any] | None = None, **more: Any) -> None:
        super().__init__(home, **more)
        rule = {"mode": "hard", "entry": "open", "deny_hold": 2, "grant_hold": 2, "max_age": 30}
        self.config["doors"] = [
            {
                "id": "front", "name": "Front door", "nodes": ["front-camera"], "policy": {**rule, **(policy or {})},
                "lock": {"driver": "homeassistant", "feedback_within": 10},
            }
        ]  # fmt: skip
        self.door = "front"
        self.board = Board(home.port, self.root, "front-camera")

    def start_hub(self) -> None:
        """Start the hub; the lock that Home Assistant owns is there."""
        self.strike_is_there()
        super().start_hub()

    def strike_is_there(self, *, there: bool = True) -> None:
        """Let Home Assistant reach the lock, or not."""
        word = b"online" if there else b"offline"
        until(lambda: self._watcher.publish(Outbound("maskgate/house/strike", word, retain=True)) is not None, "it")

    def told(self, thing: str) -> list[Any]:
        """Return what a thing of the house was told: JSON where it is, else words."""
        found = [message.payload.decode() for message in self.heard if message.topic == f"maskgate/house/{thing}"]
        return [json.loads(each) if each.startswith("{") else each for each in found]


def at_rest(house: Home) -> None:
    """Wait until nobody is kept out."""
    house.wait_state("lock.front", "unlocked")
    house.wait_state("lock.strike", "unlocked")
