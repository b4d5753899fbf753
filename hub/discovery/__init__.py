"""What Home Assistant is told: a device for the hub, each door and each node, by device-based discovery.

Reading order: identity (ids that never change when names do), entity (what all have in common), platforms (one builder
each), device, doors, nodes, hubs, announce.
"""

from hub.discovery.announce import device_ids, messages, removals
from hub.discovery.identity import door_id, node_id

__all__ = ["device_ids", "door_id", "messages", "node_id", "removals"]
