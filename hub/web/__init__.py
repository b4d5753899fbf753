"""The pages: the console for the building manager, the display for the person at the door, `/healthz`.

Reading order: context, health, metrics, stream (server-sent events), security, display, pages, api, errors, app (puts
them together), server.
"""

from hub.web.health import Health
from hub.web.server import Server

__all__ = ["Health", "Server"]
