"""What the hub writes about itself, as `hub.yaml` says it."""

from typing import Literal

from pydantic import Field

from maskgate.config import Section


class Logs(Section):
    """The log, on standard error."""

    format: Literal["text", "json"] = Field(
        default="text", title="Format", description="json: one object a line, for machines that gather logs."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", title="Level", description="Least grave of what is written."
    )
