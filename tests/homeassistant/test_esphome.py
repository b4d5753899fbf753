"""The devices for ESPHome: the real `esphome` takes them, and their own code does what a door needs.

`esphome` wants an environment of its own: `MASKGATE_ESPHOME` names its command where it is not on the path.
"""

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from maskgate import topics

SHIPPED = Path(__file__).resolve().parents[2] / "homeassistant" / "esphome"
SECRETS = ("wifi_ssid", "wifi_password", "ota_password", "mqtt_host", "mqtt_username", "mqtt_password")
#: Pins whose level at boot says how an ESP32 starts, or that move while it does.
RESTLESS = {0, 1, 2, 3, 5, 12, 14, 15}
DEVICES = ("strike-relay", "display-lcd", "display-epaper")


def _font() -> str:
    fonts = sorted(Path("/usr/share/fonts").rglob("*Sans*.ttf"))
    if not fonts:
        pytest.skip("no font on this machine (for example fonts-dejavu-core); the shipped one comes by download")
    return str(fonts[0])


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("esphome")
    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
    (folder / "secrets.yaml").write_text("".join(f"{name}: not-a-real-one\n" for name in SECRETS))
    return folder


def validate(folder: Path, device: str, **substitutions: str) -> str:
    """Return what `esphome config` makes of a device."""
    command = os.environ.get("MASKGATE_ESPHOME") or shutil.which("esphome")
    if command is None:
        pytest.skip("esphome is not installed; `make test-devices` brings it (or MASKGATE_ESPHOME names its command)")
    words = [word for name, value in substitutions.items() for word in ("-s", name, value)]
    done = subprocess.run(
        [command, *words, "config", f"{device}.yaml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "WARNING" not in done.stdout + done.stderr
    assert "Configuration is valid!" in done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("device", DEVICES)
def test_the_real_esphome_takes_it_without_a_warning(devices: Path, device: str) -> None:
    validate(devices, device, **({"font": _font()} if device == "display-epaper" else {}))


def test_a_device_with_a_mistake_is_not_taken(devices: Path) -> None:
    """The check can fail."""
    text = (devices / "display-lcd.yaml").read_text()
    (devices / "broken.yaml").write_text(text.replace("id: screen\n    dimensions", "id: other\n    dimensions"))
    with pytest.raises(AssertionError, match="screen"):
        validate(devices, "broken")


@pytest.mark.parametrize(("unlocked", "gone"), [("true", "false"), ("false", "false")], ids=["strike", "magnet"])
def test_a_relay_pulses_nothing_at_boot_and_knows_its_safe_state(devices: Path, unlocked: str, gone: str) -> None:
    out = validate(devices, "strike-relay", unlocked_when_on=unlocked, gone_on=gone)
    relay = re.search(r"switch:\n(.*?)\nbinary_sensor:", out, re.DOTALL)
    assert relay
    assert "restore_mode: ALWAYS_OFF" in relay[1]
    pin = re.search(r"number: (\d+)", relay[1])
    assert pin
    assert int(pin[1]) not in RESTLESS
    assert "inverted: false" in relay[1]
    # Neither the network nor the broker makes it start anew.
    assert out.count("reboot_timeout: 0s") == 2
    gone_after = re.search(r"id: alone\n.*?delay: (\d+)s", out, re.DOTALL)
    assert gone_after
    assert int(gone_after[1]) < 5  # S3; what ends without a word is known by its silence
    at_boot = re.search(r"on_boot:\n(.*?)\n\w", out, re.DOTALL)
    assert at_boot, "a start without a broker finds the safe side too"
    assert "id: alone" in at_boot[1]


def test_devices_speak_the_topics_of_the_catalogue() -> None:
    place = {"root": "${root}", "door": "${door}"}
    strike, words = (SHIPPED / "strike-relay.yaml").read_text(), (SHIPPED / "common" / "words.yaml").read_text()
    for text, topic in (
        (strike, topics.DOOR_LOCK), (strike, topics.DOOR_FEEDBACK), (strike, topics.HUB_AVAILABILITY),
        (strike, topics.HUB_PULSE), (strike, topics.DOOR_STATE),
        (words, topics.DOOR_DISPLAY), (words, topics.HUB_AVAILABILITY),
    ):  # fmt: skip
        wanted = topic.template.format_map(place)
        assert f"topic: {wanted}\n" in text
    # The account of an actuator may read what the relay listens to.
    for topic in (topics.DOOR_LOCK, topics.DOOR_STATE, topics.HUB_AVAILABILITY, topics.HUB_PULSE):
        assert topics.Role.ACTUATOR in topic.readers


# The code in the devices, compiled as it stands, with a stand-in for what ESPHome gives it.


def code(device: str, *path: Any, **substitutions: str) -> str:
    """Return a lambda of a shipped file; `substitutions` take the place of those that it has."""

    class Loader(YAML):
        pass

    loader = Loader(typ="rt")
    found: Any = loader.load((SHIPPED / f"{device}.yaml").read_text())
    for step in path:
        found = found[step]
    text = str(found)
    for name, value in loader.load((SHIPPED / f"{device}.yaml").read_text())["substitutions"].items():
        value = substitutions.get(name, value)  # noqa: PLW2901
        text = text.replace(f"${{{name}}}", str(value))
    return text


def run(folder: Path, source: str, *words: str) -> list[str]:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not installed")
    (folder / "device.cpp").write_text(source)
    program = folder / "device"
    subprocess.run(
        [compiler, "-std=c++17", "-Wall", "-Wno-unused", "-o", program, folder / "device.cpp"], check=True, timeout=120
    )
    return subprocess.run([program, *words], capture_output=True, text=True, check=True, timeout=20).stdout.splitlines()


_RELAY = """
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <map>
#define id(what) what##_
struct Value {
  const char *text;
  const char *operator|(const char *other) const { return text ? text : other; }
  bool operator|(bool other) const { return text ? std::string(text) == "true" : other; }
};
struct Json { std::map<std::string, const char *> all; Value operator[](const char *key) const {
  auto found = all.find(key); return {found == all.end() ? nullptr : found->second}; } };
struct Now { bool valid; int64_t timestamp; bool is_valid() const { return valid; } };
struct Clock { Now time; Now now() { return time; } Now utcnow() { return time; } } utc_;
struct Relay { bool state; void turn_on() { state = true; } void turn_off() { state = false; } } relay_;
std::string last_order_; uint32_t grant_from_, heard_at_, now_; bool pulsing_, silent_, emergency_;
uint32_t millis() { return now_; }
void order(const Json &x) { ORDER }
void state(const Json &x) { STATE }
void pulse() { PULSE }
void be_safe() { SAFE }
bool is_silent() { SILENT }
bool is_forgotten() { FORGOTTEN }
int main(int count, char **words) {
  for (int i = 1; i < count; i++) {
    const std::string word = words[i];
    if (word == "order") {
      utc_.time = {std::string(words[i + 1]) != "-", atoll(words[i + 1])};
      order({{{"id", words[i + 2]}, {"action", words[i + 3]}, {"expires_at", words[i + 4]}}});
      i += 4;
    } else if (word == "state") {
      state({{{"emergency", words[++i]}}});
    } else if (word == "pulse") {
      pulse();
    } else if (word == "alone") {
      be_safe();
    } else {
      now_ = atoll(words[i]);
    }
    if (is_silent()) { ONCE be_safe(); }
    if (is_forgotten()) relay_.turn_off();
    puts(relay_.state ? "on" : "off");
  }
}
"""


def relay(folder: Path, *events: tuple[str, ...], **substitutions: str) -> list[str]:
    """Return how the relay stands after each of the events; a number is the time, in milliseconds since the start."""
    told, silence = ("mqtt", "on_json_message"), ("interval", 0, "then", 0, "if")
    parts = {
        "ORDER": (*told, 1, "then", 0, "lambda"),
        "STATE": (*told, 0, "then", 0, "lambda"),
        "PULSE": ("mqtt", "on_message", 1, "then", 0, "lambda"),
        "SAFE": ("script", 2, "then", 0, "lambda"),
        "SILENT": (*silence, "condition", "lambda"),
        "ONCE": (*silence, "then", 0, "lambda"),
        "FORGOTTEN": ("interval", 1, "then", 0, "if", "condition", "lambda"),
    }
    source = _RELAY
    for name, path in parts.items():
        source = re.sub(rf"\b{name}\b", lambda _, path=path: code("strike-relay", *path, **substitutions), source)
    said = iter(run(folder, source, *(word for event in events for word in event)))
    return [next(said) for _ in events]


ENDS = datetime(2028, 2, 29, 23, 59, 58, 999000, tzinfo=UTC)
UNTIL, AT = ENDS.isoformat(timespec="milliseconds").replace("+00:00", "Z"), int(ENDS.timestamp())


def told(ident: str, action: str, until: str = UNTIL, at: str = str(AT - 1)) -> tuple[str, ...]:
    return ("order", at, ident, action, until)


def test_a_relay_obeys_no_order_that_is_late_or_came_before_or_without_the_time(tmp_path: Path) -> None:
    orders = [
        (told("order-01", "unlock", at="-"), "off"),  # it does not know the time
        (told("order-02", "unlock", at=str(AT)), "off"),  # late
        (told("order-03", "unlock"), "on"),
        (told("order-04", "lock"), "off"),
        (told("order-04", "unlock"), "off"),  # the same id
        (told("order-05", "unlock", "soon"), "off"),
        (told("order-06", "explode"), "off"),
        (told("", "unlock"), "off"),
    ]
    assert relay(tmp_path, *(event for event, _ in orders)) == [stands for _, stands in orders]


def test_s3_a_relay_goes_to_its_safe_state_when_the_hubs_pulse_stops_whatever_hangs(tmp_path: Path) -> None:
    events = [
        (("100",), "off"),
        (told("order-01", "unlock"), "on"),
        (("60000",), "on"),  # an older hub sends no pulse: its connection is all that is known
        (("pulse",), "on"),
        (("63400",), "on"),
        (("63500",), "off"),
        (told("order-02", "unlock"), "on"),  # a hub that orders is there
        (("66900",), "on"),
        (("67000",), "off"),
        (("pulse",), "off"),  # back: what it does not order stays
        (("68000",), "off"),
    ]
    assert relay(tmp_path, *(event for event, _ in events)) == [stands for _, stands in events]


@pytest.mark.parametrize(("unlocked", "open_", "shut"), [("true", "on", "off"), ("false", "off", "on")])
def test_s5_a_relay_keeps_a_door_released_in_an_emergency_whoever_is_gone(
    tmp_path: Path, unlocked: str, open_: str, shut: str
) -> None:
    held = "false" if unlocked == "true" else "true"
    events = [
        (("state", "true"), "off"),
        (told("order-01", "lock"), shut),
        (told("order-02", "unlock"), open_),
        (("pulse",), open_),
        (("3500",), open_),  # silent
        (("alone",), open_),
        (("700000",), open_),  # longer than any grant
        (told("order-03", "lock"), shut),
        (("pulse",), shut),
        (("703500",), open_),  # whoever locked it has nothing to say any more
        (("state", "false"), open_ if unlocked == "false" else "off"),
        (told("order-04", "unlock"), open_),
        (("alone",), shut),
    ]
    said = relay(tmp_path, *(event for event, _ in events), unlocked_when_on=unlocked, gone_on=held)
    assert said == [stands for _, stands in events]


_SCREEN = """
#include <cstdint>
#include <cstdio>
#include <string>
#define id(what) what##_
std::string title_, words_;
struct Screen { void print(int column, int row, const char *text) { printf("%%d %%s\\n", row, text); } } it;
int main(int count, char **words) {
  title_ = words[1]; words_ = words[2];
%s
}
"""


def test_a_small_screen_breaks_words_at_spaces_and_writes_what_letters_it_has(tmp_path: Path) -> None:
    source = _SCREEN % code("display-lcd", "display", 0, "lambda")
    assert run(tmp_path, source, "Mask required", "Please put on a mask and look at the camera.") == [
        "0 Mask required", "1 Please put on a mask", "2 and look at the", "3 camera.",
    ]  # fmt: skip
    assert run(tmp_path, source, "Señal", "Übermäßig " + "x" * 70)[:2] == ["0 Senal", "1 Ubermasig"]
    assert all(len(line) <= 22 for line in run(tmp_path, source, "y" * 60, "z" * 255))
