"""The screen for the person at the door: a page, its stream, and a still picture for what runs no scripts.

Reading order: views (documents into what is shown), theme (its colours), fonts, picture (drawing), stills (kept
pictures), routes.
"""

from hub.web.display.routes import routes

__all__ = ["routes"]
