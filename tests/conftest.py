"""What several suites need: the built app, and the Pythons that Splunk runs it with.

Plain Python 3.9: the unit tests of shipped code load this file too.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SPLUNK_PYTHONS = ("3.9", "3.13")


@pytest.fixture(scope="session")
def package() -> Path:
    """The .spl under test: MAIL_THREATS_SPL names it (build.py does), else the one in dist/ is taken."""
    named = os.environ.get("MAIL_THREATS_SPL")
    if named:
        return Path(named)
    built = sorted((REPOSITORY / "dist").glob("m365_mail_threats-*.spl"))
    if len(built) != 1:
        pytest.fail(f"dist/ holds {len(built)} packages, one is needed: run `python3 build.py package`")
    return built[0]


@pytest.fixture(scope="session", params=SPLUNK_PYTHONS)
def splunk_python(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """(version, interpreter), once for each Python that Splunk ships.

    MAIL_THREATS_PYTHONS names them as `3.9=/path,3.13=/path`, else PATH and pyenv are searched. A missing one is
    skipped, and fails where CI is set.
    """
    version = str(request.param)
    known = _interpreters()
    if version not in known:
        message = f"no Python {version} on PATH or in pyenv, and MAIL_THREATS_PYTHONS names none"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return version, known[version]


def _interpreters() -> dict[str, Path]:
    named = os.environ.get("MAIL_THREATS_PYTHONS", "")
    if named:
        parts = (part.partition("=") for part in named.split(","))
        return {version: Path(path) for version, _, path in parts}
    found = {}
    for version in SPLUNK_PYTHONS:
        on_path = shutil.which(f"python{version}")
        in_pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
        if in_pyenv or on_path:
            found[version] = in_pyenv[-1] if in_pyenv else Path(str(on_path))
    return found
