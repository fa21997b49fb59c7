"""Which Python runs a script of an app."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab.splunk.interpreters import Interpreters, NoInterpreter, bare

BOTH = Interpreters(Path("default"), {"3.9": Path("nine"), "3.13": Path("thirteen")})


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        pytest.param({}, "default", id="nothing is said"),
        pytest.param({"python.version": "python3"}, "default", id="python3"),
        pytest.param({"python.required": "3.9, 3.13"}, "thirteen", id="the highest of those required"),
        pytest.param({"python.required": "3.9"}, "nine", id="one"),
        pytest.param({"python.required": "3.9,4.0"}, "nine", id="one that is not there"),
    ],
)
def test_python_required_decides(settings: dict[str, str], chosen: str) -> None:
    assert BOTH.choose(settings, "commands.conf [x]") == Path(chosen)


def test_a_version_that_is_not_there_is_named() -> None:
    with pytest.raises(
        NoInterpreter, match=r"commands.conf \[x\]: python.required = 4.0, and the stand-in has 3.9, 3.13"
    ):
        BOTH.choose({"python.required": "4.0"}, "commands.conf [x]")


def test_without_versions_there_is_one_python_for_everything() -> None:
    assert Interpreters(Path("default")).choose({"python.required": "3.13"}, "x") == Path("default")


def test_the_versions_come_from_build_py(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_THREATS_PYTHONS", "3.9=/a b/python3.9,3.13=/c/python3.13")
    assert Interpreters.of_lab() == Interpreters(
        Path("/a b/python3.9"), {"3.9": Path("/a b/python3.9"), "3.13": Path("/c/python3.13")}
    )
    monkeypatch.setenv("MAIL_THREATS_PYTHONS", "")
    assert Interpreters.of_lab() == Interpreters(bare(Path(sys.executable)))


def test_the_bare_interpreter_has_no_packages_of_a_virtual_environment() -> None:
    found = bare(Path(sys.executable))
    assert found.exists()
    assert Path(sys.prefix) not in found.parents or sys.prefix == sys.base_prefix
