"""A command forked from a process with its modules loaded does what a command started from nothing does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from unit.stand_in.fixture_app import LIBRARIES_FIRST

from lab.splunk.chunked.process import ColdLauncher, CommandProcess, Launch, Launcher
from lab.splunk.chunked.protocol import encode_frame
from lab.splunk.chunked.warm import WarmLauncher
from lab.splunk.process_environment import script_environment

SCRIPT = (
    LIBRARIES_FIRST
    + """
from splunklib.searchcommands import *
@Configuration(distributed=False)
class C(StreamingCommand):
    fail = Option(default=False, validate=validators.Boolean())
    def stream(self, records):
        for number, record in enumerate(records):
            record["number"] = number
            record["list"] = ["a$", "b"]
            record["argv"] = sys.argv[0]
            record["main"] = sys.modules["__main__"].__file__
            record["path"] = sys.path[0]
            record["cwd"] = os.getcwd()
            yield record
        self.write_warning("done")
        if self.fail:
            raise ValueError("as asked")
dispatch(C, sys.argv, sys.stdin, sys.stdout, __name__)
"""
)


def conversation(args: list[str], folder: Path) -> bytes:
    """Everything a host would write: the handshake and two chunks."""
    searchinfo: Mapping[str, object] = {
        "args": args,
        "raw_args": args,
        "dispatch_dir": str(folder),
        "sid": "1.1",
        "search": "",
        "splunk_version": "10.2.3",
        "earliest_time": "0",
        "latest_time": "0",
        "maxresultrows": 50000,
    }
    return (
        encode_frame({"action": "getinfo", "preview": False, "searchinfo": searchinfo})
        + encode_frame({"action": "execute", "finished": False}, b"x,__mv_x\nhello,\nworld,\n")
        + encode_frame({"action": "execute", "finished": True}, b"x,__mv_x\n")
    )


def run(launcher: Launcher, launch: Launch, text: bytes) -> tuple[bytes, int | None, str]:
    """Standard output, exit code and standard error of one program."""
    process: CommandProcess = launcher.start(launch)
    os.write(process.stdin, text)
    process.close_stdin()
    output = b""
    while data := os.read(process.stdout, 65536):
        output += data
    code = process.wait(30)
    stderr = process.stderr()
    process.close()
    return output, code, stderr


@contextmanager
def closing(launcher: Launcher) -> Iterator[Launcher]:
    try:
        yield launcher
    finally:
        launcher.close()


@pytest.fixture
def launch_of(tmp_path: Path, make_lib: Callable[[Path], None]) -> Callable[[Path, str], Launch]:
    """How to start a script of an app that has splunklib in its lib."""

    def make(python: Path, script: str) -> Launch:
        path = tmp_path / "app" / "bin" / "c.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        make_lib(tmp_path / "app" / "lib")
        return Launch(python, path, script_environment(tmp_path), tmp_path)

    return make


@pytest.mark.parametrize(
    "args",
    [
        pytest.param([], id="a good run"),
        pytest.param(["fail=true"], id="a run that fails half way"),
        pytest.param(["nonsense=1"], id="an unknown option"),
    ],
)
def test_a_forked_command_gives_the_bytes_of_a_cold_one(
    args: list[str], python: Path, launch_of: Callable[[Path, str], Launch], tmp_path: Path
) -> None:
    launch = launch_of(python, SCRIPT)
    text = conversation(args, tmp_path)
    cold_output, cold_code, _ = run(ColdLauncher(), launch, text)
    with closing(WarmLauncher()) as warm:
        for _ in range(3):
            output, code, _ = run(warm, launch, text)
            assert (output, code) == (cold_output, cold_code)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("import no_such_module\n", id="an import that fails"),
        pytest.param("def broken(:\n", id="a syntax error"),
        pytest.param("import sys\nif __name__ == '__main__':\n    sys.exit('words')\n", id="an exit with words"),
        pytest.param("import sys\nif __name__ == '__main__':\n    sys.exit(7)\n", id="an exit with a code"),
        pytest.param("if __name__ == '__main__':\n    1 / 0\n", id="an error of its own"),
        pytest.param("import json\nif __name__ == '__main__':\n    json.loads('x')\n", id="an error in a library"),
        pytest.param(
            "import atexit, threading, time\nif __name__ == '__main__':\n    atexit.register(print, 'exit')\n"
            "    threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()\n",
            id="a thread and an exit function",
        ),
    ],
)
def test_a_forked_script_ends_as_it_does_cold(
    script: str, python: Path, launch_of: Callable[[Path, str], Launch]
) -> None:
    launch = launch_of(python, script)
    cold = run(ColdLauncher(), launch, b"")
    with closing(WarmLauncher()) as warm:
        assert run(warm, launch, b"") == cold


def test_forked_commands_share_no_state(one_python: Path, launch_of: Callable[[Path, str], Launch]) -> None:
    script = "import json, random\njson.count = getattr(json, 'count', 0) + (__name__ == '__main__')\n"
    script += "if __name__ == '__main__':\n    print(json.count, random.random())\n"
    with closing(WarmLauncher()) as warm:
        launch = launch_of(one_python, script)
        first, second = (run(warm, launch, b"")[0].split() for _ in range(2))
    assert first[0] == second[0] == b"1"
    assert first[1] != second[1]


def test_two_programs_of_one_script_run_side_by_side(
    one_python: Path, launch_of: Callable[[Path, str], Launch]
) -> None:
    launch = launch_of(one_python, "import sys\nif __name__ == '__main__':\n    print(sys.stdin.readline().strip())\n")
    with closing(WarmLauncher()) as warm:
        one, two = warm.start(launch), warm.start(launch)
        os.write(two.stdin, b"two\n")
        os.write(one.stdin, b"one\n")
        assert (os.read(one.stdout, 100), os.read(two.stdout, 100)) == (b"one\n", b"two\n")
        assert (two.wait(30), one.wait(30)) == (0, 0)
        one.close()
        two.close()


def test_a_forked_program_can_be_killed(one_python: Path, launch_of: Callable[[Path, str], Launch]) -> None:
    launch = launch_of(one_python, "import sys\nif __name__ == '__main__':\n    sys.stdin.read()\n")
    with closing(WarmLauncher()) as warm:
        process = warm.start(launch)
        assert process.wait(0) is None
        process.kill()
        assert process.wait(30) == -9
        process.close()
