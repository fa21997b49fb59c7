"""Copies of the repository to build in, and its build.py as a module."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = ("package", "bin", "default", "lookups")
TIME = 1_772_524_800  # 2026-03-03T08:00:00Z: what the checkouts take for the time of their sources


@dataclass(frozen=True)
class Checkout:
    """A folder with build.py in it, run by the Python of the tests with this repository's installed environments."""

    root: Path

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Starts `build.py ARGUMENTS` with pipes for stdout and stderr; `env` is laid over the variables it gets."""
        variables = {**os.environ, "MAIL_THREATS_VENVS": str(REPOSITORY / ".venv"), "SOURCE_DATE_EPOCH": str(TIME)}
        variables.update(env or {})
        command = [sys.executable, str(self.root / "build.py"), *arguments]
        return subprocess.Popen(
            command, cwd=self.root.parent, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, env=env) as process:
            stdout, stderr = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def module(self) -> ModuleType:
        """This folder's build.py, imported: its paths are this folder's."""
        spec = importlib.util.spec_from_file_location("build_under_test", self.root / "build.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up by name
        spec.loader.exec_module(module)
        return module


def bare_checkout(root: Path) -> Checkout:
    """build.py alone, with an empty tests folder."""
    (root / "tests").mkdir(parents=True)
    shutil.copyfile(REPOSITORY / "build.py", root / "build.py")
    return Checkout(root)


def full_checkout(root: Path) -> Checkout:
    """Everything that packaging reads; not the tests."""
    checkout = bare_checkout(root)
    for folder in SOURCES:
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for path in [REPOSITORY / "LICENSE", *REPOSITORY.glob("requirements-*.txt")]:
        shutil.copyfile(path, root / path.name)
    return checkout
