"""A real Home Assistant with a real broker, in temporary folders.

    home = Home(install)
    home.start()                       # broker up, Home Assistant RUNNING, its MQTT entry loaded
    home.wait_state("lock.front_entry", "locked")
    home.call("lock", "unlock", "lock.front_entry")
    home.restart()

Packages, blueprints and dashboards are put into `home.config` before `start` (or before `restart`): what lies in
`packages/` is taken in, `blueprints/` is where Home Assistant looks for them, `automations.yaml` is a list, and `extra`
is more of configuration.yaml. `complaints` is what its log says that concerns us. Everything waits on conditions.
"""

import contextlib
import json
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from maskgate.demo.broker import Broker, start_broker
from tests.system.homeassistant.installs import Install, tools

#: How long anything may take before a test gives up, in seconds: these machines share their cores.
LIMIT = 60.0
START_LIMIT_S = 240.0

CONFIGURATION = """\
homeassistant:
  name: Test
  latitude: 40.4
  longitude: -3.7
  elevation: 0
  unit_system: metric
  currency: EUR
  country: ES
  time_zone: UTC
  packages: !include_dir_named packages

http:
  server_host: 127.0.0.1
  server_port: !env_var HA_PORT 8123

frontend:
api:
config:
history:
websocket_api:
recorder:
  commit_interval: 1
automation: !include automations.yaml
logger:
  default: warning
statistics_now:
lose_one:
"""
#: What Home Assistant says of its own doing: that its broker went away, that a state took long on a busy machine, that
#: it lost an entity while it loaded (decision 0035; and once on purpose), and (2025.4) of a message of its own, by
#: which it clears a topic once more from which a device with disabled entities was taken back.
ITS_OWN = re.compile(
    r"Disconnected from MQTT server|helpers\.entity\] Updating state for \S+ .* took \d"
    r"|Exception in _async_setup_entity_entry_from_discovery "
    r"(?s:.*)\nKeyError: '(payload_available|lost on purpose)'\s*$"
    r"|No device components to cleanup for maskgate_"
)
#: What is ours in it: see these files.
COMPONENTS = ("statistics_now", "lose_one")
MANIFEST = {
    "version": "1.0.0", "dependencies": ["recorder", "mqtt"], "codeowners": [], "documentation": "",
    "iot_class": "calculated",
}  # fmt: skip


