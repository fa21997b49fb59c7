from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
from package.checkouts import REPOSITORY, Checkout, bare_checkout, full_checkout


@pytest.fixture
def bare(tmp_path: Path) -> Checkout:
    return bare_checkout(tmp_path / "bare")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return full_checkout(tmp_path / "checkout")


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that is packaged already; tests that use it leave its sources alone."""
    checkout = full_checkout(tmp_path_factory.mktemp("packaged") / "checkout")
    result = checkout.run("package")
    assert result.returncode == 0, result.stderr
    return checkout


@pytest.fixture(scope="session")
def spl() -> Path:
    """The package under test; build.py names it in MAIL_THREATS_SPL."""
    named = os.environ.get("MAIL_THREATS_SPL")
    if not named:
        pytest.fail(f"MAIL_THREATS_SPL names no package; run: python3 {REPOSITORY / 'build.py'} test package")
    return Path(named)


@pytest.fixture(scope="session")
def app(spl: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that unpacking the package gives."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(spl) as tar:
        tar.extractall(folder, filter="data")
    return folder / "m365_mail_threats"
