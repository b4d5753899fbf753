"""What the API takes and gives."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from hub.policy.commands import LEAST_RELEASE_S
from hub.roles import Role
from maskgate.ids import EventId, Slug
from maskgate.messages import Availability, Decision, DoorState, LockAction, Mode, NodeHealth
from maskgate.messages.base import Timestamp
from maskgate.states import MaskState


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be a time between the years 1 and 9999, UTC") from error


#: A moment that somebody asks for.
When = Annotated[AwareDatetime, AfterValidator(_in_utc)]
#: Words that people read: no control characters.
Words = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", min_length=1, max_length=255)]
Label = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", min_length=1, max_length=60)]


class Body(BaseModel):
    """What is sent: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ModeBody(Body):
    """Change the mode until it is changed again."""

    mode: Mode


class LockBody(Body):
    """Lock or unlock by hand, for as long as a manual command holds."""

    action: LockAction


class OverrideBody(Body):
    """Hold the entry open or shut whatever the policy says, or end that."""

    action: Literal["lock", "unlock", "end"]
    reason: Words
    seconds: float = Field(
        default=300, gt=0, le=86_400, description=f"An unlocked entry is held for {LEAST_RELEASE_S:g} s at least."
    )


class EmergencyBody(Body):
    """Release the entry until it is reset (`active: false`)."""

    active: bool


class MessageBody(Body):
    """Show words on the displays."""

    text: Words
    seconds: float = Field(default=30, gt=0, le=86_400)


class TestBody(Body):
    """Let the door meet somebody who is not there, as if its first camera had seen them."""

    __test__ = False  # no test of ours, whatever pytest thinks of the name

    state: MaskState = MaskState.NO_MASK


class DoorOut(BaseModel):
    """A door; `state` is null until the hub has taken it up."""

    id: str
    name: str
    nodes: list[str]
    has_lock: bool
    state: DoorState | None


class Done(BaseModel):
    """A command that is on disk and was obeyed."""

    door: DoorState
    decisions: list[Decision] = Field(description="What was written down because of it.")


class NodeOut(BaseModel):
    """A node; what it says of itself is null until it was heard."""

    id: str
    door: str
    availability: Availability | None
    heard_at: Timestamp | None
    health: NodeHealth | None


class PassageOut(BaseModel):
    """A passage by one of its verdicts."""

    passage: EventId
    revision: int
    door: str
    node: str
    state: MaskState
    confidence: float
    frames: int
    faces_in_view: int
    model: str
    reason: str
    seen_from: Timestamp
    seen_to: Timestamp
    received_at: Timestamp
    decision: Decision | None


class PassagePage(BaseModel):
    """The newest first; `next` is the cursor of the page after this one, null at the end."""

    items: list[PassageOut]
    next: str | None


class PassageStory(BaseModel):
    """Every verdict about one passage, the oldest first."""

    items: list[PassageOut]
    pictures: list[str] = Field(description="The nodes of which there is a picture.")


class DecisionPage(BaseModel):
    """The newest first."""

    items: list[Decision]
    next: str | None


class NoticeOut(BaseModel):
    """One message to one recipient, and what became of it."""

    id: str
    recipient: str
    door: str
    kind: str
    about: str | None = Field(description="Its one line, where this program can write it.")
    created_at: Timestamp
    status: str
    attempts: int
    next_try: Timestamp
    sent_at: Timestamp | None
    last_error: str | None
    counted_in: str | None = Field(description="The notice that tells of this one; itself when it is told for itself.")


class NoticePage(BaseModel):
    """The newest first."""

    items: list[NoticeOut]
    next: str | None


class Tally(BaseModel):
    """People and violations of an hour, a day or a door."""

    key: str = Field(description="YYYY-MM-DDTHH or YYYY-MM-DD by the site's clock, or the door.")
    people: int
    violations: int
    late: int
    compliance: float | None = Field(description="The share of people without a violation; null without people.")


class Tallies(BaseModel):
    """Counts, in order of their key; hours and days without anybody are left out."""

    items: list[Tally]


class Me(BaseModel):
    """Who asks, as the hub sees it."""

    name: str
    role: Role
    csrf: str | None = Field(description="What a request that changes something must carry as X-CSRF-Token.")


class PersonOut(BaseModel):
    """Somebody who may sign in."""

    name: str
    role: Role
    created_at: Timestamp
    has_password: bool


class PersonLink(BaseModel):
    """Somebody, and the link by which they choose a password: once, within a day."""

    name: str
    link: str


class PersonBody(Body):
    """Somebody who shall be able to sign in."""

    name: Slug
    role: Role


class RoleBody(Body):
    """What somebody may do from now on."""

    role: Role


class TokenBody(Body):
    """What a machine shall be able to do, and until when."""

    name: Label
    role: Role = Role.VIEWER
    days: float | None = Field(default=365, gt=0, le=3650, description="Null: without an end.")


class TokenOut(BaseModel):
    """A token, without what it shows."""

    id: str
    name: str
    role: Role
    created_at: Timestamp
    created_by: str
    expires_at: Timestamp | None
    used_at: Timestamp | None


class TokenMade(TokenOut):
    """A new token: `secret` is shown this once."""

    secret: str


class AuditOut(BaseModel):
    """Something that somebody did."""

    at: Timestamp
    actor: str
    action: str
    door: str | None
    facts: dict[str, Any]


class AuditPage(BaseModel):
    """The newest first."""

    items: list[AuditOut]
    next: str | None
