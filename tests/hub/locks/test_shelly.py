"""Shelly: calls and status of the second generation as the maker's pages have them, words of the first."""

import pytest

from .makers import COMMAND, driver, read, told

DEVICE = "shellyplus1-a8032ab1"


@pytest.mark.parametrize(
    ("wiring", "channel", "unlocks"), [({}, 0, True), ({"channel": 1, "unlocked_when": "off"}, 1, False)]
)
def test_a_call_names_itself_who_calls_the_method_and_the_relay(
    wiring: dict[str, object], channel: int, unlocks: bool
) -> None:
    lock = driver("shelly", DEVICE, **wiring)
    for action, on in (("unlock", unlocks), ("lock", not unlocks)):
        params = {"id": channel, "on": on}
        call = {"id": COMMAND, "src": "maskgate", "method": "Switch.Set", "params": params}
        assert told(lock, action) == (f"{DEVICE}/rpc", call)
    assert lock.feedback_topics == (f"{DEVICE}/status/switch:{channel}",)
    status = f'{{"id":{channel}, "source":"MQTT", "output":%s,"temperature":{{"tC":41.2, "tF":106.1}}}}'
    assert read(lock, status % str(unlocks).lower()) == "UNLOCKED"
    assert read(lock, status % str(not unlocks).lower()) == "LOCKED"


@pytest.mark.parametrize(
    ("published", "measured"),
    [
        ('{"id":0, "source":"init", "output":false, "apower":0.0, "voltage":224.1, "aenergy":{"total":0.0}}', "LOCKED"),
        ('{"id":0, "source":"HTTP_in", "output":true, "timer_started_at":1626935739.79, "timer_duration":60}',
         "UNLOCKED"),
        ('{"id":0, "source":"init", "temperature":{"tC":41.2, "tF":106.1}}', None),
        ('{"id":0, "output":"true"}', "UNLOCKED"),
        ('{"id":0, "output":null, "errors":["overtemp"]}', None),
        ('{"id":"command-1", "src":"shellyplus1-a8032ab1", "dst":"maskgate", "result":{"was_on":true}}', None),
    ],
)  # fmt: skip
def test_the_output_alone_counts_and_not_how_it_stood_before(published: str, measured: str | None) -> None:
    assert read(driver("shelly", DEVICE), published) == measured


def test_the_first_generation_speaks_in_small_letters() -> None:
    lock = driver("shelly-gen1", "shelly1-98F4AB", unlocked_when="off")
    assert told(lock, "unlock") == ("shellies/shelly1-98F4AB/relay/0/command", "off")
    assert told(lock, "lock") == ("shellies/shelly1-98F4AB/relay/0/command", "on")
    assert lock.feedback_topics == ("shellies/shelly1-98F4AB/relay/0",)
    assert [read(lock, word) for word in ("off", "on", "overpower")] == ["UNLOCKED", "LOCKED", None]
