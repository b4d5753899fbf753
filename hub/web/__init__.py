"""The pages: the console for the building manager, the display for the person at the door, `/healthz`.

Reading order: context, health, stream (server-sent events), security, display, pages, app (puts them together), server.
"""

from hub.web.app import make_app
from hub.web.health import Health
from hub.web.server import Server

__all__ = ["Health", "Server", "make_app"]
