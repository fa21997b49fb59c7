"""Moments at which a run is ended from outside: chosen by how far it has come, so that it is at work when it happens.

Each is a `Moment` of tests/lab/splunk/inputs/host.py.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import threading
from collections.abc import Callable
from pathlib import Path

from lab.tenant import Tenant
from lab.tenant.exchange import Call, Reply
from lab.tenant.faults.fault import ANY_ENDPOINT, Fault

# Source: Linux inotify(7).
_MODIFY, _CLOSE_WRITE, _MOVED_TO, _CREATE = 0x2, 0x8, 0x80, 0x100
_HEADER = struct.Struct("iIII")
STEPS = {
    "the id memory is written": (_MODIFY, "memory.sqlite-wal"),
    "the checkpoint is begun": (_CREATE, "checkpoint.json"),
    "the checkpoint is written": (_CLOSE_WRITE, "checkpoint.json"),
    "the checkpoint is in its place": (_MOVED_TO, "checkpoint.json"),
}
"""What happens between the flush of a window's events and the next window, in order."""


class AtTime:
    """So many seconds after the start, wherever the run is."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def begin(self, act: Callable[[], None]) -> None:
        self._timer = threading.Timer(self._seconds, act)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        self._timer.cancel()

    def __str__(self) -> str:
        return f"{self._seconds:.2f} s after the start"


class AtRequest:
    """When the tenant has the answer to the run's `number`-th request, and before it sends it."""

    def __init__(self, tenant: Tenant, number: int) -> None:
        self._tenant = tenant
        self._number = number

    def begin(self, act: Callable[[], None]) -> None:
        self._fault = _Acts(act, after=self._number - 1, first=1)
        self._tenant.faults.faults.append(self._fault)

    def end(self) -> None:
        self._tenant.faults.faults.remove(self._fault)

    def __str__(self) -> str:
        return f"at request {self._number}"


class _Acts(Fault):
    name = "client_ended"
    acts_on = ANY_ENDPOINT

    def __init__(self, act: Callable[[], None], *, after: int, first: int) -> None:
        super().__init__(after=after, first=first)
        self._act = act

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if self.acts_for(call):
            self._act()
        return reply


class AtRecord:
    """When one of STEPS happens for the `number`-th time in `directory`, the input's own."""

    def __init__(self, directory: Path, step: str, number: int) -> None:
        self._directory = directory
        self._step = step
        self._number = number

    def begin(self, act: Callable[[], None]) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._watch = self._libc.inotify_init1(os.O_CLOEXEC)
        mask, _ = STEPS[self._step]
        if self._watch < 0 or self._libc.inotify_add_watch(self._watch, os.fsencode(self._directory), mask) < 0:
            raise OSError(ctypes.get_errno(), f"{self._directory} cannot be watched")
        self._over, ended = os.pipe()
        self._ended = ended
        self._thread = threading.Thread(target=self._look, args=(act,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        os.close(self._ended)
        self._thread.join()
        os.close(self._over)
        os.close(self._watch)

    def _look(self, act: Callable[[], None]) -> None:
        seen = 0
        _, prefix = STEPS[self._step]
        while self._watch in select.select([self._watch, self._over], [], [])[0]:
            data = os.read(self._watch, 1 << 16)
            while data:
                length = _HEADER.unpack_from(data)[3]
                name = data[_HEADER.size : _HEADER.size + length].rstrip(b"\0").decode()
                data = data[_HEADER.size + length :]
                seen += name.startswith(prefix)
                if seen == self._number:
                    act()
                    return

    def __str__(self) -> str:
        return f"when {self._step}, time {self._number}"
