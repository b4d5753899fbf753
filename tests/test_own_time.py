"""The measure that tests of promises in seconds use: sharp on a quiet machine, fair on a busy one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.own_time import OwnTime, ends_within


def test_what_sleeps_too_long_is_found_however_busy_the_machine_is() -> None:
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    try:
        with pytest.raises(AssertionError, match="own time for its end"):
            ends_within(0.3, program, lambda: None)
    finally:
        program.kill()
        program.wait()


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this kernel does not count who stood in line")
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no processor can be chosen here")
def test_time_in_line_for_a_processor_is_not_its_own() -> None:
    mine = min(os.sched_getaffinity(0))
    spin = f"import os; os.sched_setaffinity(0, {{{mine}}})\nwhile True: pass"
    programs = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(3)]
    try:
        time.sleep(0.5)
        own, began = OwnTime(programs[0].pid), time.monotonic()
        time.sleep(1.5)
        own.look()
        assert own.seconds < 0.8 * (time.monotonic() - began), "two others have had their turns"
    finally:
        for program in programs:
            program.kill()
            program.wait()
