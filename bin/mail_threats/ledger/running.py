"""One process an input on a host, and not more often than the service should be asked."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import IO

from mail_threats.errors import ConfigError, HeldElsewhere

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


LEAST_INTERVAL_S = 60.0
_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


class Running:
    """Held from `take` on until the process ends, however it ends; the operating system frees it."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "running.lock"
        self._file: IO[bytes] | None = None

    def take(self, now: float) -> float | None:
        """Be the one process of this input. Returns when the process before began (epoch seconds), None for the first.

        Raises: HeldElsewhere when another process is running; ConfigError when the file cannot be made.
        """
        before = self._path.stat().st_mtime if self._path.exists() else None
        try:
            self._file = open(self._path, "ab")
        except OSError as fault:
            raise ConfigError(
                f"The lock file {self._path} cannot be made ({fault.strerror}).",
                advice="Give the user that runs Splunk write access to the folder.",
            ) from None
        try:
            _lock(self._file)
        except OSError as fault:
            if fault.errno in _HELD:
                raise HeldElsewhere(
                    f"Another process of this input is running: it holds {self._path}.",
                    advice="Nothing is lost. If no such process should run, end it or restart Splunk.",
                ) from None
            # Some network file systems know no locks; the claims in the KV store still hold there.
        os.utime(self._path, (now, now))
        return before


def rest_s(interval: str, before: float | None, now: float) -> float:
    """Seconds to wait at `now` before asking the service, when the stanza's interval, edited by hand, makes splunkd
    start the input more often than once a minute, and the run before began at `before`."""
    try:
        interval_s = float(interval)
    except ValueError:
        return 0.0
    if before is None or not 0.0 <= interval_s < LEAST_INTERVAL_S or not before <= now < before + LEAST_INTERVAL_S:
        return 0.0
    return before + LEAST_INTERVAL_S - now
