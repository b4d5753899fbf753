"""A good `hub.yaml`, spoilt in many ways: each result is one that must be refused."""

import random
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

#: One line of a refusal: file, line, field, and after a `;` the mend.
LINE = re.compile(r"^(?P<file>.+?):(?P<line>\d+): (?P<field>[^:]+): .+; .+")

Place = tuple[Any, ...]


def is_explained(fault: str, file: Path) -> bool:
    """Whether each line of a refusal names file, line and field, and ends in a mend."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    found = [LINE.match(line) for line in fault.splitlines()]
    return bool(found) and all(m and m["file"] == str(file) and 1 <= int(m["line"]) <= len(lines) + 1 for m in found)


def mutated(text: str, count: int, *, seed: int) -> list[str]:
    """Return `count` different texts that are no good configuration any more."""
    chance, made = random.Random(seed), dict[str, None]()
    for _ in range(count * 50):
        if len(made) == count:
            break
        made[chance.choice(_WAYS)(text, chance)] = None
    made.pop(text, None)
    return list(made)


def _edited(text: str, edit: Any) -> str:
    out, document = StringIO(), deepcopy(_read(text))
    edit(document)
    YAML(typ="safe", pure=False).dump(document, out)
    return out.getvalue()


@cache
def _read(text: str) -> Any:
    return YAML(typ="safe").load(text)


def _sections(node: Any) -> Iterator[Any]:
    """Yield every section; a secret that stands elsewhere is none."""
    if isinstance(node, dict) and not {"env", "file"} & set(node):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _sections(child)


def _unknown_key(text: str, chance: random.Random) -> str:
    def edit(document: Any) -> None:
        section = chance.choice(list(_sections(document)))
        near = chance.choice(list(section))
        section[chance.choice([f"{near}s", near[:-1] + "x", near.upper(), "x-" + near])] = 1

    return _edited(text, edit)


def _removed_key(text: str, chance: random.Random) -> str:
    def edit(document: Any) -> None:
        door = chance.choice(document["doors"])
        del door[chance.choice(["id", "name", "nodes"])]

    return _edited(text, edit) if chance.random() < 0.8 else re.sub(r"(?ms)^doors:.*?(?=^\w|\Z)", "", text)


def _wrong_type(text: str, chance: random.Random) -> str:
    """Put something of another kind where a value stands; texts take no list, numbers and words no text."""

    def edit(document: Any) -> None:
        section = chance.choice(list(_sections(document)))
        key = chance.choice([key for key in section if key not in {"password", "url", "database", "lock", "policy"}])
        value = section[key]
        wrong: list[Any] = [{"a": 1}] if isinstance(value, list) else [["x"], {"x": 1}]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            wrong += ["many", -1, 1e12]
        if isinstance(value, bool):
            wrong += ["maybe", 7]
        section[key] = chance.choice(wrong)

    return _edited(text, edit)


def _bad_value(text: str, chance: random.Random) -> str:
    """Put what one field does not take."""

    def edit(document: Any) -> None:
        door = chance.choice(document["doors"])
        policy = door.setdefault("policy", {})
        choices: list[tuple[Any, Any, list[Any]]] = [
            (document, "timezone", ["Mars/Olympus", "europe/madrid", "", 3, "CEST+1"]),
            (document, "database", ["mysql://u:hush@h/d", {"env": "NOT_SET_HERE"}, {"file": "/nowhere/at/all"}, 5]),
            (document, "language", ["xx", "English"]),
            (document, "holidays", [{"country": "XX"}, {"subdivision": "MD"}, {"country": "ES", "subdivision": "ZZ"}]),
            (document["mqtt"], "port", [0, 70_000, "mqtt", 1.5]),
            (document["mqtt"], "protocol", ["4", 5, "six"]),
            (document["mqtt"], "root", ["a/+", "/a", "a b", "a//b", "#"]),
            (document["mqtt"], "ca_file", ["/nowhere/ca.pem", "/dev/null"]),
            (document["mqtt"], "password", [{"env": "NOT_SET_HERE"}, {"file": "/nowhere"}, {"vault": "x"}, ["a"]]),
            (document["web"], "port", [0, 65_536, "http"]),
            (door, "id", ["Front Door", "", "-a", "hub", "controller", "x" * 60]),
            (door, "nodes", [[], "cam", ["a", "a"], ["A B"], ["hub"]]),
            (door, "name", ["", "x" * 61]),
            (door, "lock", [{"preset": "tasmota"}, {"driver": "knx"}, {"driver": "node", "node": "nobody"},
                            {"driver": "homeassistant", "device": "x"}, {"command_topic": "a"}, "lock",
                            {"command_topic": "a/+", "feedback_topic": "b"},
                            {"command_topic": "a", "feedback_topic": "a"}]),
            (policy, "mode", ["on", "strict", True, 1]),
            (policy, "entry", ["closed", False]),
            (policy, "grant_hold", [0, -1, 601, "long", float("inf")]),
            (policy, "manual_hold", [29, 3601]),
            (policy, "max_age", [0, 61]),
            (policy, "violations", [[], ["mask"], ["uncertain"], "no_mask"]),
            (policy, "uncertain", ["grant", "allow"]),
            (policy, "nodes_needed", [0, 9]),
            (policy, "repeat", [{"count": 1}, {"within": 0}, {"hold": "x"}]),
            (policy, "safe", [{"node": "open"}, {"nodes": "rest"}, "rest"]),
            (policy, "schedule", [[{"days": ["monday"], "mode": "hard"}], [{"days": ["mon"]}], [{"mode": "hard"}],
                                  [{"days": ["mon"], "mode": "hard", "from": "8:00"}],
                                  [{"days": ["mon"], "mode": "hard", "from": "24:00"}],
                                  [{"days": [], "mode": "hard"}], [{"days": ["mon"], "mode": "hard", "to": 18}]]),
            (document, "notices", [{"recipients": [{"id": "a"}]}, {"recipients": [{"id": "a", "url": "mialto://x"}]},
                                   {"recipients": [{"id": "a", "url": "json://h", "doors": ["nowhere"]}]},
                                   {"recipients": [{"id": "a", "url": "json://h", "about": ["weather"]}]}]),
        ]  # fmt: skip
        section, key, wrong = chance.choice(choices)
        section[key] = chance.choice(wrong)

    return _edited(text, edit)


def _twice(text: str, chance: random.Random) -> str:
    """Write a key twice, or give a door a name that another has."""
    if chance.random() < 0.5:
        lines = text.splitlines(keepends=True)
        keys = [n for n, line in enumerate(lines) if re.match(r"[a-z_]+: \S", line)]
        return text + lines[chance.choice(keys)]

    def edit(document: Any) -> None:
        doors = document["doors"]
        doors.append({"id": doors[0]["id"], "name": "Again", "nodes": [f"cam-{chance.randrange(1000)}"]})

    return _edited(text, edit)


def _broken(text: str, chance: random.Random) -> str:
    """Break the YAML itself, not only what it says."""
    lines = text.splitlines(keepends=True)
    at = chance.randrange(1, len(lines))
    junk = [
        "\t- x\n",
        "  ]: [\n",
        "{\n",
        "'never ended\n",
        "*nowhere\n",
        "%YAML 9\n",
        "\x00",
        "&a [*a]\n",
        "@\n",
        "- x\n",
    ]
    return "".join([*lines[:at], chance.choice(junk), *lines[at:]])


def _other(_text: str, chance: random.Random) -> str:
    return chance.choice(["", "- a\n", "42\n", "null\n", "doors\n", "a: &a [*a]\n", "---\na: 1\n---\nb: 2\n", "\ufeff"])


_WAYS = (_unknown_key, _removed_key, _wrong_type, _bad_value, _bad_value, _bad_value, _twice, _broken, _other)
