"""The line to the broker that node, hub and demo share: paho-mqtt behind a small, mistrustful edge.

Reading order: `message`, `protocol` (what differs between MQTT 5 and 3.1.1), `trouble` (what is said of it), `link`.
"""

from maskgate.mqtt.link import Link
from maskgate.mqtt.message import Inbound, Outbound
from maskgate.mqtt.protocol import AT_ONCE

__all__ = ["AT_ONCE", "Inbound", "Link", "Outbound"]
