"""What is wrong: facts in, findings out. Pure.

A limit that is passed is left again only a good deal on its other side (`standing` is what stands, by key), so that
what hovers at a limit does not flicker. What cannot be known for a while (after a start, without a broker) stays as it
was.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType

from hub.policy import FaultKind, availability_fault, health_faults
from hub.watch.facts import CertificateFacts, ChannelFacts, DiskFacts, Facts, NodeFacts
from hub.watch.problem import Finding, Kind, Severity
from maskgate.messages import Availability

#: A node speaks every 10 s; after so many seconds without a word something is wrong, whatever its availability says.
SILENT_S = 60.0
#: A notice that was tried so often has a channel that does not work; a single refused try says little.
TRIES = 3
#: Free space is short below this share of the disk, or below this many bytes where the share would be more.
DISK_SHARE, DISK_BYTES = 0.05, 2 * 1024**3
#: Below this part of that limit somebody must look at once; above this multiple all is well again.
DISK_SEVERE, DISK_WELL = 0.2, 1.25
#: Clocks that differ by more make verdicts late (`max_age` is 5 s as shipped); well again below the second, seconds.
CLOCK_S, CLOCK_WELL_S = 2.0, 1.0
#: A node's word is compared with the clock only while it is fresh, in seconds.
FRESH_S = 25.0
#: How long before its end a certificate is spoken of, and when somebody must look at once.
CERTIFICATE_WARNS, CERTIFICATE_URGES = timedelta(days=21), timedelta(days=3)

_CAMERA_KINDS = {FaultKind.CAMERA: Kind.CAMERA, FaultKind.DETECTOR: Kind.DETECTOR}


def judge(facts: Facts, standing: Mapping[str, Finding] = MappingProxyType({})) -> list[Finding]:
    """Return what is wrong now, each key once, the gravest first."""
    found: list[Finding] = []
    if facts.listening_since is None:
        found.append(Finding("broker", Kind.BROKER, Severity.SEVERE, "The broker is away", told=facts.doors_tell))
    for lock in facts.locks:
        key = f"lock/{lock.door}"
        found.append(Finding(key, Kind.LOCK, Severity.SEVERE, lock.text, door=lock.door, told=True))
    for node in facts.nodes:
        found += _node(node, facts, standing)
    for channel in facts.channels:
        found += _channel(channel)
    for disk in facts.disks:
        found += _disk(disk, standing)
    found += _clocks(facts, standing)
    for certificate in facts.certificates:
        found += _certificate(certificate, facts, standing)
    return sorted(found, key=lambda one: one.severity is not Severity.SEVERE)


def _node(node: NodeFacts, facts: Facts, standing: Mapping[str, Finding]) -> Iterator[Finding]:
    if facts.listening_since is None:  # of what it says nothing can be heard
        yield from (one for one in standing.values() if one.node == node.node and one.kind is not Kind.CLOCK)
        return
    name = node.node
    silent = _silence(node, facts, stood=f"node/{name}" in standing)
    if silent is not None:
        orderly = node.availability is Availability.STOPPED
        # Silent although its last word was that it is there: no door knows of it.
        told = node.told and node.availability is Availability.OFFLINE
        yield Finding(f"node/{name}", Kind.NODE, Severity.WARNING, silent, node.door, name, told=told, quiet=orderly)
        return  # what it said last of its camera is no news
    if node.health is None:
        return
    for kind, text in health_faults(node.health).items():
        if text is not None:
            key = f"{_CAMERA_KINDS[kind].value}/{name}"
            yield Finding(key, _CAMERA_KINDS[kind], Severity.WARNING, text, node.door, name, told=node.told)
    if node.health.storage == "memory":
        text = f"The disk of the camera board {name} is full or fails"
        yield Finding(f"node-disk/{name}", Kind.DISK, Severity.WARNING, text, node.door, name)


def _silence(node: NodeFacts, facts: Facts, *, stood: bool) -> str | None:
    """Say how a node is silent; one that was so before (`stood`) has no time to be heard first."""
    if node.availability is not None and (said := availability_fault(node.node, node.availability)):
        return said
    moments = [moment for moment in (node.heard_at, None if stood else facts.listening_since) if moment]
    if moments and (facts.at - max(moments)).total_seconds() <= SILENT_S:
        return None
    if node.heard_at is None:
        return f"The camera board {node.node} was never heard"
    return f"The camera board {node.node} says nothing any more"


def _channel(channel: ChannelFacts) -> Iterator[Finding]:
    name = channel.recipient
    if channel.tried >= TRIES:
        text = f"No notice reaches {name}"
        yield Finding(f"mail/{name}", Kind.MAIL, Severity.SEVERE, text, concerns=name)
    if channel.given_up:
        text = f"Notices to {name} that were given up: {channel.given_up}"
        yield Finding(f"given-up/{name}", Kind.MAIL, Severity.WARNING, text, concerns=name)


def _disk(disk: DiskFacts, standing: Collection[str]) -> Iterator[Finding]:
    key, limit = f"disk/{disk.path}", min(disk.total * DISK_SHARE, DISK_BYTES)
    if disk.free < limit * (DISK_WELL if key in standing else 1):
        severity = Severity.SEVERE if disk.free < limit * DISK_SEVERE else Severity.WARNING
        text = f"The disk of {disk.path} is nearly full: {disk.free // 1_000_000} MB are left"
        yield Finding(key, Kind.DISK, severity, text)


def _clocks(facts: Facts, standing: Collection[str]) -> Iterator[Finding]:
    """Where most boards agree with each other against the hub, the hub's clock is wrong; else a board's own."""
    if facts.clock_set is False:
        text = "No time server sets the hub's clock"
        yield Finding("clock/unset", Kind.CLOCK, Severity.WARNING, text)
    ahead = {node.node: gap for node in facts.nodes if (gap := _ahead_s(node, facts)) is not None}
    limit = CLOCK_WELL_S if "clock/hub" in standing else CLOCK_S
    for side in (1, -1):
        away = sorted(side * gap for gap in ahead.values() if side * gap > limit)
        if len(away) >= 2 and len(away) * 2 > len(ahead):
            word = "slow" if side > 0 else "fast"
            text = f"The hub's clock is {word} by {away[len(away) // 2]:.0f} s, as most camera boards have it"
            yield Finding("clock/hub", Kind.CLOCK, Severity.SEVERE, text)
            return
    doors = {node.node: node.door for node in facts.nodes}
    for name, gap in ahead.items():
        if abs(gap) > (CLOCK_WELL_S if f"clock/{name}" in standing else CLOCK_S):
            text = f"The clocks of the hub and of the camera board {name} differ by {abs(gap):.0f} s"
            yield Finding(f"clock/{name}", Kind.CLOCK, Severity.WARNING, text, doors[name], name)


def _ahead_s(node: NodeFacts, facts: Facts) -> float | None:
    """Return how far a node's clock is ahead of ours; None where nothing fresh tells."""
    if node.health is None or node.heard_at is None or node.availability is not Availability.ONLINE:
        return None
    if not 0 <= (facts.at - node.heard_at).total_seconds() <= FRESH_S:
        return None
    return (node.health.at - node.heard_at).total_seconds()


def _certificate(one: CertificateFacts, facts: Facts, standing: Collection[str]) -> Iterator[Finding]:
    key, left = f"certificate/{one.whose}", one.ends_at - facts.at
    if left > CERTIFICATE_WARNS + (timedelta(days=1) if key in standing else timedelta()):
        return
    severity = Severity.SEVERE if left <= CERTIFICATE_URGES else Severity.WARNING
    day = one.ends_at.date().isoformat()
    verb = "ends" if left > timedelta() else "ended"
    yield Finding(key, Kind.CERTIFICATE, severity, f"The certificate of the {one.whose} {verb} on {day}")
