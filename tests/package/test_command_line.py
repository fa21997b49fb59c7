"""What build.py answers to a wrong command line, a wrong Python, and how its commands hand on what they are given."""

from __future__ import annotations

import ast
import json
import signal
import subprocess
import sys

import pytest
from package.checkouts import REPOSITORY, Checkout


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no command"),
        pytest.param(["deploy"], id="unknown command"),
        pytest.param(["package", "--fast"], id="unknown option"),
        pytest.param(["package", "now"], id="argument too many"),
        pytest.param(["demo", "--seed", "soon"], id="seed is no number"),
        pytest.param(["demo", "--se", "1"], id="abbreviated option"),
        pytest.param(["replay"], id="replay without events"),
        pytest.param(["spl"], id="spl without a search"),
        pytest.param(["spl", "| makeresults", "--batch", "cases.json"], id="search and batch"),
        pytest.param(["bench"], id="bench of nothing"),
        pytest.param(["soak", "--seeds", "many"], id="seeds that are no numbers"),
        pytest.param(["test", "nonsense"], id="unknown suite"),
    ],
)
def test_wrong_usage_prints_usage_to_stderr_and_exits_2(bare: Checkout, arguments: list[str]) -> None:
    result = bare.run(*arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("usage: build.py")
    assert result.stdout == ""
    assert not (bare.root / "build").exists()


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13), (3, 14, 0), (4, 0, 0)])
def test_another_python_gets_one_plain_sentence(version: tuple[int, int, int]) -> None:
    path = str(REPOSITORY / "build.py")
    script = f"import runpy, sys; sys.version_info = {version}; runpy.run_path({path!r}, run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == f"build.py needs Python 3.11, 3.12 or 3.13; this is Python {version[0]}.{version[1]}.\n"


def test_an_old_python_can_read_build_py_as_far_as_that_sentence() -> None:
    ast.parse((REPOSITORY / "build.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("command", "module"),
    [
        pytest.param(["demo", "--seed", "5", "--json", "out file.json"], "demo", id="demo"),
        pytest.param(
            ["replay", "--events", "a.json:o365:management:activity", "--search", "all"], "replay", id="replay"
        ),
        pytest.param(["spl", '| makeresults | eval a="x y"', "--json"], "spl_cli", id="spl"),
    ],
)
def test_lab_commands_pass_arguments_on_and_the_exit_code_back(
    packaged: Checkout, command: list[str], module: str
) -> None:
    packaged.write("tests/lab/__init__.py", "")
    packaged.write(f"tests/lab/{module}.py", "import json, sys\nprint(json.dumps(sys.argv[1:]))\nsys.exit(7)\n")
    result = packaged.run(*command)
    assert result.returncode == 7, result.stderr
    assert json.loads(result.stdout)[:2] == ["--spl", str(next((packaged.root / "dist").glob("*.spl")))]
    assert json.loads(result.stdout)[2:] == command[1:]


def test_ctrl_c_reaches_the_lab(packaged: Checkout) -> None:
    packaged.write("tests/lab/__init__.py", "")
    waits = "import signal, sys\ntry:\n    print('ready', flush=True)\n    signal.pause()\n"
    packaged.write("tests/lab/demo.py", waits + "except KeyboardInterrupt:\n    print('tidied up')\n    sys.exit(3)\n")
    with packaged.start("demo") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate()
    assert (rest, process.returncode) == ("tidied up\n", 3)
