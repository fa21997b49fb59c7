"""`build.py inspect`: how AppInspect's report is judged, and that this app passes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from package.checkouts import REPOSITORY, Checkout

REVIEWED = [{"check": "check_x", "message": "lib/x.py", "reason": "a library's own"}]


def report(result: str, text: str, check: str = "check_x") -> dict[str, Any]:
    messages = [{"result": result, "message": text}] if text else []
    found = {"name": check, "result": result, "description": "X is right.", "messages": messages}
    return {"reports": [{"groups": [{"checks": [found]}]}]}


@pytest.mark.parametrize(
    ("result", "text", "reviewed", "problems"),
    [
        pytest.param("success", "", [], [], id="nothing found"),
        pytest.param("warning", "in lib/x.py line 9", REVIEWED, [], id="reviewed warning"),
        pytest.param("warning", "in bin/y.py", [], ["warning: check_x: in bin/y.py"], id="new warning"),
        pytest.param("failure", "in lib/x.py", [], ["failure: check_x: in lib/x.py"], id="failure"),
        pytest.param("error", "crashed", [], ["error: check_x: crashed"], id="error"),
        pytest.param("future_failure", "soon", [], ["future_failure: check_x: soon"], id="future failure"),
        pytest.param("failure", "", [], ["failure: check_x: X is right."], id="failure without a message"),
        pytest.param("not_applicable", "no such file", [], [], id="not applicable"),
    ],
)
def test_judgement(bare: Checkout, result: str, text: str, reviewed: list[dict[str, str]], problems: list[str]) -> None:
    assert bare.module().judge(report(result, text), reviewed) == problems


def test_a_failure_cannot_be_reviewed_away(bare: Checkout) -> None:
    problems = bare.module().judge(report("failure", "in lib/x.py"), REVIEWED)
    assert problems[0] == "failure: check_x: in lib/x.py"


def test_a_review_that_fits_nothing_any_more_is_a_problem(bare: Checkout) -> None:
    (problem,) = bare.module().judge(report("warning", "in lib/x.py", check="check_y"), REVIEWED)[1:]
    assert "the entry for check_x fits no warning any more" in problem


def test_appinspect_finds_nothing_in_this_app() -> None:
    result = subprocess.run(
        [sys.executable, str(REPOSITORY / "build.py"), "inspect"], capture_output=True, text=True, cwd=REPOSITORY
    )
    assert result.stdout.splitlines()[-1:] == ["AppInspect: clean."], result.stdout + result.stderr
    assert result.returncode == 0
