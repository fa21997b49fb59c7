"""`build.py test`: which suites there are, what they count, and what a machine without Splunk's Pythons is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from package.checkouts import REPOSITORY, Checkout, bare_checkout

ONE_OF_EACH = """
import pytest

def test_holds():
    assert True

def test_does_not():
    assert False

@pytest.fixture
def broken():
    raise RuntimeError("no")

def test_cannot_start(broken):
    pass

@pytest.mark.skip(reason="not here")
def test_left_out():
    pass
"""


@pytest.fixture
def suites(tmp_path: Path) -> Checkout:
    """A checkout with the suites `knowledge` (one test of each kind) and `spl` (one that passes)."""
    checkout = bare_checkout(tmp_path / "suites")
    checkout.write("tests/knowledge/test_knowledge.py", ONE_OF_EACH)
    checkout.write("tests/spl/test_spl.py", "def test_holds():\n    pass\n")
    checkout.write("tests/lab/test_nothing.py", "")
    checkout.write("tests/empty/data.json", "")
    for path in REPOSITORY.glob("requirements-*.txt"):
        checkout.write(path.name, path.read_text())
    return checkout


def test_suites_are_the_folders_that_hold_tests(suites: Checkout) -> None:
    assert suites.module().suites() == ["lint", "knowledge", "spl"]


def test_counts_are_summed_over_suites_in_the_last_line(suites: Checkout) -> None:
    result = suites.run("test", "knowledge", "spl")
    knowledge, spl, total = result.stdout.splitlines()[-3:]
    assert knowledge.split() == ["knowledge", "1", "passed", "2", "failed", "1", "skipped"]
    assert spl.split() == ["spl", "1", "passed", "0", "failed", "0", "skipped"]
    assert total == "2 passed, 2 failed, 1 skipped"
    assert result.returncode == 1


def test_success_is_exit_0(suites: Checkout) -> None:
    result = suites.run("test", "spl")
    assert result.stdout.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"
    assert result.returncode == 0


@pytest.mark.parametrize(
    ("text", "note"),
    [
        pytest.param("def test_x(:\n", "", id="does not parse"),
        pytest.param("import os\nos._exit(9)\n", "pytest exit code 5", id="its process dies"),
        pytest.param(
            "import os\nos.kill(os.getppid(), 9)\n", "pytest ended without a report, exit code -9", id="pytest dies"
        ),
        pytest.param("", "pytest exit code 5", id="holds no test"),
    ],
)
def test_a_suite_that_cannot_run_has_failed(suites: Checkout, text: str, note: str) -> None:
    suites.write("tests/spl/test_spl.py", text)
    result = suites.run("test", "spl")
    assert result.returncode == 1
    assert result.stdout.splitlines()[-2].endswith(f"1 failed    0 skipped  {note}".rstrip())
    assert result.stdout.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


@pytest.mark.parametrize(
    ("ci", "total", "code"),
    [
        pytest.param("", "1 passed, 0 failed, 2 skipped", 0, id="skipped on a desk"),
        pytest.param("true", "1 passed, 2 failed, 0 skipped", 1, id="failed in CI"),
    ],
)
def test_a_missing_python_of_splunk_is_named(
    packaged: Checkout, tmp_path: Path, ci: str, total: str, code: int
) -> None:
    packaged.write("tests/unit/test_unit.py", "def test_holds():\n    pass\n")
    nothing = {"PATH": "/nowhere", "HOME": str(tmp_path), "PYENV_ROOT": "", "CI": ci}
    result = packaged.run("test", "unit", env=nothing)
    assert "no Python 3.9 on PATH or in pyenv" in result.stdout
    assert "no Python 3.13 on PATH or in pyenv" in result.stdout
    assert result.stdout.splitlines()[-1] == total
    assert result.returncode == code
