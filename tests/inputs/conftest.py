"""The real scripts of the built app, as splunkd starts them, against the simulated tenant."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from inputs.forwarder import Forwarder

from lab.splunk.stand_in import StandIn


@pytest.fixture(scope="session")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """installed(python) -> the app's folder as the first run of an input leaves it: unpacked, and compiled by it."""

    @cache
    def install(python: Path) -> Path:
        home = tmp_path_factory.mktemp("installed") / "splunk"
        splunk = StandIn(home)
        app = home / "etc/apps" / splunk.install(package)
        splunk.close()
        subprocess.run([python, "-I", "-m", "compileall", "-q", app / "lib", app / "bin"], check=True)
        return app

    return install


@pytest.fixture
def forwarder(
    tmp_path: Path, installed: Callable[[Path], Path], splunk_python: tuple[str, Path]
) -> Iterator[Forwarder]:
    _, python = splunk_python
    made = Forwarder(tmp_path / "splunk", installed(python), python)
    yield made
    made.close()
