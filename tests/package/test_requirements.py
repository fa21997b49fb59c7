"""What build.py installs is pinned, down to the last package and its hash, and is what the code imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from package.checkouts import REPOSITORY

GROUPS: dict[str, list[Any]] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["dependency-groups"]
FILES = {path.stem.removeprefix("requirements-"): path for path in REPOSITORY.glob("requirements-*.txt")}
FILES["shipped"] = REPOSITORY / "package" / "lib" / "requirements.txt"


def requirements(path: Path) -> list[str]:
    """The requirements of a file, each with its hashes, joined to one line."""
    return path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


def direct(group: str) -> list[str]:
    """The requirements of a group of pyproject.toml, included groups among them: "requests==2.32.5"."""
    found = []
    for item in GROUPS[group]:
        found += direct(item["include-group"]) if isinstance(item, dict) else [item]
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_there_is_a_file_for_each_group() -> None:
    assert set(FILES) == set(GROUPS)


@pytest.mark.parametrize("group", sorted(FILES))
def test_every_requirement_has_a_version_and_a_hash(group: str) -> None:
    for line in requirements(FILES[group]):
        assert re.fullmatch(r"[a-z0-9][\w.-]*==[\w.+!-]+( ; [^\\]+?)?( +--hash=sha256:[0-9a-f]{64})+", line), line


@pytest.mark.parametrize("group", sorted(FILES))
def test_no_file_names_a_package_index(group: str) -> None:
    assert not re.search(r"index|find-links|://", FILES[group].read_text(encoding="utf-8"))


@pytest.mark.parametrize("group", sorted(FILES))
def test_the_file_pins_what_the_group_asks_for(group: str) -> None:
    pinned = [line.split(" ")[0] for line in requirements(FILES[group])]
    names = {pin.split("==")[0] for pin in pinned}
    for wanted in direct(group):
        name, _, version = wanted.partition("==")
        assert normal(name) in names
        assert not version or f"{normal(name)}=={version}" in pinned


def third_party(folder: Path) -> set[str]:
    """The top-level modules that Python files import and that neither Python nor this repository brings.

    What runs in environments of its own is left out: tests/unit/shipped (tests/rules/test_import_walls.py guards it),
    tests/addon, tests/lab/bench/peers and tests/rules/second_parser.
    """
    found = set()
    for path in (
        path
        for path in folder.rglob("*.py")
        if not {"shipped", "addon", "peers", "second_parser"}.intersection(path.parts)
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.split(".")[0])
    own = {path.stem for root in ("tests", "bin") for path in (REPOSITORY / root).rglob("*")}
    return found - set(sys.stdlib_module_names) - own


@pytest.mark.parametrize(("group", "folder"), [("lab", "tests/lab"), ("test", "tests")])
def test_what_is_imported_is_asked_for_by_name(group: str, folder: str) -> None:
    asked = {normal(wanted.split("==")[0]) for wanted in direct(group)}
    installed = packages_distributions()
    for module in third_party(REPOSITORY / folder):
        distributions = {normal(name) for name in installed.get(module, ["(not installed)"])}
        assert distributions & asked, f"{module} ({', '.join(distributions)}) is imported below {folder}"
