"""Stand-ins that tests borrow: given back, one forgets its data and waits for the next test that wants its settings.

Installing the app, reading its configuration and compiling a rule take longer than most scenarios run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lab.scenarios.scenario import Setting
from lab.splunk.stand_in import StandIn

# Each holds its compiled searches and the processes that its commands are forked from.
_KEPT = 6


@dataclass(frozen=True)
class _Stand:
    splunk: StandIn
    settings: tuple[Setting, ...]
    state: object
    """That of its files when it had these settings; a test that changes more gives another one back."""


class Stands:
    """The stand-ins of one process. make: a new one with the app installed and every detection disabled, as it ships;
    kept: how many wait at most.
    """

    def __init__(self, make: Callable[[], StandIn], kept: int = _KEPT) -> None:
        self._make = make
        self._kept = kept
        self._waiting: list[_Stand] = []
        self._lent: list[_Stand] = []

    def lend(self, settings: Iterable[Setting] = ()) -> StandIn:
        """A stand-in without events and documents, whose local configuration has these settings and no other."""
        wanted = tuple(sorted(settings))
        stand = next((stand for stand in self._waiting if stand.settings == wanted), None)
        if stand is None:
            splunk = self._make()
            for conf, app, stanza, key, value in wanted:
                splunk.set_local(conf, stanza, {key: value}, app=app)
            stand = _Stand(splunk, wanted, _state(splunk))
        else:
            self._waiting.remove(stand)
        self._lent.append(stand)
        return stand.splunk

    def take_back(self) -> None:
        """Takes back what was lent: what has other settings or files by now is closed, and the longest waiting."""
        for stand in self._lent:
            if _state(stand.splunk) == stand.state:
                stand.splunk.forget()
                self._waiting.append(stand)
            else:
                stand.splunk.close()
        self._lent.clear()
        for stand in self._waiting[: -self._kept]:
            stand.splunk.close()
        del self._waiting[: -self._kept]

    def close(self) -> None:
        """Closes them all."""
        for stand in (*self._lent, *self._waiting):
            stand.splunk.close()
        self._lent.clear()
        self._waiting.clear()


def _state(splunk: StandIn) -> object:
    """What forgetting does not undo: the configuration, and the lookup files that searches write."""
    files = (
        path for folder in ("apps/*", "system", "users/*/*") for path in splunk.home.glob(f"etc/{folder}/lookups/*")
    )
    return splunk.conf_tree.generation, {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}
