"""`maskgate node init`, `schema` and `check`."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

import mask_node.vision.load
from mask_node.beginning import cameras, first_file
from mask_node.cli import app
from mask_node.config import NodeConfig
from maskgate.config import parse
from maskgate.demo.broker import available, free_port, start_broker
from tests.mask_node.fakes import ColourEyes, empty, write_clip


def test_the_first_file_is_valid_and_its_comments_are_the_defaults(tmp_path: Path) -> None:
    text = first_file("front", {2: "USB camera", 4: "Other"})
    config = parse(text, NodeConfig, name="node.yaml")
    assert config.source.address.get_secret_value() == "2"
    assert "camera 2: USB camera" in text
    shown = [line[2:] for line in text.splitlines() if re.match(r"# +[a-z_]+:", line)]
    document = YAML(typ="safe").load("\n".join(shown))
    assert set(document) == set(NodeConfig.model_fields) - {"id"}
    for section in ("outbox", "evidence", "tracking", "verdict", "models", "mqtt", "relay"):
        assert section in document
        assert isinstance(document[section], dict)
    document.pop("relay")
    document["source"]["address"] = 0
    defaults = NodeConfig.model_validate({"id": "front", **document})
    assert defaults == NodeConfig.model_validate({"id": "front", "source": defaults.source})


def test_cameras_are_found_once_each(tmp_path: Path) -> None:
    devices, names = tmp_path / "dev", tmp_path / "names"
    devices.mkdir()
    for number, index in ((0, 0), (1, 1), (10, 0)):
        (devices / f"video{number}").touch()
        (names / f"video{number}").mkdir(parents=True)
        (names / f"video{number}" / "index").write_text(f"{index}\n")
        (names / f"video{number}" / "name").write_text(f"Camera {number}\n")
    (devices / "video-codec").touch()
    # The kernel cuts a long name after 31 bytes, be it in the middle of a character.
    (names / "video10" / "name").write_bytes("Caméra de la porte d’entréé".encode()[:31])
    assert cameras(devices, names) == {0: "Camera 0", 10: "Caméra de la porte d’entré\ufffd"}
    assert cameras(tmp_path / "nothing", names) == {}


def test_init_writes_once(tmp_path: Path) -> None:
    path = tmp_path / "node.yaml"
    first = CliRunner().invoke(app, ["init", str(path), "--id", "back"])
    assert first.exit_code == 0, first.output
    assert path.read_text().count("\nid: back\n") == 1
    again = CliRunner().invoke(app, ["init", str(path)])
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    wrong = CliRunner().invoke(app, ["init", str(tmp_path / "other.yaml"), "--id", "Back Door"])
    assert wrong.exit_code == 1
    assert "id: 'Back Door'" in wrong.stderr
    assert not (tmp_path / "other.yaml").exists()


def test_the_schema_takes_what_the_program_takes_and_refuses_unknown_keys() -> None:
    printed = CliRunner().invoke(app, ["schema"])
    schema = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    good = {"id": "front", "source": {"address": "0"}, "outbox": {"window": 5}, "relay": {"pin": 17}}
    assert judge.is_valid(good)
    assert not judge.is_valid(good | {"suorce": 0})
    assert not judge.is_valid(good | {"outbox": {"windows": 5}})
    assert not judge.is_valid(good | {"outbox": {"window": 0}})


def test_check_tries_every_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mask_node.vision.load, "load_detector", lambda *_args, **_named: ColourEyes())
    path, clip = tmp_path / "node.yaml", write_clip(tmp_path / "clip.mp4", empty(5))

    def checked(port: int, outbox: Path, host: str = "127.0.0.1") -> tuple[int, str, str]:
        path.write_text(
            f"id: front\nsource: {clip}\nmqtt: {{host: {host}, port: {port}}}\noutbox: {{path: {outbox}}}\n"
        )
        result = CliRunner().invoke(app, ["check", "--config", str(path)])
        return result.exit_code, result.stdout, result.stderr

    code, out, err = checked(free_port(), tmp_path)
    assert code == 1
    assert "source: can be opened, 320 x 240 pixels" in out
    assert "nobody answers" in err
    assert "is a folder; name a file" in err
    code, out, err = checked(1, tmp_path, host="mqtt..example")
    assert "nobody answers at mqtt..example:1" in err, "a name that cannot be one ends no check"
    broker = start_broker(tmp_path / "broker", kind=available()[0])
    try:
        code, out, err = checked(broker.port, tmp_path / "new" / "o.db")
    finally:
        broker.stop()
    assert (code, err) == (0, "")
    assert "and lets us in" in out
    assert not (tmp_path / "new").exists(), "a check changes nothing"
