"""Guesses spread over days from one source: few names a day, each day others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from .activity import Activity
from .guesses import Guess, guesses_of
from .innocent import INNOCENT_CAP, Innocent, looks_listed, refused_by_policy
from .names import People, local_part, of_a_device
from .patterns import Sign, add_signs, kendall_tau, list_signs
from .reasons import Reasons, add_found, keep_critical_for_entry
from .set_aside import NOWHERE, OWN_PASSWORD, PEOPLE_S, SetAside, cause_of

_DAY_S = 86400
# Names that make an order across days, and how good it has to be: two of a hundred thousand random orders of eight are.
_CONTINUED_NAMES = 8
_CONTINUED_TAU = 0.85
_EGRESS_PEOPLE = 5
_PATTERN_POINTS = 15
# Nobody guesses the passwords of so many accounts, and of so large a part of all that are tried.
_REFUSED, _RIGHT = 5, 0.8


@dataclass(frozen=True)
class DayThresholds:
    """`names` new names on each of `days` days within any `span` days; `names_per_day` on a single one.

    A day on which some hour holds `burst` names is the burst rule's. `spray` accounts, whether new or not, on as many
    days, are a spray that takes its time.
    """

    names: int = 3
    days: int = 3
    span: int = 7
    names_per_day: int = 20
    burst: int = 10
    spray: int = 5
    max_names: int = 100


@dataclass(frozen=True)
class SlowGuessing:
    """What one source tried over days. `daily` holds each day's new names, oldest first; of a spray of several
    sources all names of each.

    `shared` says what joins several sources that work off one list; then `source` is the key of the list, and `network`
    their neighbourhood if that is what joins them.
    """

    source: str
    addresses: list[str]
    guesses: list[Guess]
    daily: list[tuple[int, list[str]]]
    success_users: list[str]
    activities: list[Activity]
    signs: list[Sign]
    reasons: Reasons
    shared: str = ""
    network: str = ""

    @property
    def names(self) -> list[str]:
        return [guess.name for guess in self.guesses]

    @property
    def first_seen(self) -> float:
        return min(guess.first_seen for guess in self.guesses)

    @property
    def last_seen(self) -> float:
        return max(activity.last_seen for activity in self.activities)

    def having(self, *outcomes: str) -> list[str]:
        return [guess.name for guess in self.guesses if guess.outcomes & set(outcomes)]


def slow_guessing(
    source: str,
    activities: Iterable[Activity],
    everybody: People,
    thresholds: DayThresholds,
    aside: SetAside = NOWHERE,
) -> SlowGuessing | None:
    """What is slow guessing of one source or /64; None when its days show none.

    Activities are one for each day and name. A name counts on the first day it is tried: a device that repeats one old
    name for a month never adds a second one. Names of people who sign in from the source, of accounts made or deleted
    lately, and slips of known people do not count, nor do names that exist at an address where several people sign in:
    there a wrong password is somebody's own. Names that do not count go to `aside`, each with its cause.
    """
    ordered = sorted(activities, key=lambda activity: (activity.first_seen, activity.user))
    people = {a.user for a in ordered if a.outcome == "success"}
    egress = len(people) >= _EGRESS_PEOPLE or any(a.network_people >= _EGRESS_PEOPLE for a in ordered)
    tried = [a for a in ordered if a.failing and not a.hidden and not _burst_day(a, ordered, thresholds)]
    changed = {a.user for a in tried if a.changed}
    own = People(people)
    every = guesses_of(tried)
    causes = {
        guess.name: OWN_PASSWORD
        if guess.name in people
        else cause_of(guess, everybody, changed) or _of_the_place(guess, own, egress)
        for guess in every
    }
    aside.names(source, every, causes)
    tried = [a for a in tried if not causes[a.user]]
    guesses = guesses_of(tried)
    if not guesses:
        return None
    daily = new_names(guesses)
    signs = list_signs(guesses)
    reasons = _judge(guesses, tried, daily, signs, thresholds)
    if reasons is None:
        return None
    if egress and not looks_listed(guesses, signs):
        aside.add(source, PEOPLE_S, guesses)
        return None
    right = [guess.name for guess in guesses if "password_correct" in guess.outcomes]
    later = [a for a in ordered if a.outcome == "success" and not egress and a.last_seen > guesses[0].first_seen]
    success = list(dict.fromkeys(a.user for a in later if a.user in {guess.name for guess in every}))
    real = [guess.name for guess in guesses if guess.exists]
    refused = _refused(guesses, tried)
    add_found(reasons, real, [] if refused else right, success)
    if refused:
        reasons.keep_at_most(INNOCENT_CAP, refused)
    keep_critical_for_entry(reasons, bool(right or success))
    addresses = list(dict.fromkeys(a.src for a in tried))
    evidence = [*tried, *(a for a in later if a.user in success)]
    return SlowGuessing(
        addresses[0] if len(addresses) == 1 else source, addresses, guesses, daily, success, evidence, signs, reasons
    )


def _of_the_place(guess: Guess, own: People, egress: bool) -> Innocent | None:
    somebodys = guess.exists and "password_correct" not in guess.outcomes
    return PEOPLE_S if egress and (somebodys or own.explains(guess.name)) else None


def day_of(time: float) -> int:
    """The day of an epoch time, in days since the epoch."""
    return int(time // _DAY_S)


def _burst_day(activity: Activity, ordered: list[Activity], thresholds: DayThresholds) -> bool:
    day = day_of(activity.first_seen)
    times = sorted(a.first_seen for a in ordered if a.failing and day_of(a.first_seen) == day)
    last = thresholds.burst - 1
    return any(times[i + last] - times[i] < 3600 for i in range(len(times) - last))


def new_names(guesses: list[Guess]) -> list[tuple[int, list[str]]]:
    """Each day and the names first tried on it, oldest first."""
    days: dict[int, list[str]] = {}
    for guess in guesses:
        days.setdefault(day_of(guess.first_seen), []).append(guess.name)
    return sorted(days.items())


def _within_a_day(guesses: list[Guess]) -> int:
    """The most new names in any 24 hours: a night has two dates. `guesses` are in order of their first attempt."""
    times = [guess.first_seen for guess in guesses]
    return max(bisect_left(times, start + _DAY_S) - i for i, start in enumerate(times))


def _judge(
    guesses: list[Guess],
    tried: list[Activity],
    daily: list[tuple[int, list[str]]],
    signs: list[Sign],
    thresholds: DayThresholds,
) -> Reasons | None:
    reasons = Reasons()
    busy = [day for day, names in daily if len(names) >= thresholds.names]
    best = max((sum(1 for other in busy if day <= other < day + thresholds.span) for day in busy), default=0)
    fullest = _within_a_day(guesses)
    continued = _continued(daily, thresholds)
    if best >= thresholds.days:
        reasons.add(45, f"{thresholds.names} or more new names on {best} days of {thresholds.span}")
    elif fullest >= thresholds.names_per_day:
        reasons.add(45, f"{fullest} names in one day, never {thresholds.burst} in an hour")
    elif continued:
        reasons.add(40, f"a list of {len(guesses)} names, continued in its order the next day")
    else:
        spray = spray_days(tried, thresholds)
        if spray < thresholds.days:
            return None
        reasons.add(
            40, f"{thresholds.spray} or more accounts once or twice a day, on {spray} days of {thresholds.span}"
        )
    if continued and best >= thresholds.days:
        reasons.add(10, "each day continues the list where the day before ended")
    if len(guesses) >= thresholds.names_per_day:
        reasons.add(10, f"{len(guesses)} names together")
    add_signs(reasons, [sign for sign in signs if sign.id != "clock"], _PATTERN_POINTS)
    return reasons


def _refused(guesses: list[Guess], tried: list[Activity]) -> str:
    """Why names with the right password are programs that a policy refuses; empty when they may be guesses.

    Nobody guesses the passwords of nearly all, and who bought them sees at the first attempt that a policy is in the
    way: the same accounts that come again on other days are their owners' mail programs.
    """
    right = [guess for guess in guesses if "password_correct" in guess.outcomes]
    if len(right) < _REFUSED or len(right) < _RIGHT * len(guesses):
        return ""
    if not all(refused_by_policy(guess) for guess in right):
        return ""
    days: dict[str, set[int]] = {}
    for activity in tried:
        if activity.outcome == "password_correct":
            days.setdefault(activity.user, set()).add(day_of(activity.first_seen))
    again = sum(1 for found in days.values() if len(found) > 1)
    if again < 0.5 * len(right):
        return ""
    return (
        f"the password is right for {len(right)} of {len(guesses)} accounts; a policy refuses them, {again} come on "
        "several days: their owners' programs"
    )


def _continued(daily: list[tuple[int, list[str]]], thresholds: DayThresholds) -> bool:
    days = [names for _, names in daily if len(names) >= thresholds.names]
    order = [local_part(name) for names in days for name in names]
    if len(days) < 2 or len(order) < _CONTINUED_NAMES:
        return False
    return abs(kendall_tau(list(dict.fromkeys(order)))) >= _CONTINUED_TAU


def spray_days(tried: list[Activity], thresholds: DayThresholds) -> int:
    """Days of the best span with many accounts, each once or twice: no device is that patient with so many names.

    Nobody sprays a name that the directory does not have: who asks for it again has not learnt that it is gone.
    """
    days: dict[int, set[str]] = {}
    for activity in tried:
        if activity.attempts <= 2 and activity.outcome != "guess_not_real" and not of_a_device(activity.user):
            days.setdefault(day_of(activity.first_seen), set()).add(activity.user)
    busy = [day for day, names in days.items() if len(names) >= thresholds.spray]
    return max((sum(1 for other in busy if day <= other < day + thresholds.span) for day in busy), default=0)


def merged(activities: Iterable[Activity]) -> list[Activity]:
    """One activity for each day, address, name and outcome: memory and the searched day know the same attempts."""
    found: dict[tuple[int, str, str, str], Activity] = {}
    for activity in activities:
        key = (day_of(activity.first_seen), activity.src, activity.user, activity.outcome)
        known = found.get(key)
        if known is None:
            found[key] = activity
            continue
        found[key] = known._replace(
            attempts=max(known.attempts, activity.attempts),
            first_seen=min(known.first_seen, activity.first_seen),
            last_seen=max(known.last_seen, activity.last_seen),
        )
    return list(found.values())
