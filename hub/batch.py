"""A batch: from inputs to everything that one transaction writes. Holds no thread and touches no database."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub import policy
from hub.asking import command_of
from hub.config import HubConfig
from hub.doors import apply
from hub.inputs import AckIn, AsideInput, AskIn, CommandIn, DoorInput, EvidenceIn, NodeIn, PassageIn, RefusedIn
from hub.locks import driver_for
from hub.policy import Machine, Outcome, Rules
from hub.policy.evolve import replace
from hub.policy.state import Seen
from hub.refusals import SAMPLE_BYTES
from hub.store import audits, together, write
from hub.store.erase import Erasure
from hub.store.open import Written
from hub.store.write import Letter, Row
from maskgate import topics
from maskgate.ids import new_id
from maskgate.messages import Ack, Acknowledge, Counters, Decision, Display, DoorState, Passage, PassageRef, encode

log = logging.getLogger(__name__)

#: Who is told of a decision: (configuration, decision, the door's violations today, now) to rows of `notices`.
Plan = Callable[[HubConfig, Decision, int, datetime], Sequence[Any]]
Documents = tuple[DoorState, Display]


class Batch:
    """Takes inputs in order against a copy of their doors; nothing counts until it is written and committed."""

    def __init__(
        self,
        config: HubConfig,
        rules: Mapping[str, Rules],
        machines: Mapping[str, Machine],
        documents: Mapping[str, Documents],
        *,
        stored: dict[tuple[str, str], set[int]],
        plan: Plan,
    ) -> None:
        self._config, self._rules, self._plan, self._stored = config, rules, plan, stored
        self._before = dict(machines)
        self.machines, self.documents = dict(machines), dict(documents)
        self.decided: dict[str, list[Decision]] = {}
        self.written: list[str] = []  # the doors that are not as they were
        self._passages: list[tuple[str, Passage, datetime]] = []
        self._acks: dict[str, list[PassageRef]] = {}
        self._nodes: dict[str, Row] = {}
        self._doors: dict[str, Row] = {}
        self._notices: list[Row] = []
        self._refusals: list[Row] = []
        self._pictures: list[Row] = []
        self._commands: list[Letter] = []
        self._announced: list[Letter] = []
        self._counts: dict[tuple[str, str], Counters] = {}
        self._acknowledged: set[str] = set()  # doors whose problem a person has seen
        self._by_people: list[CommandIn | PassageIn] = []

    @property
    def tells(self) -> bool:
        """Whether somebody is told of something."""
        return bool(self._notices)

    def take(self, item: DoorInput | AsideInput, now: datetime) -> None:
        """Take one input. A fault of ours in it is logged and costs this input only (P3)."""
        newest = 0
        if isinstance(item, AsideInput):
            self._put_aside(item, now)
            return
        if isinstance(item, PassageIn):
            passage = item.passage
            known = self._stored.setdefault((passage.passage, passage.node), set())
            self._acks.setdefault(passage.node, []).append(
                PassageRef(passage=passage.passage, revision=passage.revision)
            )
            if passage.revision in known:
                return  # the node had not heard our acknowledgement: it gets another, and that is all (M2)
            newest = max(known, default=0)
            known.add(passage.revision)
            self._passages.append((item.door, passage, item.received_at))
        if isinstance(item, NodeIn):
            self._note_node(item)
        if isinstance(item, CommandIn | PassageIn) and item.by is not None:
            self._by_people.append(item)
        try:
            outcome = apply(self._rules[item.door], self.machines[item.door], item, now, newest_stored=newest)
            if isinstance(item, CommandIn) and isinstance(item.command, Acknowledge):
                self._acknowledge(item.door, outcome.state)
            self._keep(item.door, outcome, now)
        except Exception:
            log.exception("an input at door %s could not be decided on; it is left out", item.door)

    def _acknowledge(self, door: str, after: Machine) -> None:
        """End the escalations of a door, those of this batch too, if the command was obeyed."""
        if after.heard == self.machines[door].heard:
            return  # too old, or heard before
        self._acknowledged.add(door)
        for row in self._notices:
            if row["door"] == door and row["next_try"] > row["created_at"]:
                row["status"] = "acknowledged"

    def _put_aside(self, item: AsideInput, now: datetime) -> None:
        """Take what no door decides on."""
        match item:
            case AckIn(node=node, ref=ref):
                self._acks.setdefault(node, []).append(ref)
            case AskIn():
                self._commands.append(command_of(item, self._config.mqtt.root, now))
            case EvidenceIn():
                self._pictures.append(asdict(item))
            case RefusedIn(payload=payload):
                self._refusals.append(asdict(item) | {"payload": payload[:SAMPLE_BYTES], "size": len(payload)})

    def tick(self, now: datetime) -> None:
        """End what is over at every door."""
        for door, machine in list(self.machines.items()):
            self._keep(door, policy.tick(self._rules[door], machine, now), now)

    def shift(self, by: timedelta) -> None:
        """The time of day was set."""
        self.machines = {door: policy.clock_set(machine, by).state for door, machine in self.machines.items()}

    def forget(self, erased: Sequence[Erasure], now: datetime) -> None:
        """Let the doors forget what was erased from the store."""
        for door, machine in self.machines.items():
            for one in erased:

                def covers(what: Decision | Seen, door: str = door, one: Erasure = one) -> bool:
                    return one.covers(passage=what.passage, node=what.node, door=door, at=what.at)

                machine = policy.forget(machine, covers)  # noqa: PLW2901 - one after the other
                if one.anonymous and one.door in (None, door):
                    machine = replace(machine, counters=Counters(), counting_since=now)  # noqa: PLW2901
            self.machines[door] = machine

    def start(self, now: datetime) -> None:
        """Take up every door after a start."""
        for door, machine in list(self.machines.items()):
            self._keep(door, policy.start(self._rules[door], machine, now), now)

    def write_to(self, tx: Connection, now: datetime, *, announced: bool = False, sign: str | None = None) -> None:
        """Write it all; part of the caller's transaction.

        `announced`: the doors' documents leave by another way. `sign`: the hub that tells the others of it.
        """
        with together(tx):
            self._write_to(tx, now, announced=announced)
            if sign is not None:
                write.tell_hubs(tx, sign)

    def _write_to(self, tx: Connection, now: datetime, *, announced: bool) -> None:
        write.put_passages(tx, self._passages)
        write.put_decisions(tx, [one for made in self.decided.values() for one in made])
        letters = list(self._commands)  # what moves a lock leaves first
        for door, machine in self.machines.items():
            if machine != self._before[door] or door not in self.documents:
                documents = self._write_door(door, machine, now)
                letters += () if announced else documents
        write.put_doors(tx, now, self._doors)
        write.add_counts(tx, self._counts)
        for item in self._by_people:
            said = item.command if isinstance(item, CommandIn) else item.passage
            audits.note(tx, now, item.by or "", type(said).__name__, door=item.door, said=said.model_dump(mode="json"))
        for node, values in self._nodes.items():
            write.put_node(tx, node, now, values)
        write.acknowledge(tx, self._acknowledged)
        write.put_notices(tx, self._notices)
        write.put_refusals(tx, self._refusals)
        write.put_evidence(tx, self._pictures)
        letters += self._announced
        for node, stored in self._acks.items():
            topic = topics.NODE_ACK.path(self._config.mqtt.root, node=node)
            letters.append(Letter(new_id(now), topic, encode(Ack(stored=tuple(stored)))))
        write.put_letters(tx, letters, now)

    def _keep(self, door: str, outcome: Outcome, now: datetime) -> None:
        before, after = self.machines[door], outcome.state
        told = [one.decision for one in outcome.decided if one.tell]
        planned = [self._plan(self._config, one, after.counters.violations, now) for one in told]
        if outcome.command and (lock := self._rules[door].door.lock):
            message = driver_for(lock, root=self._config.mqtt.root, door=door).command(outcome.command)
            self._commands.append(
                Letter(outcome.command.id, message.topic, message.payload, expires_at=outcome.command.expires_at)
            )
        for one in outcome.decided:
            self.decided.setdefault(door, []).append(one.decision)
            if one.announce:
                topic = topics.DOOR_DECISION.path(self._config.mqtt.root, door=door)
                self._announced.append(Letter(one.decision.id, topic, encode(one.decision)))
        self._notices += [asdict(row) for rows in planned for row in rows]
        self._count(door, before, after, now)
        self.machines[door] = after

    def _count(self, door: str, before: Machine, after: Machine, now: datetime) -> None:
        base = before.counters if before.day == after.day else Counters()
        if after.counters == base:
            return
        key = (door, f"{after.day}T{now.astimezone(self._config.zone):%H}")
        sums = self._counts.get(key, Counters())
        self._counts[key] = Counters(
            people=sums.people + after.counters.people - base.people,
            violations=sums.violations + after.counters.violations - base.violations,
            late=sums.late + after.counters.late - base.late,
        )

    def _note_node(self, item: NodeIn) -> None:
        values = self._nodes.setdefault(item.node, {})
        if item.availability is not None:
            values["availability"] = item.availability.value
        if item.health is not None:
            values["health"] = item.health.model_dump(mode="json")

    def _write_door(self, door: str, machine: Machine, now: datetime) -> list[Letter]:
        """Make a door's row; returns its documents as letters, each only when it says something new."""
        rules, root, old = self._rules[door], self._config.mqtt.root, self.documents.get(door)
        state, display = policy.door_state(rules, machine, now), policy.display(rules, machine, now)
        letters = []
        if old and _same(old[0], state):
            state = old[0]
        else:
            letters.append(Letter(new_id(now), topics.DOOR_STATE.path(root, door=door), encode(state), retain=True))
        if old and _same(old[1], display):
            display = old[1]
        else:
            letters.append(Letter(new_id(now), topics.DOOR_DISPLAY.path(root, door=door), encode(display), retain=True))
        self.documents[door] = (state, display)
        self.written.append(door)
        self._doors[door] = {
            "machine": Written(policy.to_json(machine)), "state": Written(state.model_dump_json()),
            "display": Written(display.model_dump_json()),
        }  # fmt: skip
        return letters


def _same(old: DoorState | Display, new: DoorState | Display) -> bool:
    """Whether two documents say the same, whenever they say it."""
    return old.model_copy(update={"at": new.at}) == new