def until(holds: Callable[[], Any], what: str, limit: float = LIMIT, pause: float = 0.05) -> Any:
    """Wait until something holds, and return it; says what did not come."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(pause)
    raise AssertionError(f"waited {limit:g} s for {what}")


class Home:
    """Broker and Home Assistant; `folder` is emptied by `close`. Not started by the constructor."""

    def __init__(self, install: Install, *, extra: str = "") -> None:
        self.install = install
        # Under /tmp, which has the same name inside and outside of a root of its own; without our name, by which
        # `complaints` would take what is said of the folder for something of ours.
        self.folder = Path(tempfile.mkdtemp(prefix="home-of-tests-", dir="/tmp"))
        self.config = self.folder / "config"
        for name in ("packages", "blueprints", "dashboards"):
            (self.config / name).mkdir(parents=True)
        (self.config / "configuration.yaml").write_text(CONFIGURATION + extra)
        (self.config / "automations.yaml").write_text("[]\n")
        for name in COMPONENTS:
            component = self.config / "custom_components" / name
            component.mkdir(parents=True)
            (component / "manifest.json").write_text(json.dumps({**MANIFEST, "domain": name, "name": name}))
            shutil.copyfile(Path(__file__).with_name(f"{name}.py"), component / "__init__.py")
        self.broker: Broker | None = None
        self.ha: Any = None
        self._lab = tools()

    def start(self) -> None:
        """Start both, sign in, connect the one to the other."""
        self.broker = start_broker(self.folder / "broker", kind="mosquitto")
        self.ha = self._lab.HomeAssistant(self.install.hass, self.config)
        self._start_home()
        self.ha.add_mqtt(port=self.broker.port, timeout=LIMIT)

    @property
    def port(self) -> int:
        """The broker's."""
        assert self.broker is not None
        return self.broker.port

    @property
    def version(self) -> str:
        """What Home Assistant says of itself."""
        return str(self.ha.get("/api/config")["version"])

    def restart(self) -> None:
        """Restart Home Assistant in order; returns when it is RUNNING."""
        with self.away():
            pass

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Home Assistant is stopped meanwhile; at the end it is RUNNING again."""
        self.ha.stop()
        yield
        self._start_home()

    @contextlib.contextmanager
    def broker_hangs(self) -> Iterator[None]:
        """Let the broker stand still meanwhile; all connections stay."""
        assert self.broker is not None
        assert self.broker.process is not None
        self.broker.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.broker.process.send_signal(signal.SIGCONT)

    def _start_home(self) -> None:
        self.ha.start(timeout=START_LIMIT_S)
        self.ha.onboard()

    def close(self) -> None:
        """End what runs, and clear up."""
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            if self.broker is not None:
                stack.callback(self.broker.stop)
            if self.ha is not None:
                stack.callback(self.ha.stop)

    # What it shows.

    def states(self) -> dict[str, dict[str, Any]]:
        """Return every state by entity id; empty while it does not answer."""
        try:
            found: dict[str, dict[str, Any]] = self.ha.states()
        except (OSError, self._lab.HAError):
            return {}
        return found

    def state(self, entity: str) -> str | None:
        """Return one state, None where there is no such entity."""
        found = self.ha.state(entity)
        return None if found is None else str(found["state"])

    def attributes(self, entity: str) -> dict[str, Any]:
        """Return an entity's attributes."""
        found = self.ha.state(entity)
        attributes: dict[str, Any] = found["attributes"] if found else {}
        return attributes

    def wait_state(self, entity: str, state: str, limit: float = LIMIT) -> None:
        """Wait until an entity shows `state`."""
        seen: list[str | None] = []
        try:
            until(lambda: (seen.append(self.state(entity)), seen[-1] == state)[1], entity, limit)
        except AssertionError as error:
            raise AssertionError(f"{entity} never became {state}; it is {seen[-1]}") from error

    def call(self, domain: str, action: str, entity: str, **data: Any) -> None:
        """Call an action as a person or an automation does."""
        self.ha.call(domain, action, {"entity_id": entity, **data})

    def ws(self, command: str, **data: Any) -> Any:
        """Ask by WebSocket, on a new one where Home Assistant has closed an idle one."""
        try:
            return self.ha.ws(command, **data)
        except OSError:
            self.ha._reset_ws()
            return self.ha.ws(command, **data)

    def registry(self) -> dict[str, dict[str, Any]]:
        """Return the registered entities by entity id, disabled ones too."""
        return {row["entity_id"]: row for row in self.ws("config/entity_registry/list")}

    def devices(self) -> list[dict[str, Any]]:
        """Return the registered devices of ours."""
        rows = self.ws("config/device_registry/list")
        return [row for row in rows if row["manufacturer"] == "maskgate"]

    def events(self, entity: str) -> list[str]:
        """Return the moments at which an event entity fired, as its recorder has them."""
        # The recorder commits every second; an event that is on the way is seen at the next look.
        rows = self.ha.get(
            f"/api/history/period/2020-01-01T00:00:00+00:00?filter_entity_id={entity}&end_time=2100-01-01T00:00:00Z"
        )
        moments = [row["state"] for one in rows for row in one]
        return sorted({moment for moment in moments if moment not in ("unavailable", "unknown")})

    def compile_statistics(self, since: datetime) -> None:
        """Let the recorder take in what was shown in the five minutes from `since` on."""
        self.ha.call("statistics_now", "compile", {"start": since.isoformat()})

    def statistics(self, entity: str, period: str = "5minute") -> list[dict[str, Any]]:
        """Return what the recorder has of an entity, the oldest first: sums, and changes by period."""
        found = self.ws(
            "recorder/statistics_during_period", start_time="2020-01-01T00:00:00+00:00", statistic_ids=[entity],
            period=period, types=["state", "sum", "change", "last_reset"],
        )  # fmt: skip
        rows: list[dict[str, Any]] = found.get(entity, [])
        return rows

    def complaints(self, since: int = 0) -> list[str]:
        """Return the warnings and errors in the log, from a character on, that concern MQTT, templates or us: whole.

        Not those of Home Assistant's own doing.
        """
        words = ("mqtt", "maskgate", "template", "automation", "blueprint", "package", "lovelace", "script")
        entries = re.split(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.)", self.ha.log()[since:], flags=re.MULTILINE)
        heads = [entry.partition("\n")[0] for entry in entries]
        return [
            entry
            for entry, head in zip(entries, heads, strict=True)
            if (" WARNING " in head or " ERROR " in head)
            and any(word in head.lower() for word in words)
            and not ITS_OWN.search(entry)
        ]
