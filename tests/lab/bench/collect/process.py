"""One run of a contestant as a process: what it wrote, how long it took, what it used."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_READ = 1 << 20


@dataclass(frozen=True)
class Run:
    """events: occurrences of the mark in what was written; written: bytes. Times in seconds from the start of the
    process; first_s is when the first mark had arrived. cpu_s: user and system. peak_mb: largest resident set (VmHWM;
    what wait4 tells would include the process that this one was forked from)."""

    events: int
    written: int
    wall_s: float
    first_s: float
    cpu_s: float
    peak_mb: float


def run(command: list[str], mark: bytes, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> Run:
    """Start `command`, read its stdout to the end as splunkd would, and count `mark` in it.

    Raises: RuntimeError, with the end of its stderr, when it fails.
    """
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdin=given, stdout=subprocess.PIPE, stderr=errors, env=environment, bufsize=0, cwd="/"
        )
        assert process.stdout is not None
        peak = _Peak(process.pid)
        events, written, first_s = _read(process.stdout.fileno(), mark, started, peak)
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode != 0:
            errors.seek(0)
            text = errors.read()[-2000:].decode("utf-8", "replace")
            raise RuntimeError(f"{Path(command[1]).name} ended with {process.returncode}:\n{text}")
    return Run(events, written, wall_s, first_s, used.ru_utime + used.ru_stime, peak.mb)


class _Peak:
    """The high-water mark of a process's memory, looked at while it runs."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._next = 0.0
        self.mb = 0.0

    def look(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 0.02
        for line in self._status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                self.mb = max(self.mb, int(line.split()[1]) / 1024)


def _read(stdout: int, mark: bytes, started: float, peak: _Peak) -> tuple[int, int, float]:
    assert fcntl.fcntl(stdout, fcntl.F_GETPIPE_SZ) == 65536, "a pipe of another size than splunkd's"
    events = written = 0
    first_s = 0.0
    tail = b""
    while data := os.read(stdout, _READ):
        peak.look()
        written += len(data)
        # A mark may be cut by the end of a read.
        seen = (tail + data).count(mark)
        if seen and not events:
            first_s = time.monotonic() - started
        events += seen
        end = (tail + data)[-(len(mark) - 1) :] if len(mark) > 1 else b""
        tail = end
    return events, written, first_s
