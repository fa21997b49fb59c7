"""The delays that a rule allows its own runs: ``allow_skew`` and ``schedule_window`` (savedsearches.conf.spec)."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable
from datetime import UTC

from lab.splunk.conf.files import UnsupportedConf
from lab.splunk.scheduler.plan import Delay
from lab.splunk.scheduler.saved_search import SavedSearch, seconds

_MINUTE = 60.0
# Schedules whose minute and hour may be skewed; with any other only the second is.
_SKEWABLE = re.compile(r"(\*|\*/\d+) \* \* \* \*|0 (\*|\*/\d+) \* \* \*|0 0 \* \* \*")


def allowed_delays(searches: Iterable[SavedSearch], seed: int) -> Delay:
    """A ``delay`` for the scheduler: what a busy search head may do to these rules without breaking its promises.

    A rule's skew stays the same from run to run; within its window each run starts at another moment.
    """
    known = {search.name: search for search in searches}
    dice = random.Random(seed)
    skews = {name: dice.uniform(0.0, skew_limit(search)) for name, search in sorted(known.items())}

    def delay(rule: str, scheduled: float) -> float:
        return skews[rule] + random.Random(f"{seed} {rule} {scheduled}").uniform(0.0, window_limit(known[rule]))

    return delay


def skew_limit(search: SavedSearch) -> float:
    """The most seconds by which a rule's runs may be skewed. Raises UnsupportedConf for another form."""
    word = search.allow_skew.strip()
    if not word or word == "0":
        return 0.0
    if word.endswith("%") and word[:-1].isdigit():
        limit = period(search) * int(word[:-1]) / 100
    elif word[-1:].isalpha():
        limit = seconds(word, f"[{search.name}] allow_skew")
    else:
        raise UnsupportedConf(f"[{search.name}] allow_skew = {word}: write a percentage (50%) or a duration (5m)")
    return limit if _SKEWABLE.fullmatch(search.cron.text) else min(limit, _MINUTE - 1)


def window_limit(search: SavedSearch) -> float:
    """The most seconds by which a run may start late; ``auto`` is Splunk's to choose and counts as none."""
    word = search.schedule_window.strip().lower()
    if word in ("", "auto"):
        return 0.0
    if not word.isdigit():
        raise UnsupportedConf(f"[{search.name}] schedule_window = {word}: write a number of minutes or auto")
    limit = int(word) * _MINUTE
    if limit >= period(search):
        raise UnsupportedConf(
            f"[{search.name}] schedule_window = {word} minutes is not shorter than the search's period"
        )
    return limit


def period(search: SavedSearch) -> float:
    """The shortest time between two runs, from the days in which a schedule of minutes and hours repeats."""
    due = list(itertools.islice(search.cron.times(0, 8 * 86400, UTC), 10_000))
    return float(min((later - earlier for earlier, later in itertools.pairwise(due)), default=86400 * 7))
