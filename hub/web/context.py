"""What every room of the pages is given."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, fields

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import Engine

from hub.config import HubConfig
from hub.inputs import Answer, CommandIn, PassageIn
from hub.live import Live
from hub.watch.problem import Problem
from hub.web.health import HealthCheck
from maskgate.clock import Clock

#: Where the API begins.
PREFIX = "/api/v1"
#: Hands an input to the doors; the answer comes once it is on disk. Raises `queue.Full`.
Submit = Callable[[CommandIn | PassageIn], "Future[Answer]"]
#: Counters since the start of the program, by the name that a metric of them has without prefix and suffix.
Stats = Callable[[], Mapping[str, float]]
#: What an operator must notice of the site, the gravest first.
Problems = Callable[[], Sequence[Problem]]


def templates() -> Environment:
    """Return the pages' templates: what people wrote is escaped, what is not there is an error."""
    return Environment(
        loader=PackageLoader("hub.web", "templates"), autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """One hub as its pages know it; `health` says how its parts are."""

    config: HubConfig
    db: Engine
    live: Live
    clock: Clock
    health: HealthCheck
    submit: Submit | None = None
    stats: Stats = dict
    problems: Problems = tuple
    pages: Environment = field(default_factory=templates)

    def let_go(self) -> None:
        """Hold nothing any more: FastAPI remembers functions of ours for good, and these remember us."""
        for one in fields(self):
            if hasattr(self, one.name):
                object.__delattr__(self, one.name)
