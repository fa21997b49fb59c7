"""What is different on Windows, over a stand-in for what that system answers.

The branches for Windows are loaded as if Python ran there. The fakes are at the operating system: the functions of
kernel32 and msvcrt that are called, carried out with this system's own means.
Sources: Windows API, OpenProcess, WaitForSingleObject; Microsoft C runtime, _locking; Python, threading, Lock.acquire
(a lock can be interrupted by a signal on POSIX).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import importlib.util
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import mail_threats
from mail_threats.clock import SystemClock
from mail_threats.errors import HeldElsewhere, Stopped

LIBRARY = Path(mail_threats.__file__).parent
SYNCHRONIZE, WAIT_OBJECT_0, WAIT_TIMEOUT, WAIT_FAILED = 0x00100000, 0, 0x102, 0xFFFFFFFF


def as_on_windows(path: str) -> ModuleType:
    """A module of the library, loaded anew; the caller has made this look like Windows."""
    spec = importlib.util.spec_from_file_location(f"on_windows_{Path(path).stem}", LIBRARY / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Function:
    """A function of a DLL, with the types that ctypes is told: without them it takes every result for a C int."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.restype: Any = ctypes.c_int
        self.argtypes: Any = None

    def __call__(self, *arguments: int) -> int | None:
        if self.argtypes is None:
            arguments = tuple(ctypes.c_int(argument).value for argument in arguments)
        result = self.restype(self._function(*arguments)).value
        return None if result is None else int(result)


class Kernel32:
    """Process handles over pidfd_open(2). They are larger than a C int, as they may be on a 64-bit system."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int]] = []
        self.denied = False
        self._handles: dict[int, int] = {}
        self.OpenProcess = Function(self._open)
        self.WaitForSingleObject = Function(self._wait)

    def _open(self, access: int, inherit: int, process_id: int) -> int:
        self.asked.append((access, inherit, process_id))
        if self.denied:
            return 0
        handle = (1 << 33) + 4 * len(self.asked)
        self._handles[handle] = os.pidfd_open(process_id)
        return handle

    def _wait(self, handle: int, milliseconds: int) -> int:
        if handle not in self._handles:
            return WAIT_FAILED
        ended, _, _ = select.select([self._handles[handle]], [], [], milliseconds / 1000.0)
        return WAIT_OBJECT_0 if ended else WAIT_TIMEOUT

    def close(self) -> None:
        for descriptor in self._handles.values():
            os.close(descriptor)


@pytest.fixture
def kernel32(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel32]:
    made = Kernel32()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "WinDLL", lambda name, use_last_error: made, raising=False)
    # Windows has no poll: whether somebody reads the output cannot be asked there.
    monkeypatch.delattr(select, "poll")
    yield made
    made.close()


@pytest.fixture
def parent(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A process that this one takes for its parent, and that can be ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        monkeypatch.setattr(os, "getppid", lambda: process.pid)
        yield process
        process.kill()


def test_run_ends_when_its_parent_has_ended(kernel32: Kernel32, parent: subprocess.Popen[bytes]) -> None:
    abandoned = as_on_windows("splunkio/stopping.py").abandonment(1)
    assert [abandoned(), abandoned()] == [False, False]
    parent.kill()
    parent.wait()
    assert abandoned()
    assert kernel32.asked == [(SYNCHRONIZE, 0, parent.pid)]


def test_watch_stops_the_run_within_seconds(kernel32: Kernel32, parent: subprocess.Popen[bytes]) -> None:
    """As a whole: what waits in the main thread is told to end."""
    stopping = as_on_windows("splunkio/stopping.py")
    stop = stopping.StopSignal.__new__(stopping.StopSignal)
    stop.event, stop._collecting = threading.Event(), True
    stop._end = stop.event.set
    stop.watch(stopping.abandonment(1))
    parent.kill()
    parent.wait()
    with pytest.raises(Stopped):
        SystemClock(stop.event).wait(30.0)


def test_parent_that_may_not_be_watched_does_not_end_the_run(
    kernel32: Kernel32, parent: subprocess.Popen[bytes]
) -> None:
    """Under another account, say; then the closed pipe ends it."""
    kernel32.denied = True
    abandoned = as_on_windows("splunkio/stopping.py").abandonment(1)
    parent.kill()
    parent.wait()
    assert not abandoned()


def test_wait_comes_back_often_enough_for_a_signal_to_be_seen() -> None:
    class Looked(threading.Event):
        parts: list[float] = []

        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            self.parts.append(timeout)
            return super().wait(timeout)

    stop = Looked()
    began = time.monotonic()
    SystemClock(stop).wait(0.6)
    assert time.monotonic() - began >= 0.6
    assert max(stop.parts) <= 0.25


class Msvcrt(ModuleType):
    """_locking over flock(2): one byte at the file's position, refused at once when somebody else has it."""

    LK_NBLCK = 2

    def __init__(self, refusal: int) -> None:
        super().__init__("msvcrt")
        self._refusal = refusal

    def locking(self, descriptor: int, mode: int, length: int) -> None:
        assert (mode, length, os.lseek(descriptor, 0, os.SEEK_CUR)) == (self.LK_NBLCK, 1, 0)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(self._refusal, "the region is locked") from None


@pytest.mark.parametrize("refusal", [errno.EACCES, errno.EDEADLK], ids=["EACCES", "EDEADLOCK"])
def test_second_process_of_an_input_is_kept_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refusal: int) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt(refusal))
    running = as_on_windows("ledger/running.py")
    first, second, third = (running.Running(tmp_path) for _ in range(3))
    assert first.take(1000.0) is None
    with pytest.raises(HeldElsewhere, match="Another process of this input"):
        second.take(1001.0)
    first._file.close()
    assert third.take(1002.0) == 1000.0
    for each in (second, third):
        each._file.close()


def test_without_a_way_to_look_into_the_pipe_what_is_in_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    pipe = as_on_windows("splunkio/pipe.py")
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb") as output:
        output.write(b"unread")
        output.flush()
        pipe.wait_until_read(output)
