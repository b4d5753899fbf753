"""What `/healthz` and `/readyz` say."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from hub.config import HubConfig

if TYPE_CHECKING:
    from hub.web.context import Context

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

    @property
    def ready(self) -> bool:
        """Whether this hub may be asked: for pages, and to command doors. Without a broker it says so itself."""
        return (self.store, self.engine) == (OK, OK)

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


def routes(context: "Context") -> APIRouter:
    """Return what machines ask; nobody needs to sign in for it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    def healthz() -> JSONResponse:
        found = checked(context.health, context.config)
        return JSONResponse(found.document(), 200 if found.working else 503)

    @router.get("/readyz")
    def readyz() -> JSONResponse:
        found = checked(context.health, context.config)
        return JSONResponse({"ready": found.ready}, 200 if found.ready else 503)

    return router
