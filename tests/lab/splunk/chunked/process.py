"""One running search command program, started from nothing."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol


@dataclass(frozen=True)
class Launch:
    """What splunkd starts: ``python script arguments``, with its environment and working directory."""

    python: Path
    script: Path
    environment: Mapping[str, str]
    cwd: Path
    arguments: Sequence[str] = field(default_factory=tuple)


class CommandProcess(Protocol):
    """A started program: raw descriptors of its two pipes, its end, and what it wrote on stderr."""

    stdin: int
    stdout: int

    def close_stdin(self) -> None: ...

    def wait(self, timeout: float) -> int | None:
        """The exit code, or None when it is still running after ``timeout`` seconds."""

    def kill(self) -> None: ...

    def stderr(self) -> str:
        """Everything written so far."""

    def close(self) -> None:
        """Releases the descriptors; the program must have ended."""


class Launcher(Protocol):
    """Starts programs: cold ones here, warm ones in ``warm.py``."""

    def start(self, launch: Launch) -> CommandProcess: ...

    def close(self) -> None: ...


class ColdProcess:
    """A program in a process of its own, as splunkd starts it."""

    def __init__(self, launch: Launch) -> None:
        # A file, not a pipe: nobody has to read it while the program runs.
        self._stderr: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [str(launch.python), str(launch.script), *launch.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=dict(launch.environment),
            cwd=launch.cwd,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.stdin = self._process.stdin.fileno()
        self.stdout = self._process.stdout.fileno()

    def close_stdin(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait(self, timeout: float) -> int | None:
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        self._process.kill()

    def stderr(self) -> str:
        return read_all(self._stderr)

    def close(self) -> None:
        assert self._process.stdout is not None
        self.close_stdin()
        self._process.stdout.close()
        self._stderr.close()


class ColdLauncher:
    """Starts every program from nothing."""

    def start(self, launch: Launch) -> CommandProcess:
        return ColdProcess(launch)

    def close(self) -> None:
        """Nothing is kept between programs."""


def read_all(stream: IO[bytes]) -> str:
    """The text written to a file that another process shares, whatever the position."""
    return os.pread(stream.fileno(), os.fstat(stream.fileno()).st_size, 0).decode("utf-8", "replace")
