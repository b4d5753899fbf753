"""`maskgate hub init`: asks, tries each answer, and writes the first `hub.yaml`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli_store import fail
from maskgate.config import ConfigError

if TYPE_CHECKING:
    from hub.beginning.answers import Answers
    from hub.beginning.talk import Talk

Text = str | None


def init(
    file: Annotated[Path, typer.Argument(help="Where to.")] = Path("hub.yaml"),
    *,
    site: Annotated[Text, typer.Option(help="What people call the site.")] = None,
    timezone: Annotated[Text, typer.Option(help="Like Europe/Madrid.")] = None,
    language: Annotated[Text, typer.Option(help="en, es, de, fr, zh or ar.")] = None,
    broker: Annotated[Text, typer.Option(help="host, host:port or mqtts://host:port.")] = None,
    ca_file: Annotated[Text, typer.Option(help="With TLS: PEM of a private authority.")] = None,
    username: Annotated[Text, typer.Option(help="The hub's account at the broker.")] = None,
    password: Annotated[Text, typer.Option(envvar="MASKGATE_MQTT_PASSWORD", help="Best given so.")] = None,
    door: Annotated[Text, typer.Option(help="Name of the first door.")] = None,
    door_id: Annotated[Text, typer.Option(help="Its id; made of its name when left out.")] = None,
    node: Annotated[Text, typer.Option(help="Id of the board beside it.")] = None,
    lock: Annotated[Text, typer.Option(help="The preset of what moves the lock, or none.")] = None,
    device: Annotated[Text, typer.Option(help="With a lock: the device's own name.")] = None,
    unlocked_when: Annotated[Text, typer.Option(help="With a switch: on or off.")] = None,
    recipient: Annotated[
        Text, typer.Option(envvar="MASKGATE_RECIPIENT", help="An Apprise address; best given so.")
    ] = None,
    recipient_id: Annotated[Text, typer.Option(help="A short name for it.")] = None,
    test_mail: Annotated[bool | None, typer.Option(help="Send a test there; asked when left out.")] = None,
    host: Annotated[Text, typer.Option(help="Address of the pages.")] = None,
    port: Annotated[Text, typer.Option(help="Port of the pages.")] = None,
    inline_secrets: Annotated[bool, typer.Option(help="Secrets stand in hub.yaml, not in files beside it.")] = False,
    force: Annotated[bool, typer.Option(help="Write over what is there.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: options and defaults; what is wrong ends it.")
    ] = False,
) -> None:
    """Lead from nothing to a working door: asks, tries every answer, and writes a commented hub.yaml."""
    from hub.beginning import checks, written
    from hub.beginning.interview import Given, interview
    from hub.beginning.talk import Talk

    talk = Talk(alone=yes)
    given = Given(
        site, timezone, language, broker, ca_file, username, password, door, door_id, node, lock, device, unlocked_when,
        recipient, recipient_id, test_mail, host, port,
    )  # fmt: skip
    try:
        checks.folder(file.absolute())
        over = force or _may_replace(talk, [file])
        answers = interview(talk, given)
        made = written.files(answers, file, inline=inline_secrets)
        if not force:
            _may_replace(talk, [path for path in made if not (over and path == file.absolute())])
        written.write(made, file)
    except ConfigError as error:
        raise fail(error) from error
    talk.say(f"\nWritten: {', '.join(str(path) for path in made)}")
    talk.say(_next(answers, file, made))


def _may_replace(talk: "Talk", paths: list[Path]) -> bool:
    """Return whether something is there that may be written over; raises `ConfigError` where it may not."""
    there = [str(path) for path in paths if path.exists()]
    if there and not talk.choose(f"{', '.join(there)} is there already. Write over it?", default=False):
        raise ConfigError(f"{', '.join(there)} is there already and stays as it is; name another file, or use --force")
    return bool(there)


def _next(answers: "Answers", file: Path, made: dict[Path, tuple[str, int]]) -> str:
    from hub.beginning.checks import pages

    node = next(path for path in made if path.name == f"{answers.door.node}.yaml")
    lines = [
        "", "Next:", f"  1. Start the hub:     maskgate hub run --config {file}",
        f"  2. Open the console:  by the one-time link that it prints, at {pages(answers)}",
        f"  3. Start the board:   copy {node} to it as node.yaml, then there:",
        "                        maskgate node check --config node.yaml && maskgate node run --config node.yaml",
        f"     The door's display: {pages(answers)}/display/{answers.door.id}",
    ]  # fmt: skip
    if answers.broker.username:
        lines.append(
            f"     The board signs in as {answers.door.node}: give it an account of that name at the broker, and its\n"
            "     password in the file that node.yaml names. The broker's access list:\n"
            f"                        maskgate hub acl --config {file}"
        )
    if answers.broker.host in {"localhost", "127.0.0.1", "::1"}:
        lines.append("     For another machine write this one's address as mqtt.host into node.yaml.")
    return "\n".join(lines)
