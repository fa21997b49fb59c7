"""Search command programs forked from a process that has the script's modules loaded.

A search head starts a process for every custom command of every search. A replay of months runs thousands of
searches, and 0.1 s of imports each would be most of its time. A forked process runs the same script with the same
arguments over the same pipes and gives the same bytes; what differs is state that modules build while they are
imported (the time of import, a file read once), so the servers belong to one installed state of the apps and are
closed when an app changes.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from lab.splunk.chunked.process import CommandProcess, Launch, read_all

_SERVER = Path(__file__).with_name("fork_server.py")


class WarmServer:
    """The process from which one script's processes are forked."""

    def __init__(self, launch: Launch) -> None:
        ours, theirs = socket.socketpair()
        self._control = ours
        self._script = launch.script
        self._lock = threading.Lock()
        self._messages = _Lines(ours)
        self._ended: dict[int, int] = {}
        self._started: list[int] = []
        with theirs:
            self._process = subprocess.Popen(
                [str(launch.python), str(_SERVER), str(launch.script), str(theirs.fileno())],
                # Pipes as the forked processes will have: the stream objects are made for what they find here.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(launch.environment),
                pass_fds=(theirs.fileno(),),
            )
        assert self._process.stdin is not None
        self._process.stdin.close()

    def start(self, launch: Launch, descriptors: list[int]) -> int:
        """Forks; the pid of the new process."""
        request = json.dumps({"cwd": str(launch.cwd), "arguments": list(launch.arguments)}).encode()
        with self._lock:
            socket.send_fds(self._control, [request], descriptors)
            while not self._started:
                self._receive()
            return self._started.pop()

    def wait(self, pid: int, timeout: float) -> int | None:
        """The exit code of a forked process, or None after ``timeout`` seconds."""
        with self._lock:
            # 0 would make the socket non-blocking, which is another error than a timeout.
            self._control.settimeout(max(timeout, 0.001))
            try:
                while pid not in self._ended:
                    self._receive()
            except TimeoutError:
                return None
            finally:
                self._control.settimeout(None)
            return self._ended.pop(pid)

    def _receive(self) -> None:
        message = next(self._messages, None)
        if message is None:
            raise ConnectionError(f"the fork server of {self._script} ended by itself")
        if "code" in message:
            self._ended[message["pid"]] = message["code"]
        else:
            self._started.append(message["pid"])

    def close(self) -> None:
        self._control.close()
        assert self._process.stdout is not None
        self._process.stdout.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Lines:
    """JSON lines from a socket; a timeout keeps what has arrived."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""

    def __iter__(self) -> Iterator[dict[str, int]]:
        return self

    def __next__(self) -> dict[str, int]:
        while b"\n" not in self._buffer:
            data = self._connection.recv(65536)
            if not data:
                raise StopIteration
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, int] = json.loads(line)
        return message


class WarmProcess:
    """A program forked from its server."""

    def __init__(self, server: WarmServer, launch: Launch) -> None:
        self._server = server
        self._stderr: IO[bytes] = tempfile.TemporaryFile()
        their_stdin, self.stdin = os.pipe()
        self.stdout, their_stdout = os.pipe()
        self._open = {self.stdin, self.stdout}
        try:
            self._pid = server.start(launch, [their_stdin, their_stdout, self._stderr.fileno()])
        finally:
            os.close(their_stdin)
            os.close(their_stdout)
        self._code: int | None = None

    def close_stdin(self) -> None:
        self._close(self.stdin)

    def _close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.remove(descriptor)
            os.close(descriptor)

    def wait(self, timeout: float) -> int | None:
        if self._code is None:
            self._code = self._server.wait(self._pid, timeout)
        return self._code

    def kill(self) -> None:
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def stderr(self) -> str:
        return read_all(self._stderr)

    def close(self) -> None:
        self._close(self.stdin)
        self._close(self.stdout)
        self._stderr.close()


class WarmLauncher:
    """Keeps one server for each interpreter, script and environment."""

    def __init__(self) -> None:
        if not hasattr(os, "fork"):
            raise OSError(f"warm search commands need fork(), which {sys.platform} does not have; start them cold")
        self._servers: dict[tuple[object, ...], WarmServer] = {}

    def start(self, launch: Launch) -> CommandProcess:
        key = (launch.python, launch.script, *sorted(launch.environment.items()))
        server = self._servers.get(key)
        if server is None:
            server = self._servers[key] = WarmServer(launch)
        return WarmProcess(server, launch)

    def close(self) -> None:
        """Ends the servers; the next start begins anew (call it after an app has changed)."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()
