"""The pipe to splunkd: what lies in it unread is gone when splunkd dies, so it does not count as handed over.

Source: Linux pipe(7), FIONREAD (the bytes that wait in the pipe, on either end of it), poll(2) (POLLERR when the
reading end is closed).
"""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from typing import IO

_FIRST_WAIT_S = 0.0005
_LONGEST_WAIT_S = 0.02


def nobody_reads(output: int) -> bool:
    """Whether the reading end of the pipe `output` was closed; False where the system does not tell, as on Windows,
    where writing fails instead."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(output, 0)
    return any(event & (select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))


def wait_until_read(output: IO[bytes]) -> None:
    """Return when the reader has taken everything out of the pipe; at once where that cannot be seen (Linux tells it).

    Raises: BrokenPipeError when the reader went away before.
    """
    pipe = _pipe_of(output)
    wait_s = _FIRST_WAIT_S
    while pipe is not None and _unread(pipe):
        if nobody_reads(pipe):
            raise BrokenPipeError
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _pipe_of(output: IO[bytes]) -> int | None:
    try:
        number = output.fileno()
        return number if stat.S_ISFIFO(os.fstat(number).st_mode) else None
    except OSError:
        return None


if sys.platform == "linux":
    import fcntl
    import termios

    def _unread(pipe: int) -> int:
        waiting = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
        return int.from_bytes(waiting, sys.byteorder)

else:

    def _unread(pipe: int) -> int:
        return 0
