"""A hub's core in a process of its own, which may kill itself at a chosen instant (see test_death.py)."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(REPOSITORY)]


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    from hub.batch import Batch
    from hub.config import HubConfig
    from hub.core import Core
    from hub.notices.plan import plan
    from hub.store import open_store
    from maskgate.clock import SystemClock

    while len(sys.argv) > 3 and not Path(sys.argv[3]).exists():
        time.sleep(0.01)  # all is loaded; the lock command of the one before expires soon
    config = HubConfig.model_validate(json.loads(Path(sys.argv[1]).read_text()))
    core = Core(config, open_store(config.database), SystemClock(), plan=plan, discovery=lambda _config: [])
    core.engine.start()
    match sys.argv[2]:
        case "before_commit":
            write = Batch.write_to

            def write_and_die(self: Batch, *args: Any, **options: Any) -> None:
                write(self, *args, **options)
                if self.decided:
                    die()

            Batch.write_to = write_and_die  # type: ignore[method-assign]
        case "after_commit":
            core.engine._on_commit = die
        case "after_command":
            # The broker has the command, and nobody has noted that.
            core.dispatcher._mark = die  # type: ignore[method-assign]
    core.connect()
    threading.Event().wait()


if __name__ == "__main__":
    main()
