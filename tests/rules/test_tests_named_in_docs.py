"""docs/testing.md names tests that exist and has a row for each complaint; every fault of the tenant is met by a test
of the inputs."""

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


@pytest.mark.parametrize("number", range(1, 22))
def test_each_fact_about_production_has_a_row_that_names_a_test_or_a_limit(number: int) -> None:
    (row,) = re.findall(rf"^\| {number} .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    held = row.split("|")[2]
    files = re.findall(r"[\w/]+/test_\w+\.py", held)
    missing = [file for file in files if not any(path.as_posix().endswith(file) for path in TESTS.rglob("test_*.py"))]
    assert not missing, f"{PAGE.name}: {missing}"
    assert files or "above" in held or "limit" in held or "(6)" in held, f"{PAGE.name}: {row}"


COMPLAINTS = 54


def test_there_is_a_row_for_each_complaint_and_no_other() -> None:
    rows = re.findall(r"^\| C(\d+) ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [str(number) for number in range(1, COMPLAINTS + 1)]


@pytest.mark.parametrize("number", range(1, COMPLAINTS + 1))
def test_each_complaint_is_met_by_a_named_test_or_plainly_left_out(number: int) -> None:
    (row,) = re.findall(rf"^\| C{number} \| .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    _, _, complaint, here, shown_by, _ = (cell.strip() for cell in row.split("|"))
    assert complaint
    assert here
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", shown_by)
    assert shown_by == ", ".join(f"`{file}::{name}`" for file, name in named)
    assert named or "ot in this app, because" in here, f"{PAGE.name}, C{number}: {here}"


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_fault_is_met_by_a_test_of_the_inputs(name: str) -> None:
    assert f'"{name}"' in SUITE, f"no test in tests/inputs uses the fault {name}"
