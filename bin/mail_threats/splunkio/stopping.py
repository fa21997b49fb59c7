"""What happens when splunkd asks the process to end.

The signal sets an event that every wait ends on; what was flushed is recorded, and the process ends in good order.
Should it hang in the network or on a full pipe, it is ended a few seconds later: nothing is lost, since what was not
recorded is collected again.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

GRACE_S = 4.0


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

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.event.set()
        if not self._collecting:
            raise SystemExit(0)
        timer = threading.Timer(GRACE_S, os._exit, args=(0,))
        timer.daemon = True
        timer.start()
