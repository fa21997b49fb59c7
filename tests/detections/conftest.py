"""The built app in empty stand-ins, which the tests of one process share where they leave the settings alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.scenarios.runner import Stand
from lab.scenarios.stands import Stands
from lab.splunk.stand_in import StandIn


@pytest.fixture(scope="session")
def every_stand(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stands]:
    """All stand-ins of a worker."""

    def make() -> StandIn:
        splunk = StandIn(tmp_path_factory.mktemp("splunk"), warm_commands=True)
        splunk.install(package)
        return splunk

    stands = Stands(make)
    yield stands
    stands.close()


@pytest.fixture
def stands(every_stand: Stands) -> Iterator[Stands]:
    """Lends stand-ins with the app installed and takes them back behind the test."""
    yield every_stand
    every_stand.take_back()


@pytest.fixture
def stand_in(stands: Stands) -> Callable[[], Stand]:
    """Gives stand-ins with the app installed and every detection disabled, as it ships."""
    return stands.lend
