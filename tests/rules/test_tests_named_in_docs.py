"""docs/testing.md names tests that exist, and every fault of the simulated tenant is met by a test of the inputs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.tenant import FAULTS

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "testing.md"
NAMED = re.findall(r"([\w/]+\.py)::(test_\w+)", PAGE.read_text(encoding="utf-8"))
SUITE = "\n".join(path.read_text(encoding="utf-8") for path in (TESTS / "inputs").glob("test_*.py"))


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 20


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_named_test_exists(file: str, name: str) -> None:
    found = [path for path in TESTS.rglob(Path(file).name) if path.as_posix().endswith(file)]
    assert any(f"def {name}(" in path.read_text(encoding="utf-8") for path in found), f"{PAGE.name}: {file}::{name}"


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_fault_is_met_by_a_test_of_the_inputs(name: str) -> None:
    assert f'"{name}"' in SUITE, f"no test in tests/inputs uses the fault {name}"
