"""Properties are checked for what they say, not for how fast a loaded machine checks them."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
