"""What is stuck is noticed, begun anew five times a minute at most, then called a fault."""

import pytest

from mask_node.supervise import LOOK_EVERY_S, MINUTE_S, MOST_RESTARTS, STUCK_S, Beat, Part, Supervisor
from tests.conftest import ManualClock
from tests.mask_node.fakes import until


class Patient:
    """A part that a test can stop."""

    def __init__(self, clock: ManualClock) -> None:
        self.beat, self.running, self.mends, self.begun = Beat(clock), True, True, 0
        self.part = Part("camera", alive=lambda: self.running, beat=lambda: self.beat.at, restart=self.restart)

    def restart(self) -> None:
        self.begun += 1
        if self.mends:
            self.running = True
        self.beat()


def test_a_part_that_gives_signs_of_life_is_left_alone(clock: ManualClock) -> None:
    patient = Patient(clock)
    supervisor = Supervisor([patient.part], clock)
    for _ in range(100):
        clock.advance(LOOK_EVERY_S)
        patient.beat()
        supervisor.turn()
    assert (patient.begun, supervisor.restarts, supervisor.faults) == (0, 0, ())


def test_a_stuck_part_is_noticed_within_ten_seconds(clock: ManualClock) -> None:
    patient = Patient(clock)
    supervisor = Supervisor([patient.part], clock)
    while not patient.begun:
        clock.advance(LOOK_EVERY_S)
        supervisor.turn()
    assert clock.monotonic() <= 10
    assert (supervisor.restarts, supervisor.faults) == (1, ())


def test_a_part_that_has_ended_is_noticed_at_the_next_look(clock: ManualClock) -> None:
    patient = Patient(clock)
    supervisor = Supervisor([patient.part], clock)
    patient.running = False
    supervisor.turn()
    assert patient.begun == 1


def test_one_that_stays_dead_is_begun_five_times_a_minute_and_is_a_fault(clock: ManualClock) -> None:
    patient = Patient(clock)
    patient.running, patient.mends = False, False
    supervisor = Supervisor([patient.part], clock)
    begun_at = []
    while clock.monotonic() < 10 * MINUTE_S:
        before = patient.begun
        supervisor.turn()
        if patient.begun > before:
            begun_at.append(clock.monotonic())
        if clock.monotonic() >= 10:
            assert supervisor.faults == ("camera",)
        clock.advance(LOOK_EVERY_S)
    most = max(sum(at <= each < at + MINUTE_S for each in begun_at) for at in begun_at)
    assert most == MOST_RESTARTS
    assert len(begun_at) >= 9 * MOST_RESTARTS, "it is tried on"


def test_a_fault_is_over_when_the_part_has_been_well_for_a_while(clock: ManualClock) -> None:
    patient = Patient(clock)
    patient.running, patient.mends = False, False
    supervisor = Supervisor([patient.part], clock)
    for _ in range(MOST_RESTARTS + 1):
        supervisor.turn()
        clock.advance(LOOK_EVERY_S)
    assert supervisor.faults == ("camera",)
    patient.running = True
    patient.beat()
    supervisor.turn()
    assert supervisor.faults == ("camera",), "not at once: it may end again"
    clock.advance(MINUTE_S)
    patient.beat()
    supervisor.turn()
    assert supervisor.faults == ()


def test_a_restart_that_fails_ends_nothing(clock: ManualClock) -> None:
    looks = []

    def fail() -> None:
        raise RuntimeError("no")

    supervisor = Supervisor(
        [Part("camera", alive=lambda: False, beat=lambda: 0.0, restart=fail)], clock, after=lambda: looks.append(1)
    )
    supervisor.start()
    supervisor._stopping.wait(2.5 * LOOK_EVERY_S)
    assert len(looks) >= 2
    supervisor.stop(1)
    assert STUCK_S + LOOK_EVERY_S < 10


def test_a_fault_in_what_follows_a_look_ends_no_looking(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    looks = []

    def fail() -> None:
        looks.append(1)
        raise RuntimeError("the pin does not answer")

    supervisor = Supervisor([Patient(clock).part], clock, after=fail)
    supervisor.start()
    until(lambda: len(looks) >= 2, "a second look")
    supervisor.stop(2)
    assert "the pin does not answer" in caplog.text
