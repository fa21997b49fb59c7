"""The built app, and a fresh stand-in with it for every scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.scenarios.runner import Stand
from lab.splunk.stand_in import StandIn


@pytest.fixture
def stand_in(package: Path, tmp_path: Path) -> Iterator[Callable[[], Stand]]:
    """Makes stand-ins with the app installed and every detection disabled, as it ships; closes them afterwards."""
    made: list[StandIn] = []

    def make() -> Stand:
        splunk = StandIn(tmp_path / f"splunk{len(made)}", warm_commands=True)
        made.append(splunk)
        splunk.install(package)
        return splunk

    yield make
    for splunk in made:
        splunk.close()
