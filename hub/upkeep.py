"""What keeps the store and the broker tidy: what is too old goes, and what is no longer configured is taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine

from hub import discovery
from hub.config import HubConfig
from hub.store import write, writing
from hub.store.write import Letter
from maskgate import topics
from maskgate.ids import new_id


def purge(config: HubConfig, db: Engine, now: datetime) -> int:
    """Delete a few rows of what is older than its retention (P9); returns how many, 0 when nothing is left."""
    keep = config.retention
    first_day = (now.astimezone(config.zone) - timedelta(days=keep.counts_days)).date().isoformat()
    with writing(db) as tx:
        return write.purge(tx, now, events=keep.events, pictures=keep.evidence, first_day=first_day)


def farewell(config: HubConfig, doors: Sequence[str], nodes: Sequence[str], now: datetime) -> list[Letter]:
    """Empty what we retained of doors and nodes that are no longer configured (M6)."""
    ours = (topics.DOOR_STATE, topics.DOOR_DISPLAY)
    devices = [discovery.door_id(config, door) for door in doors]
    devices += [discovery.node_id(config, node) for node in nodes]
    # The devices first: nobody should look for a state in what is emptied.
    places = [message.topic for message in discovery.removals(devices, config)]
    places += [topic.path(config.mqtt.root, door=door) for door in doors for topic in ours]
    return [Letter(new_id(now), place, b"", retain=True) for place in places]
