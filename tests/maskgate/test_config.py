"""O1: a bad configuration names the place, the value and the mend."""

from pathlib import Path

import pytest
from pydantic import Field

from maskgate.config import ConfigError, MqttSettings, Secret, Section, load, parse


class Inner(Section):
    size: int = Field(ge=1)
    color: str = "red"


class Outer(Section):
    name: str
    enabled: bool = True
    parts: tuple[Inner, ...] = ()
    mqtt: MqttSettings = MqttSettings()
    token: Secret | None = None


GOOD = "name: x\nparts:\n  - size: 1\n  - size: 2\n"


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD)
    assert load(path, Outer).parts[1].size == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nparts:\n  - size: 1\n  - size: 0\n", "f.yaml:4: parts.1.size: 0"),
        ("name: x\nnaem: y\n", "f.yaml:2: naem: unknown key; did you mean name?"),
        ("name: x\nmqtt:\n  hots: y\n", "f.yaml:3: mqtt.hots: unknown key; did you mean host?"),
        ("name: x\nparts:\n  - sise: 1\n    size: 1\n", "f.yaml:3: parts.0.sise: unknown key; did you mean size?"),
        ("enabled: true\n", "f.yaml:1: name: is missing"),
        ("name: x\nname: y\n", "f.yaml:2: name: stands twice; remove one"),
        ("name: [x\n", "is no YAML"),
        ("- a\n", "f.yaml:1: the whole file: is a list; write keys and values"),
        ("name: x\nenabled: 12\n", "f.yaml:2: enabled: 12"),
        ("name: x\ntoken: {env: NOBODY_SET_THIS}\n", "f.yaml:2: token: the environment has no NOBODY_SET_THIS"),
        ("name: x\ntoken: {file: /nowhere/at/all}\n", "cannot read the secret file"),
        ("", "f.yaml:1: name: is missing"),
    ],
)
def test_a_fault_is_named_with_its_line_and_mend(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, Outer, name="f.yaml")
    assert said in str(caught.value)


def test_all_faults_are_listed_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("parts:\n  - size: 0\n    colour: blue\n", Outer, name="f.yaml")
    assert len(str(caught.value).splitlines()) == 3


def test_yaml_words_stay_words() -> None:
    assert parse("name: no\n", Outer, name="f").name == "no"


def test_secrets_come_from_file_and_environment_and_are_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s").write_text("hush\n")
    monkeypatch.setenv("TOKEN_HERE", "hush")
    for source in (f"{{file: {tmp_path / 's'}}}", "{env: TOKEN_HERE}", "hush"):
        config = parse(f"name: x\ntoken: {source}\n", Outer, name="f")
        assert config.token is not None
        assert config.token.get_secret_value() == "hush"
        assert "hush" not in repr(config)


def test_a_wrong_secret_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("name: x\nmqtt:\n  password: {hush: hush}\n", Outer, name="f")
    assert "hush" not in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.yaml", Outer)
