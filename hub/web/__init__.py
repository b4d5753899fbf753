"""The pages: the console for the building manager, the display for the person at the door, `/healthz`.

Reading order: health, views (rows into words), stream (server-sent events), app, server.
"""

from hub.web.app import make_app
from hub.web.health import Health
from hub.web.server import Server

__all__ = ["Health", "Server", "make_app"]
