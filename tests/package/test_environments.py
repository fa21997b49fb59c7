"""What build.py installs and when: tried with a package of this test's own, so that no network is needed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from package.checkouts import Checkout, bare_checkout

Pin = Callable[[str, str], None]


@pytest.fixture
def build(bare: Checkout, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """build.py of a checkout that has installed nothing yet; pip finds packages in <checkout>/wheels only."""
    monkeypatch.delenv("MAIL_THREATS_VENVS", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(bare.root / "wheels"))
    bare.write("requirements-build.txt", "")
    return bare.module()


@pytest.fixture
def pin(bare: Checkout) -> Pin:
    """pin("requirements-x.txt", "1.0"): offers version 1.0 of the package `weather` and pins it in the file."""

    def write(file: str, version: str) -> None:
        wheel = bare.root / "wheels" / f"weather-{version}-py3-none-any.whl"
        wheel.parent.mkdir(exist_ok=True)
        info = f"weather-{version}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("weather.py", f"VERSION = {version!r}\n")
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: weather\nVersion: {version}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        bare.write(file, f"weather=={version} --hash=sha256:{digest}\n")

    return write


def version_in(python: str) -> str:
    result = subprocess.run([python, "-c", "import weather; print(weather.VERSION)"], capture_output=True, text=True)
    return result.stdout.strip()


def test_first_use_installs_and_the_second_does_nothing(build: ModuleType, pin: Pin, bare: Checkout) -> None:
    pin("requirements-x.txt", "1.0")
    python = build.environment("x", "requirements-x.txt")
    assert version_in(python) == "1.0"
    (bare.root / "wheels" / "weather-1.0-py3-none-any.whl").unlink()
    assert build.environment("x", "requirements-x.txt") == python


def test_a_changed_requirement_file_replaces_the_environment(build: ModuleType, pin: Pin) -> None:
    pin("requirements-x.txt", "1.0")
    leftover = Path(build.environment("x", "requirements-x.txt")).parent / "leftover"
    leftover.touch()
    pin("requirements-x.txt", "2.0")
    assert version_in(build.environment("x", "requirements-x.txt")) == "2.0"
    assert not leftover.exists()


def test_a_second_requirement_file_is_added_to_what_is_there(build: ModuleType, pin: Pin, bare: Checkout) -> None:
    bare.write("requirements-x.txt", "")
    kept = Path(build.environment("x", "requirements-x.txt")).parent / "kept"
    kept.touch()
    pin("requirements-y.txt", "1.0")
    assert version_in(build.environment("x", "requirements-x.txt", "requirements-y.txt")) == "1.0"
    assert kept.exists()
    build.environment("x", "requirements-x.txt")
    assert kept.exists()


def test_an_interrupted_installation_is_begun_again(build: ModuleType, pin: Pin) -> None:
    pin("requirements-x.txt", "1.0")
    python = build.environment("x", "requirements-x.txt")
    (build.VENVS / "x" / "installed.txt").unlink()
    for package in build.VENVS.glob("x/lib/python*/site-packages/weather.py"):
        package.unlink()
    assert version_in(build.environment("x", "requirements-x.txt")) == "1.0"
    assert python == build.environment("x", "requirements-x.txt")


def test_a_moved_checkout_gets_new_environments(build: ModuleType, pin: Pin, bare: Checkout, tmp_path: Path) -> None:
    pin("requirements-x.txt", "1.0")
    build.environment("x", "requirements-x.txt")
    moved = bare_checkout(tmp_path / "moved")
    shutil.copytree(bare.root / ".venv", moved.root / ".venv", symlinks=True)
    for path in bare.root.glob("requirements-*.txt"):
        shutil.copyfile(path, moved.root / path.name)
    python = moved.module().environment("x", "requirements-x.txt")
    assert python.startswith(str(moved.root))
    assert (moved.root / ".venv" / "x" / "bin" / "pip").read_text().startswith(f"#!{moved.root}")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("weather==1.0 --hash=sha256:" + "0" * 64, id="another hash"),
        pytest.param("weather==1.0", id="no hash"),
        pytest.param("weather==9.9 --hash=sha256:" + "0" * 64, id="not to be had"),
    ],
)
def test_what_cannot_be_installed_fails_with_file_and_remedy(
    build: ModuleType, pin: Pin, bare: Checkout, fault: str
) -> None:
    pin("requirements-x.txt", "1.0")
    bare.write("requirements-x.txt", fault + "\n")
    with pytest.raises(build.Failure) as failure:
        build.environment("x", "requirements-x.txt")
    assert "Installing requirements-x.txt into" in str(failure.value)
    assert "Run the command again" in str(failure.value)
    assert not (build.VENVS / "x" / "installed.txt").exists()


def fake_python(folder: Path, version: str, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"python{version}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("script", "found"),
    [
        pytest.param("echo 3.9 /opt/python3.9", {"3.9": "/opt/python3.9"}, id="runs"),
        pytest.param("echo 3.8 /opt/python3.8", {}, id="another version under the name"),
        pytest.param("echo 'pyenv: python3.9: command not found' >&2; exit 127", {}, id="shim without a version"),
        pytest.param("echo 3.9 /opt/python3.9; exit 1", {}, id="breaks off"),
    ],
)
def test_a_python_counts_when_it_runs(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, found: dict[str, str]
) -> None:
    fake_python(tmp_path / "bin", "3.9", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    assert {version: path for version, path in build.splunk_pythons().items() if version == "3.9"} == found


@pytest.mark.parametrize("root", ["variable", "home", "shims on the path"])
def test_pythons_of_pyenv_are_found(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    fake_python(tmp_path / ".pyenv" / "versions" / "3.13.1" / "bin", "3.13", "echo 3.13 /opt/python3.13")
    fake_python(tmp_path / ".pyenv" / "shims", "3.13", "exit 127")
    monkeypatch.setenv("PATH", f"{tmp_path / '.pyenv' / 'shims'}:/nowhere" if root.startswith("shims") else "/nowhere")
    monkeypatch.setenv("HOME", str(tmp_path if root == "home" else tmp_path / "elsewhere"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / ".pyenv") if root == "variable" else "")
    assert build.splunk_pythons() == {"3.13": "/opt/python3.13"}
