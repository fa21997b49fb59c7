"""The processes that hold persistent REST handlers: started when they are needed, kept, replaced when they die."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lab.splunk.chunked.process import read_all
from lab.splunk.process_environment import SPLUNK_SITE, script_environment

_APPSERVER = SPLUNK_SITE / "splunk" / "persistconn" / "appserver.py"
_PATIENCE = 60.0
"""Seconds that a handler may take over one request."""


class HandlerFailed(Exception):
    """A handler that raised, died, said something that is no answer, or took too long; the message says which."""


@dataclass(frozen=True)
class Handler:
    """What a process holds: the class of a script of an app, under one Python."""

    python: Path
    script: Path
    name: str
    param: str


class HandlerProcesses:
    """Answers requests one at a time in each process; one that finds them all busy gets a new process, as in splunkd.

    ``log(level, text)`` takes what handlers say on stderr, and why one failed.
    """

    def __init__(self, home: Path, log: Callable[[str, str], None]) -> None:
        self._home = home
        self._log = log
        self._lock = threading.Lock()
        self._idle: dict[Handler, list[_Process]] = defaultdict(list)
        self._closings = 0
        self.started = 0

    def ask(self, handler: Handler, request: Mapping[str, Any]) -> Any:
        """The handler's answer, decoded. Raises HandlerFailed."""
        with self._lock:
            process = self._idle[handler].pop() if self._idle[handler] else None
            closings = self._closings
        if process is None:
            self.started += 1
            process = _Process(handler, self._home)
        try:
            answer = process.ask(request)
        except HandlerFailed:
            self._report(handler, process)
            process.close()
            raise
        self._report(handler, process)
        with self._lock:
            current = closings == self._closings
            if current:
                self._idle[handler].append(process)
        if not current:  # its app was replaced while it worked
            process.close()
        if isinstance(answer, dict) and "failed" in answer:
            self._log("ERROR", f"From {handler.script}: {answer['failed']}")
            raise HandlerFailed(f"{handler.script.name}: {str(answer['failed']).strip().splitlines()[-1]}")
        return answer

    def close(self) -> None:
        """Ends them all: their standard input ends."""
        with self._lock:
            processes = [process for idle in self._idle.values() for process in idle]
            self._idle.clear()
            self._closings += 1
        for process in processes:
            process.close()

    def _report(self, handler: Handler, process: _Process) -> None:
        for line in process.said():
            self._log("ERROR", f"From {{{handler.script}}}: {line}")


class _Process:
    def __init__(self, handler: Handler, home: Path) -> None:
        self._stderr: IO[bytes] = tempfile.TemporaryFile()
        self._reported = 0
        command = [str(handler.python), str(_APPSERVER), str(handler.script), handler.name, handler.param]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=script_environment(home),
            cwd=home,
        )

    def ask(self, request: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        text = json.dumps(request).encode()
        timer = threading.Timer(_PATIENCE, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(b"%d\n" % len(text) + text)
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            if not line:
                raise HandlerFailed(f"the handler ended with code {self._process.wait(10)} before it answered")
            if not line.strip().isdigit():
                raise HandlerFailed(
                    f"the handler wrote {line[:80]!r} to standard output, which belongs to the protocol"
                )
            return json.loads(self._process.stdout.read(int(line)))
        except (OSError, ValueError) as error:
            raise HandlerFailed(f"the handler's answer cannot be read: {error}") from error
        finally:
            timer.cancel()

    def said(self) -> list[str]:
        """New lines on stderr."""
        text = read_all(self._stderr)
        new, self._reported = text[self._reported :], len(text)
        return new.splitlines()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._process.stdout.close()
        self._stderr.close()
