#!/bin/sh
# Before Home Assistant's backup: a copy of the store that is whole, although the hub goes on.
set -eu
data="${DATA:-/data}"
rm -f "$data/backup.db"
# The copy needs no broker; its password has to be something.
MQTT_PASSWORD="${MQTT_PASSWORD:-none}" maskgate hub backup --config "${CONFIG:-/config}/hub.yaml" "$data/backup.db"
