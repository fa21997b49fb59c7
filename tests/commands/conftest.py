"""The app's search commands as splunkd starts them: the built app, a process a search, each of Splunk's Pythons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands.caller import Caller
from commands.page import Page

from lab.rules import APP
from lab.splunk.interpreters import Interpreters
from lab.splunk.stand_in import StandIn


@pytest.fixture(scope="session")
def installed(
    splunk_python: tuple[str, Path], package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StandIn]:
    """The app on a stand-in whose only Python is the one under test."""
    version, python = splunk_python
    home = tmp_path_factory.mktemp(f"python{version}") / "splunk"
    splunk = StandIn(home, interpreters=Interpreters(python, {version: python}))
    splunk.install(package)
    yield splunk
    splunk.close()


@pytest.fixture
def call(installed: StandIn) -> Iterator[Caller]:
    """call(spl, rows, ...) -> rows and messages; what a test sets or stores is gone after it."""
    caller = Caller(installed)
    yield caller
    caller.forget()


@pytest.fixture(scope="session")
def warm_call(
    splunk_python: tuple[str, Path], package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Caller]:
    """As call, with processes forked from one that has its modules loaded: for tables of many searches."""
    version, python = splunk_python
    home = tmp_path_factory.mktemp(f"warm-python{version}") / "splunk"
    splunk = StandIn(home, interpreters=Interpreters(python, {version: python}), warm_commands=True)
    splunk.install(package)
    yield Caller(splunk)
    splunk.close()


@pytest.fixture
def page(installed: StandIn) -> Iterator[Page]:
    yield Page(installed)
    for name in ("mail_threats_allowlist", "mail_threats_allowlist_shadow", "mail_threats_allowlist_claims"):
        installed.kv(name, app=APP).delete()
    installed.index.clear()
    for stanza in list(installed.conf_tree.local("macros", APP)):
        installed.conf_tree.remove_local("macros", stanza, APP)
