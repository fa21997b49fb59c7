"""Writing to splunkd on a thread of its own, so that the next events are worked on while splunkd reads these.

What is put here has not been handed over: only `drained` says so.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import IO

from mail_threats.errors import OutputClosed
from mail_threats.splunkio.pipe import wait_until_read

AHEAD_BYTES = 1024 * 1024
"""Bytes that may wait here; whoever puts more waits too."""

_PART_S = 0.25


class Outflow:
    """Bytes to `output`, in the order in which they are put. Used by one thread."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._fault = ""
        self._thread: threading.Thread | None = None

    def put(self, data: bytes) -> None:
        """Accept bytes, as soon as there is room for them.

        Raises: OutputClosed when earlier ones could not be written.
        """
        if self._thread is None:
            # A daemon: a pipe that nobody empties must not keep the process.
            self._thread = threading.Thread(target=self._write, name="outflow", daemon=True)
            self._thread.start()
        with self._changed:
            self._wait_for(AHEAD_BYTES)
            self._waiting.append(data)
            self._bytes += len(data)
            self._changed.notify_all()

    def drained(self) -> None:
        """Return when splunkd has read everything; where that cannot be seen, when it is in its pipe.

        Raises: OutputClosed.
        """
        with self._changed:
            self._wait_for(0)
        try:
            wait_until_read(self._output)
        except (ValueError, OSError) as fault:
            raise _closed(type(fault).__name__) from None

    def _wait_for(self, most: int) -> None:
        """Return when at most so many bytes wait, one of them being written included."""
        while self._bytes > most and not self._fault:
            # On Windows a signal does not end the wait for a lock; its handler runs when the main thread comes back.
            self._changed.wait(_PART_S)
        if self._fault:
            raise _closed(self._fault)

    def _write(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                data = self._waiting.popleft()
            try:
                self._output.write(data)
                self._output.flush()
            except (ValueError, OSError) as fault:
                with self._changed:
                    self._fault = type(fault).__name__
                    self._waiting.clear()
                    self._changed.notify_all()
                return
            with self._changed:
                self._bytes -= len(data)
                self._changed.notify_all()


def _closed(fault: str) -> OutputClosed:
    return OutputClosed(f"splunkd closed the input's output ({fault}).")
