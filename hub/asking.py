"""What people ask of nodes, as commands of the hub: a node obeys nobody else."""

from datetime import datetime, timedelta

from hub.inputs import AskIn
from hub.store.write import Letter
from maskgate import topics
from maskgate.ids import new_id
from maskgate.messages import NodeCommand, NodeWish, SetEnable, encode

_TOPICS = {
    NodeWish.ENABLE: topics.NODE_SET_ENABLE,
    NodeWish.REST: topics.NODE_SET_ENABLE,
    NodeWish.IDENTIFY: topics.NODE_SET_IDENTIFY,
    NodeWish.RESTART: topics.NODE_SET_RESTART,
    NodeWish.SNAPSHOT: topics.NODE_SET_SNAPSHOT,
}


def command_of(asked: AskIn, root: str, now: datetime) -> Letter:
    """Return the command. Its id is the request's fingerprint: a node does the same request once (S2)."""
    topic = _TOPICS[asked.wish]
    expires_at = now + timedelta(seconds=topic.expiry_s or 0)
    command = NodeCommand(sent_at=now, id=asked.mark, expires_at=expires_at)
    if topic is topics.NODE_SET_ENABLE:
        command = SetEnable(**dict(command), enabled=asked.wish is NodeWish.ENABLE)
    return Letter(new_id(now), topic.path(root, node=asked.node), encode(command), expires_at=expires_at)
