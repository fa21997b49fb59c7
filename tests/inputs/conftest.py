"""The real scripts of the built app, as splunkd starts them, against the simulated tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from inputs.forwarder import Forwarder


@pytest.fixture(scope="session")
def forwarders(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Forwarder]]:
    """forwarders(python) -> the one Splunk that runs its inputs with this interpreter."""
    with ExitStack() as opened:

        @cache
        def make(python: Path) -> Forwarder:
            made = Forwarder(tmp_path_factory.mktemp("forwarder") / "splunk", package, python)
            opened.callback(made.close)
            return made

        yield make


@pytest.fixture
def forwarder(forwarders: Callable[[Path], Forwarder], splunk_python: tuple[str, Path]) -> Iterator[Forwarder]:
    """A Splunk on which nothing was configured, collected or logged yet."""
    _, python = splunk_python
    made = forwarders(python)
    yield made
    made.forget()
