"""The page for the person at the door. Reading order: views (documents into what is shown), routes."""

from hub.web.display.routes import routes

__all__ = ["routes"]
