"""What happens when splunkd asks the process to end, or is gone itself.

The signal sets an event that every wait ends on; what was flushed is recorded, and the process ends in good order.
Should it hang in the network or on a full pipe, it is ended a few seconds later: nothing is lost, since what was not
recorded is collected again. Windows has no SIGTERM, and anywhere splunkd may die without a signal: so a parent that is
gone, or an output that nobody reads any more, is a request to end as well.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import Callable

from mail_threats.splunkio.pipe import nobody_reads

GRACE_S = 4.0
_LOOK_EVERY_S = 0.5


class StopSignal:
    """Installs the handlers; `event` is set from the first signal on."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._collecting = False
        for number in (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGBREAK", None)):
            if number is not None:
                signal.signal(number, self._stop)

    def collecting(self) -> None:
        """From now on there is something to record before the process ends; until then it ends at once."""
        self._collecting = True
        if self.event.is_set():
            raise SystemExit(0)

    def watch(self, abandoned: Callable[[], bool]) -> None:
        """Stop as if asked to when `abandoned()` is true; it is asked twice a second."""

        def look() -> None:
            while not self.event.wait(_LOOK_EVERY_S):
                if abandoned():
                    self._end()

        threading.Thread(target=look, name="abandoned", daemon=True).start()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self._collecting:
            self.event.set()
            raise SystemExit(0)
        self._end()

    def _end(self) -> None:
        self.event.set()
        timer = threading.Timer(GRACE_S, os._exit, args=(0,))
        timer.daemon = True
        timer.start()


def abandonment(output: int) -> Callable[[], bool]:
    """A question to ask again and again: has the parent process ended, or does nobody read the file descriptor
    `output`?"""
    parent_is_gone = _parent_watch()
    return lambda: parent_is_gone() or nobody_reads(output)


if sys.platform == "win32":
    import ctypes

    _SYNCHRONIZE = 0x00100000
    _WAIT_OBJECT_0 = 0

    def _parent_watch() -> Callable[[], bool]:
        """A handle of the parent keeps its number from being given to another process.

        Source: Windows API, OpenProcess and WaitForSingleObject (a process handle is signalled when the process ends).
        """
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel32.OpenProcess.restype = ctypes.c_void_p
        kernel32.WaitForSingleObject.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        kernel32.WaitForSingleObject.restype = ctypes.c_uint32
        handle = kernel32.OpenProcess(_SYNCHRONIZE, False, os.getppid())
        if not handle:
            return lambda: False
        return lambda: bool(kernel32.WaitForSingleObject(handle, 0) == _WAIT_OBJECT_0)

else:

    def _parent_watch() -> Callable[[], bool]:
        """An orphan gets another parent."""
        parent = os.getppid()
        return lambda: os.getppid() != parent
