"""Shelly's relays, of the second generation and later, and of the first.

Second: told `Switch.Set` as a call on `PREFIX/rpc`; read `output` in the status on `PREFIX/status/switch:0`, which
comes at changes, and only where "Generic status update over MQTT" is switched on. What it answers to the call itself
goes to `maskgate/rpc` and is not read: it says how the relay stood before.

First: told `on` or `off` on `shellies/ID/relay/0/command`; read the same words on `shellies/ID/relay/0`.

Source: the maker's pages "MQTT", "Switch" and "RPC Protocol" for the second generation; users' configurations for the
first.

Power: `initial_state` of the second (`off`, `on`, `restore_last`, `match_input`), `default_state` of the first. With
`auto_off` or `auto_on` and a delay it goes back by itself.
"""

from hub.config.presets.maker import Fields, Position, switch_words


def switch(device: str, channel: int, unlocked_when: Position) -> Fields:
    """See `hub.config.presets.maker.Maker`."""

    def call(on: str) -> str:
        params = f'{{"id": {channel}, "on": {on}}}'
        return f'{{"id": "{{id}}", "src": "maskgate", "method": "Switch.Set", "params": {params}}}'

    return {
        "command_topic": f"{device}/rpc", "feedback_topic": f"{device}/status/switch:{channel}",
        "feedback_key": "output", "reports_only_changes": True,
        **switch_words(unlocked_when, call("true"), call("false"), states=("true", "false")),
    }  # fmt: skip


def first_generation(device: str, channel: int, unlocked_when: Position) -> Fields:
    """See `hub.config.presets.maker.Maker`."""
    relay = f"shellies/{device}/relay/{channel}"
    words = switch_words(unlocked_when, "on", "off")
    return {"command_topic": f"{relay}/command", "feedback_topic": relay, "reports_only_changes": True, **words}
