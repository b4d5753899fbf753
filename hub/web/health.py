"""What `/healthz` says."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from hub.config import HubConfig

OK = "ok"


@dataclass(frozen=True, slots=True)
class Health:
    """Each part is `ok`, or says in a few words what is wrong with it."""

    broker: str = OK
    store: str = OK
    engine: str = OK
    notices: str = OK

    @property
    def working(self) -> bool:
        """Whether the doors are served. Mail that does not get through closes none."""
        return (self.broker, self.store, self.engine) == (OK, OK, OK)

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        whole = OK if self.working and self.notices == OK else "degraded" if self.working else "failed"
        return {"status": whole, "version": version("maskgate"), **asdict(self)}


HealthCheck = Callable[[], Health]


def checked(check: HealthCheck, config: HubConfig) -> Health:
    """Ask `check`; a check that fails is itself the fault."""
    try:
        return check()
    except SQLAlchemyError:
        return Health(store="cannot be read")
    except Exception as error:  # noqa: BLE001 - whatever it is, the page must answer
        return Health(engine=f"cannot say how {config.site} is: {type(error).__name__}")
