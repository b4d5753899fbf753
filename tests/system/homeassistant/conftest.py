"""A real Home Assistant for the tests of this folder; see `home` (the home) and `site` (maskgate at it).

    def test_something(home: Home) -> None:          # each version that this machine has, once per session
        with Site(home) as site: ...

`current` is the newest alone, for tests that take long. Where none can be started the tests are skipped, and say why.
With `MASKGATE_HA_VERSIONS=2026.11` only those named are used.
"""

import os
from collections.abc import Iterator

import pytest

from maskgate.demo.broker import available
from tests.system.homeassistant import manager
from tests.system.homeassistant.home import Home
from tests.system.homeassistant.installs import NAMES, find
from tests.system.homeassistant.site import Site

_WANTED = os.environ.get("MASKGATE_HA_VERSIONS", ",".join(NAMES)).split(",")


def _home(name: str, extra: str = "") -> Iterator[Home]:
    """Start a home of one version, or skip; `extra` is more of configuration.yaml."""
    if name not in _WANTED:
        pytest.skip(f"MASKGATE_HA_VERSIONS leaves out {name}")
    if "mosquitto" not in available():
        pytest.skip("mosquitto is not installed")
    install = find(name)
    if isinstance(install, str):
        pytest.skip(install)
    made = Home(install, extra=extra)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session", params=NAMES)
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    """Home Assistant of each version."""
    yield from _home(request.param)


@pytest.fixture(scope="module")
def current() -> Iterator[Home]:
    """The newest Home Assistant, alone with the tests of one module."""
    yield from _home(NAMES[0])


@pytest.fixture(scope="session", params=NAMES)
def house(request: pytest.FixtureRequest) -> Iterator[Home]:
    """A home of each version with all that homeassistant/ has."""
    for home in _home(request.param, manager.CONFIGURATION):
        manager.put_in(home)
        yield home


@pytest.fixture(scope="module")
def site(home: Home) -> Iterator[Site]:
    """A site at each of them, with pictures, for the tests of one module."""
    with Site(home, keep_evidence=True) as made:
        yield made


@pytest.fixture(scope="module")
def front(house: Home) -> Iterator[manager.FrontSite]:
    """A site at each of them, whose door the shipped files name, from its first use to the end of a module."""
    with manager.FrontSite(house) as made:
        manager.at_rest(house)
        yield made
