"""The built app in a stand-in, and each rule fired once, for rules that look at what a search really gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from rules.firing import FIRES, Fired, Story, fire

from lab.rules import APP
from lab.splunk.environment import SearchEnvironment
from lab.splunk.stand_in import StandIn


@pytest.fixture(scope="session")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """The app on a stand-in without data; tests leave it as it is."""
    splunk = StandIn(tmp_path_factory.mktemp("installed") / "splunk", warm_commands=True)
    splunk.install(package)
    yield splunk
    splunk.close()


@pytest.fixture
def environment(installed: StandIn) -> SearchEnvironment:
    return installed.environment(app=APP)


@pytest.fixture(scope="session")
def fired(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Fired]]:
    """fired(rule, story) -> the scenario `fires`, or the story, by hand and then by the scheduler, once a session."""
    made: list[StandIn] = []

    @cache
    def make(rule: str, story: Story = FIRES) -> Fired:
        splunk = StandIn(tmp_path_factory.mktemp("fired") / "splunk", warm_commands=True)
        made.append(splunk)
        splunk.install(package)
        return fire(rule, splunk, story)

    yield make
    for splunk in made:
        splunk.close()
