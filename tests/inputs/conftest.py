"""The real scripts of the built app, as splunkd starts them, against the simulated tenant.

MAIL_THREATS_SPL names the built app (else the one in dist/ is taken), MAIL_THREATS_PYTHONS the interpreters, as
`3.9=/path,3.13=/path` (else PATH and pyenv are searched). A test that takes `forwarder` runs with each interpreter; one
that takes `any_forwarder` is a row of a long table and runs with one of them, the rows in turn.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from inputs.forwarder import Forwarder

VERSIONS = ("3.9", "3.13")
ROOT = Path(__file__).parents[2]


def interpreters() -> dict[str, Path]:
    """The interpreters to test with, by version."""
    named = os.environ.get("MAIL_THREATS_PYTHONS", "")
    if named:
        return {version: Path(path) for version, _, path in (part.partition("=") for part in named.split(","))}
    found = {}
    for version in VERSIONS:
        on_path = shutil.which(f"python{version}")
        in_pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        if on_path or in_pyenv:
            found[version] = in_pyenv[-1] if in_pyenv else Path(str(on_path))
    return found


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest) -> Path:
    return _interpreter(request.param)


def _interpreter(version: str) -> Path:
    known = interpreters()
    if version not in known:
        message = f"no Python {version} on PATH or in pyenv, and MAIL_THREATS_PYTHONS names none"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return known[version]


@pytest.fixture(scope="session")
def spl() -> Path:
    """The built app."""
    named = os.environ.get("MAIL_THREATS_SPL")
    built = [Path(named)] if named else sorted((ROOT / "dist").glob("*.spl"))
    if not built:
        pytest.fail("there is no built app: run `python3 build.py package`, or set MAIL_THREATS_SPL")
    return built[-1]


@pytest.fixture
def forwarder(tmp_path: Path, spl: Path, python: Path) -> Iterator[Forwarder]:
    made = Forwarder(tmp_path / "splunk", spl, python)
    yield made
    made.close()


@pytest.fixture
def any_forwarder(tmp_path: Path, spl: Path, request: pytest.FixtureRequest) -> Iterator[Forwarder]:
    version = VERSIONS[crc32(request.node.name.encode()) % len(VERSIONS)]
    made = Forwarder(tmp_path / "splunk", spl, _interpreter(version))
    yield made
    made.close()
