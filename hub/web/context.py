"""What every room of the pages is given."""

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import Engine

from hub.config import HubConfig
from hub.live import Live
from hub.web.health import HealthCheck
from maskgate.clock import Clock


@dataclass(frozen=True, slots=True)
class Context:
    """One hub as its pages know it; `health` says how its parts are."""

    config: HubConfig
    db: Engine
    live: Live
    clock: Clock
    health: HealthCheck
    pages: Environment


def templates() -> Environment:
    """Return the pages' templates: what people wrote is escaped, what is not there is an error."""
    return Environment(
        loader=PackageLoader("hub.web", "templates"), autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
