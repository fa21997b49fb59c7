"""A stand-in with small apps written for the test, and the Pythons that run their scripts."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from unit.stand_in.fixture_app import APP, App

from lab.splunk.interpreters import Interpreters, bare
from lab.splunk.stand_in import StandIn


def pythons() -> dict[str, Path]:
    """Splunk's Pythons that build.py found, or the one that runs the tests."""
    versions = dict(Interpreters.of_lab().versions)
    return versions or {"lab": bare(Path(sys.executable))}


@pytest.fixture(params=[pytest.param(path, id=version) for version, path in pythons().items()])
def python(request: pytest.FixtureRequest) -> Path:
    """An interpreter for the app's scripts, without packages of its own."""
    path: Path = request.param
    return path


@pytest.fixture
def one_python() -> Path:
    """Any of them, for tests in which the version makes no difference."""
    return next(iter(pythons().values()))


@pytest.fixture
def make_splunk(tmp_path: Path) -> Iterator[Callable[..., StandIn]]:
    """Makes stand-ins; closes them afterwards."""
    made: list[StandIn] = []

    def make(python: Path, **options: object) -> StandIn:
        home = tmp_path / f"splunk{len(made)}"
        made.append(StandIn(home, interpreters=Interpreters(python), **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for splunk in made:
        splunk.close()


@pytest.fixture
def splunk(make_splunk: Callable[..., StandIn], one_python: Path) -> StandIn:
    return make_splunk(one_python)


@pytest.fixture
def make_lib() -> Callable[[Path], None]:
    """Puts splunklib into an app's lib folder."""

    def make(lib: Path) -> None:
        lib.mkdir(parents=True, exist_ok=True)
        found = importlib.util.find_spec("splunklib")
        assert found is not None
        assert found.submodule_search_locations is not None
        os.symlink(found.submodule_search_locations[0], lib / "splunklib")

    return make


@pytest.fixture
def make_app(make_lib: Callable[[Path], None]) -> Callable[[StandIn], App]:
    """Adds an empty app, with splunklib in its lib, to a stand-in."""

    def make(splunk: StandIn) -> App:
        folder = splunk.home / "etc" / "apps" / APP
        make_lib(folder / "lib")
        (folder / "metadata").mkdir()
        (folder / "metadata" / "default.meta").write_text("[]\naccess = read : [ * ], write : [ admin ]\n")
        splunk.reload()
        return App(splunk, folder)

    return make


@pytest.fixture
def app(splunk: StandIn, make_app: Callable[[StandIn], App]) -> App:
    return make_app(splunk)
