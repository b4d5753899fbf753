"""What the hub says of itself."""

from typing import Annotated

from pydantic import Field

from maskgate.messages.base import Message, Timestamp


class HubPulse(Message):
    """The thread that decides has had another turn; sent about once a second, and by nothing else."""

    at: Timestamp


class HubHealth(Message):
    """How the hub is; retained, every 10 s and on change."""

    at: Timestamp
    version: str
    started_at: Timestamp
    outbox: int = Field(ge=0, description="Messages decided on that the broker has not taken yet.")
    notices_waiting: int = Field(ge=0)
    notices_failed: int = Field(ge=0, description="Notices given up after their last try.")
    refused: int = Field(ge=0, description="Messages that were malformed or foreign, since the start.")
    late: int = Field(ge=0, description="Verdicts recorded as late, since the start.")
    problem: str | None = Field(
        default=None, max_length=255, description="What is wrong with a configuration that was refused, or null."
    )
    model: str | None = Field(
        default=None, max_length=200, description="The models that nodes of the hub's own version run, where known."
    )
    problems: tuple[Annotated[str, Field(max_length=255)], ...] = Field(
        default=(), max_length=50, description="What an operator must notice of the whole site, the gravest first."
    )
