"""One list, continued day after day from another source each time, told by client and order, a script, or the place."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from .activity import Activity, distinct
from .addresses import neighbourhood
from .days import DayThresholds, SlowGuessing, day_of, new_names, slow_guessing, spray_days
from .guesses import Guess, guesses_of
from .names import People, local_part
from .patterns import SCRIPTS, add_signs, list_signs
from .reasons import Reasons, add_found, keep_critical_for_entry
from .set_aside import ASKED_AGAIN, NEIGHBOURS, NOWHERE, SetAside, cause_of

# Eleven of fourteen names in random order stand in alphabetical order once in a hundred thousand times.
_NAMES = 14
_IN_ORDER = 0.75
_DAYS = 4
_SOURCES = 3
# A list tries each name about once; people and their devices try again.
_ATTEMPTS_PER_NAME = 1.5
# Names that belong to nobody, from a script that comes from ever new sources, are a list without any order.
_SCRIPTED_NAMES = 20
_SCRIPTED_SOURCES = 10
_ABSENT_OF_A_SCRIPT, _ABSENT_OF_A_CLIENT = 0.5, 0.8
_PATTERN_POINTS = 15
# Neighbours of one hand try so many names each, and nearly all of them with one client; or more, each with a client of
# its own.
_NAMES_EACH, _NAMES_OF_ITS_CLIENT = 2, 3
_ONE_CLIENT = 0.8
# Nobody who guesses has so many right passwords.
_RIGHT = 1 / 4


def strangers_of(activities: Sequence[Activity], everybody: People, thresholds: DayThresholds) -> list[Activity]:
    """Attempts of one source that may belong to a list; none where anybody signs in, nor of a long list of its own."""
    if any(a.outcome == "success" or a.network_people for a in activities):
        return []
    tried = [a for a in activities if a.failing and not a.hidden and not a.changed and not a.alone]
    kept = {guess.name for guess in guesses_of(tried) if not cause_of(guess, everybody)}
    if len(kept) >= thresholds.names_per_day:
        return []
    return [a for a in tried if a.user in kept]


def continued_lists(
    activities: Iterable[Activity],
    thresholds: DayThresholds,
    people_agents: Collection[str] = (),
    aside: SetAside = NOWHERE,
) -> list[SlowGuessing]:
    """The lists among attempts of many sources, one for each client and application that a list is tried with.

    Activities are what `strangers_of` leaves of each source. A list has fourteen names or more, three in four of them
    in alphabetical order over four days and three sources, hardly one tried again. Ordinary slips have no order, so
    that a client that everybody uses finds nothing. A script's list needs no order: nobody mistypes a name into one;
    nor does a list of names that hardly exist, tried with a client that is none of `people_agents`, those with which
    people sign in (empty: not known). Lists that are asked for again and again go to `aside`. With such a client
    several sources may also come again with passwords for the same accounts, a few a day each.
    """
    groups: dict[tuple[str, str], list[Activity]] = {}
    for activity in activities:
        for app in activity.app_id or activity.app or ("",):
            for agent in dict.fromkeys([*activity.user_agent, ""]):
                groups.setdefault((agent, app), []).append(activity)
    found: list[SlowGuessing] = []
    taken: set[str] = set()
    # Groups that name a client first: the application alone joins lists whose client changes.
    for (agent, app), members in sorted(groups.items(), key=lambda group: (not group[0][0], group[0])):
        left = [a for a in members if a.user not in taken]
        nobody_s = bool(SCRIPTS.search(agent) or (agent and people_agents and agent not in people_agents))
        slow = _list_of(agent, app, left, thresholds, people_agents, aside)
        slow = slow or (_spray_of(agent, app, left, thresholds) if nobody_s else None)
        if slow:
            taken.update(slow.names)
            found.append(slow)
    return found


def lists_of_neighbours(
    activities: Iterable[Activity], everybody: People, thresholds: DayThresholds, aside: SetAside = NOWHERE
) -> list[SlowGuessing]:
    """Slow guessing of the addresses of one /24 or /48 together, each of which has too few days of its own.

    Activities are those that are `near`: of places in whose neighbourhood nobody signs in. Neighbours of one hand try
    the names of several people each, once, and with one client, or one each; strangers at a provider have a name and a
    client each; these go to `aside`.
    """
    places: dict[str, list[Activity]] = {}
    for activity in activities:
        places.setdefault(neighbourhood(activity.src), []).append(activity)
    found = []
    for place, members in sorted(places.items()):
        slow = slow_guessing(place, members, everybody, thresholds) if place else None
        if slow and not _of_one_hand(slow):
            aside.group(place, NEIGHBOURS, slow.guesses)
        elif slow:
            client = _client_of_most(slow.guesses)
            words = f"{len(slow.addresses)} addresses of {place}, where nobody signs in, try them, several from each"
            slow.reasons.note(f"{words}{', with one client' if client else ''}")
            shared = f"network {place}{', client ' + client[:60] if client else ''}"
            found.append(replace(slow, source=place, shared=shared, network=place))
    return found


def _of_one_hand(slow: SlowGuessing) -> bool:
    names, attempts = len(slow.guesses), sum(guess.attempts for guess in slow.guesses)
    each = names / len(slow.addresses)
    if len(slow.addresses) < 2 or each < _NAMES_EACH or attempts > _ATTEMPTS_PER_NAME * names:
        return False
    if _client_of_most(slow.guesses):
        return True
    clients: dict[str, set[str]] = {}
    for activity in slow.activities:
        clients.setdefault(activity.src, set()).update(activity.user_agent)
    if not any(clients.values()):
        # Where the feed has no clients, the names of a place come with one application.
        return len(distinct(slow.activities, "app_id")) <= 1
    return each >= _NAMES_OF_ITS_CLIENT and all(len(of_one) == 1 for of_one in clients.values())


def _client_of_most(guesses: Sequence[Guess]) -> str:
    """The client with which nearly all names were tried; empty when there is none."""
    counts = Counter(agent for guess in guesses for agent in guess.agents)
    client = max(counts, key=lambda agent: (counts[agent], agent), default="")
    return client if client and counts[client] >= _ONE_CLIENT * len(guesses) else ""


def _list_of(
    agent: str,
    app: str,
    members: list[Activity],
    thresholds: DayThresholds,
    people_agents: Collection[str],
    aside: SetAside,
) -> SlowGuessing | None:
    ordered = _in_order(guesses_of(members))
    in_order = bool(ordered)
    if not ordered and SCRIPTS.search(agent):
        ordered = _of_a_script(guesses_of(members), _ABSENT_OF_A_SCRIPT)
    elif not ordered and agent and people_agents and agent not in people_agents:
        ordered = _of_a_script(guesses_of(members), _ABSENT_OF_A_CLIENT)
    names = {guess.name for guess in ordered}
    tried = [a for a in members if a.user in names]
    daily = new_names(ordered)
    sources = {a.src for a in tried}
    attempts = sum(guess.attempts for guess in ordered)
    if len(daily) < _DAYS or len(sources) < _SOURCES:
        return None
    days_apart = max((day_of(guess.last_seen) - day_of(guess.first_seen) for guess in ordered), default=0)
    if attempts > _ATTEMPTS_PER_NAME * len(ordered) or days_apart > 1:
        aside.group(_title(tried, app) or agent[:60], ASKED_AGAIN, ordered)
        return None
    reasons = Reasons()
    shared = ", ".join(
        [f"client {agent[:60]}"] * bool(agent) + [f"application {_title(tried, app)}"] * bool(app)
    )  # fmt: skip
    text = (
        f"one list of {len(ordered)} names{' in order' * in_order} over {len(daily)} days, from {len(sources)} sources"
    )
    reasons.add(45, f"{text} that share {shared or 'nothing else'}")
    if in_order:
        reasons.add(10, "each day continues the list where the day before ended, from other sources")
    if len(ordered) >= thresholds.names_per_day:
        reasons.add(10, f"{len(ordered)} names together")
    signs = [sign for sign in list_signs(ordered) if sign.id != "clock"]
    add_signs(reasons, signs, _PATTERN_POINTS)
    real = [guess.name for guess in ordered if guess.exists]
    right = [guess.name for guess in ordered if "password_correct" in guess.outcomes]
    add_found(reasons, real, right)
    keep_critical_for_entry(reasons, bool(right))
    addresses = list(dict.fromkeys(a.src for a in sorted(tried, key=lambda a: a.first_seen)))
    key = f"{agent}|{app}"
    return SlowGuessing(key, addresses, ordered, daily, [], tried, signs, reasons, shared or "an order")


def _spray_of(agent: str, app: str, members: Sequence[Activity], thresholds: DayThresholds) -> SlowGuessing | None:
    """Accounts that several sources together try once or twice a day each, on enough days: a spray that takes its time.

    Each source tries several of them; behind a device's address there is one. Who has the right password for one in
    four asks for their own mail.
    """
    tried = [a for a in members if a.outcome != "guess_not_real"]
    guesses = guesses_of(tried)
    right = [guess.name for guess in guesses if "password_correct" in guess.outcomes]
    accounts: dict[str, set[str]] = {}
    for activity in tried:
        accounts.setdefault(activity.src, set()).add(activity.user)
    spread = [src for src, names in accounts.items() if len(names) >= _NAMES_OF_ITS_CLIENT]
    if len(spread) < 2 or len(right) > _RIGHT * len(guesses):
        return None
    days = spray_days([a for a in tried if a.src in spread], thresholds)
    if days < thresholds.days:
        return None
    shared = f"client {agent[:60]}" + f", application {_title(tried, app)}" * bool(app)
    reasons = Reasons()
    words = f"{thresholds.spray} or more accounts once or twice a day, on {days} days of {thresholds.span}"
    reasons.add(40, f"{words}, from {len(accounts)} sources that share {shared}")
    if len(guesses) >= thresholds.names_per_day:
        reasons.add(10, f"{len(guesses)} names together")
    signs = [sign for sign in list_signs(guesses) if sign.id != "clock"]
    add_signs(reasons, signs, _PATTERN_POINTS)
    add_found(reasons, [guess.name for guess in guesses if guess.exists], right)
    keep_critical_for_entry(reasons, bool(right))
    addresses = list(dict.fromkeys(a.src for a in sorted(tried, key=lambda a: a.first_seen)))
    by_day: dict[int, set[str]] = {}
    for activity in tried:
        by_day.setdefault(day_of(activity.first_seen), set()).add(activity.user)
    daily = [(day, sorted(names)) for day, names in sorted(by_day.items())]
    return SlowGuessing(f"{agent}|{app}", addresses, guesses, daily, [], tried, signs, reasons, shared)


def _of_a_script(guesses: Sequence[Guess], least_absent: float) -> list[Guess]:
    """The guesses when they are many, from many sources, and a share of them are names that nobody has; else none."""
    sources = {source for guess in guesses for source in guess.sources}
    absent = sum(1 for guess in guesses if guess.not_real)
    if len(guesses) < _SCRIPTED_NAMES or len(sources) < _SCRIPTED_SOURCES or absent < least_absent * len(guesses):
        return []
    return list(guesses)


def _title(tried: Sequence[Activity], app: str) -> str:
    """The application's name as the records show it, else its id."""
    return next((a.app[0] for a in tried if app in a.app_id and a.app), app)


def _in_order(guesses: Sequence[Guess]) -> list[Guess]:
    """The guesses that stand in alphabetical order, rising or falling, when they are enough of all; else none."""
    if len(guesses) < _NAMES:
        return []
    rising = _longest_rising([local_part(guess.name) for guess in guesses])
    falling = [len(guesses) - 1 - i for i in _longest_rising([local_part(g.name) for g in reversed(guesses)])][::-1]
    best = max(rising, falling, key=len)
    if len(best) < _IN_ORDER * len(guesses):
        return []
    return [guesses[i] for i in best]


def _longest_rising(values: Sequence[str]) -> list[int]:
    """Places of the longest subsequence that never falls (patience sorting, n log n)."""
    tails: list[str] = []
    places: list[int] = []
    links: dict[int, int] = {}
    for i, value in enumerate(values):
        at = bisect_right(tails, value)
        if at:
            links[i] = places[at - 1]
        if at == len(tails):
            tails.append(value)
            places.append(i)
        else:
            tails[at], places[at] = value, i
    found: list[int] = []
    last: int | None = places[-1] if places else None
    while last is not None:
        found.append(last)
        last = links.get(last)
    return found[::-1]
