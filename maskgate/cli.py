"""The `maskgate` command. Node, hub and training are imported only when they are asked for."""

import importlib
from enum import StrEnum
from typing import Annotated

import typer

from maskgate import topic_docs
from maskgate.topics import DEFAULT_DISCOVERY, DEFAULT_ROOT

app = typer.Typer(
    help="A mask rule, kept at a building's doors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would show the values of variables, secrets among them
)

#: A room's own command reads its own options, `--help` too.
_HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def _hand_on(room: str, module: str, extra: str, context: typer.Context) -> None:
    try:
        commands = importlib.import_module(module)
        commands.app(args=context.args, prog_name=f"maskgate {room}")  # it imports what is heavy only now
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in {"", "mask_node", "hub", "training", "maskgate"}:
            raise
        typer.echo(f"maskgate {room} needs {missing}: pip install 'maskgate[{extra}]'", err=True)
        raise typer.Exit(2) from error


@app.command(context_settings=_HANDED_ON, add_help_option=False)
def node(context: typer.Context) -> None:
    """A camera board: run, watch, detect, check."""
    _hand_on("node", "mask_node.cli", "node", context)


@app.command(context_settings=_HANDED_ON, add_help_option=False)
def hub(context: typer.Context) -> None:
    """The service of a site: run, check, reload."""
    _hand_on("hub", "hub.cli", "hub", context)


@app.command(context_settings=_HANDED_ON, add_help_option=False)
def train(context: typer.Context) -> None:
    """Make and judge the models: fit, export, score."""
    _hand_on("train", "training.cli", "training", context)


@app.command(context_settings=_HANDED_ON, add_help_option=False)
def demo(context: typer.Context) -> None:
    """The whole line on this machine, with a clip or a camera."""
    _hand_on("demo", "maskgate.demo.cli", "demo", context)


class Form(StrEnum):
    """How `maskgate topics` prints."""

    MARKDOWN = "markdown"
    ASYNCAPI = "asyncapi"
    ACL = "acl"


@app.command()
def topics(
    form: Annotated[Form, typer.Option("--format", "-f", help="A table, AsyncAPI 3 (JSON), or mosquitto's ACL.")] = (
        Form.MARKDOWN
    ),
    root: Annotated[str, typer.Option(help="Topic root of the site.")] = DEFAULT_ROOT,
    discovery: Annotated[str, typer.Option(help="Home Assistant's discovery prefix.")] = DEFAULT_DISCOVERY,
) -> None:
    """Print the catalogue of topics."""
    match form:
        case Form.MARKDOWN:
            text = topic_docs.markdown(root, discovery)
        case Form.ASYNCAPI:
            text = topic_docs.asyncapi(root, discovery)
        case Form.ACL:
            text = topic_docs.acl(root, discovery)
    typer.echo(text, nl=False)


def main() -> None:
    """Entry point of the `maskgate` command."""
    app(prog_name="maskgate")
