"""Where a page of a list ended, as callers hand it back; and the filters that lists have."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query

from hub.store.lists import Place, Wanted
from hub.web.api.models import When
from maskgate.ids import Slug
from maskgate.messages import EventType
from maskgate.states import MaskState

#: No list is longer at once.
MOST = 500
Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,13}-[0-9]{1,15}$", description="`next` of the page before.")]


def write(at: datetime, seq: int) -> str:
    """Return the cursor of a place."""
    return f"{round(at.timestamp() * 1000)}-{seq}"


def read(cursor: str | None) -> Place | None:
    """Return the place of a cursor."""
    if cursor is None:
        return None
    at, _, seq = cursor.partition("-")
    return Place(datetime.fromtimestamp(int(at) / 1000, UTC), int(seq))


def _passages(
    door: Slug | None = None,
    node: Slug | None = None,
    state: MaskState | None = None,
    since: When | None = None,
    until: When | None = None,
) -> Wanted:
    return Wanted(door=door, node=node, state=state, since=since, until=until)


def _decisions(
    door: Slug | None = None, event: EventType | None = None, since: When | None = None, until: When | None = None
) -> Wanted:
    return Wanted(door=door, event=event, since=since, until=until)


PassageFilter = Annotated[Wanted, Depends(_passages)]
DecisionFilter = Annotated[Wanted, Depends(_decisions)]
