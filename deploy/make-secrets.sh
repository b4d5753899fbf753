#!/bin/sh
# Makes a password for each account of docker-compose.yml, once; what is there already stays (P5).
# Usage: deploy/make-secrets.sh [NODE...]     (front-camera when none is named)
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
for name in hub controller "${@:-front-camera}"; do
    [ -s "secrets/$name" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "secrets/$name"
done
# The broker's list, in clear; the broker's container keeps a hashed copy (mosquitto_passwd -U).
: > secrets/mqtt-users
for file in secrets/*; do
    name=$(basename "$file")
    [ "$name" = mqtt-users ] || printf '%s:%s\n' "$name" "$(cat "$file")" >> secrets/mqtt-users
done
# The containers read these as other users than yours.
chmod 755 secrets
chmod 644 secrets/*
echo "accounts in deploy/secrets: $(cut -d: -f1 secrets/mqtt-users | tr '\n' ' ')"
echo "Home Assistant's MQTT integration signs in as controller, with the text in deploy/secrets/controller"
