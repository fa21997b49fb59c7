"""What one client does from several sources, which nobody who signs in uses: bursts that are one, or one in parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from .activity import Activity, distinct
from .burst_score import Burst, Thresholds, score_source
from .guesses import Guess, guesses_of
from .innocent import ENUMERATION, HIDDEN, asked_for_hours
from .joining import OLD_FORMAT
from .names import People
from .patterns import SCRIPTS

# More clients than this and a source has none of its own.
_MOST_CLIENTS = 2
_PAUSE_S = 24 * 3600
# An address that tries fewer names is anybody's; the next one takes over within so long; five are a list over sources.
_NAMES_EACH, _TURN_S, _MOST_TURNS = 3, 30 * 60, 4
# Where an account gets in with a client that fails for so many others there, and that nobody else has, it was guessed.
_FAILING_BESIDE = 5
# Of what one client that nobody has tries from address after address so many names belong to nobody, or it takes more
# turns than two.
_ABSENT_IN_TURN, _TURNS_OF_ONE_HAND = 1 / 4, 3


def client_of(burst: Burst, people_agents: Collection[str]) -> frozenset[str]:
    """The clients of a burst by which it can be known again; none where its names have an innocent cause.

    `people_agents` are the clients with which people sign in. A script's is told even if somebody signs in with it.
    """
    agents = frozenset(distinct((a for a in burst.activities if a.failing), "user_agent"))
    if burst.burst_class not in (ENUMERATION, HIDDEN) or len(agents) > _MOST_CLIENTS:
        return frozenset()
    return frozenset(agent for agent in agents if _of_nobody(agent, people_agents))


def _of_nobody(agent: str, people_agents: Collection[str]) -> bool:
    return bool(SCRIPTS.search(agent)) or agent not in people_agents


def clients_of_guessers(accounts: Mapping[str, str], activities: Iterable[Activity]) -> set[str]:
    """The clients in `accounts` whose only account was guessed with them, so that they are still nobody's.

    `accounts` are by client; `activities` are those of the only source where they sign in. There the client fails for
    more names than a person forgets, and no people of the organisation are known to work.
    """
    tried: dict[str, set[str]] = {}
    for a in activities:
        if a.network_people:
            return set()
        for client in a.user_agent if a.failing and not a.hidden else ():
            if client in accounts:
                tried.setdefault(client, set()).add(a.user)
    return {client for client, names in tried.items() if _others(names, accounts[client]) >= _FAILING_BESIDE}


def _others(names: Iterable[str], account: str) -> int:
    own = People([account])
    return sum(1 for name in names if name != account and not own.spelled_by(name))


class Told(NamedTuple):
    """What linking has to know of a burst; times are epoch seconds."""

    source: str
    client: frozenset[str]
    first_seen: float
    last_seen: float


def told_of(attempts: Iterable[Activity]) -> list[Told]:
    """The sources of what `by_nobody_s_client` leaves: they try names with a client of nobody and have no burst."""
    found: dict[tuple[str, str], Told] = {}
    for a in attempts:
        known = found.get((a.src, a.user_agent[0])) or Told(a.src, frozenset(a.user_agent), a.first_seen, a.last_seen)
        first, last = min(known.first_seen, a.first_seen), max(known.last_seen, a.last_seen)
        found[a.src, a.user_agent[0]] = known._replace(first_seen=first, last_seen=last)
    return list(found.values())


def link(bursts: Sequence[Told], besides: Sequence[Told] = ()) -> list[list[str]]:
    """For each burst, which has a client of its own, the other sources that are one story with it.

    One story is one client within a day. `besides` are sources that have no burst.
    """
    by_client: dict[frozenset[str], list[Told]] = {}
    for burst in [*bursts, *besides]:
        by_client.setdefault(burst.client, []).append(burst)
    return [
        sorted({o.source for o in by_client[burst.client] if o.source != burst.source and _near(burst, o)})
        for burst in bursts
    ]


def linked_line(others: Sequence[str]) -> str:
    """A line of reasons that is worth no points: each burst is judged by what it did."""
    return f"0: the same client tried names from {len(others)} other sources: {', '.join(others[:5])}"


def by_nobody_s_client(activities: Iterable[Activity], people_agents: Collection[str]) -> list[Activity]:
    """The failing attempts under names whose one client is a script's or none of people's, and what they entered.

    Left out are names of people who sign in at the same source, in whatever format: their devices have an old profile.
    Who gets in with a browser that is nobody's was guessed with it; a script may be somebody's.
    """
    listed = list(activities)
    of_nobody = [
        a for a in listed if not a.hidden and len(a.user_agent) == 1 and _of_nobody(a.user_agent[0], people_agents)
    ]
    tried = [a for a in of_nobody if a.failing]
    if not tried:
        return []
    entered = [a for a in of_nobody if a.outcome == "success" and a.user_agent[0] not in people_agents]
    here = People({a.user for a in listed if a.outcome == "success"} - {a.user for a in entered})
    return [a for a in [*tried, *entered] if not here.spelled_by(a.user)]


def bursts_in_parts(
    attempts: Iterable[Activity], thresholds: Thresholds, everybody: People, people_agents: Collection[str] = ()
) -> Iterator[Burst]:
    """Bursts of a client whose attempts a web gateway spreads over its addresses, too few on each, among its people's.

    `attempts` are what `by_nobody_s_client` leaves of sources that have no burst. At least half of the names exist
    nowhere, fewer where addresses take turns with a client that nobody signs in with (`people_agents` do), and slips of
    `everybody` do not count; `source` is the first of the addresses. But for a script nor do names that are asked for
    again and again, and there is none where nearly all are people's in another format: what devices do that were given
    a wrong profile.
    """
    by_client: dict[str, list[Activity]] = {}
    for a in attempts:
        by_client.setdefault(a.user_agent[0], []).append(a)
    for client, tried in sorted(by_client.items()):
        kept = [guess for guess in guesses_of(tried) if not (guess.not_real and everybody.only_slip_of(guess.name))]
        if not SCRIPTS.search(client):
            kept = _but_of_devices(kept, everybody)
        names, sources = {guess.name for guess in kept}, list(dict.fromkeys(s for g in kept for s in sorted(g.sources)))
        tried = [a for a in tried if a.user in names or (a.outcome == "success" and a.src in sources)]
        if len(sources) < 2 or len(names) < thresholds.low or not _of_one_hand(kept, client in people_agents):
            continue
        for burst in score_source(sources[0], tried, replace(thresholds, spray=0), everybody):
            if len(burst.addresses) > 1 and burst.burst_class == ENUMERATION:
                burst.reasons.note(f"one client, spread over {len(burst.addresses)} addresses: {burst_client(burst)}")
                yield burst


def _of_one_hand(guesses: Sequence[Guess], gets_in: bool) -> bool:
    """Whether what a client tries from several addresses is one list: half of the names exist nowhere, or each address
    goes on where the one before has ended, and no name comes again.

    Devices that got a new client are behind an address each, ask again, and do not wait for each other. A client that
    people sign in with (`gets_in`) may be theirs wherever it goes.
    """
    absent = sum(1 for guess in guesses if guess.not_real)
    if gets_in or absent * 2 >= len(guesses):
        return absent * 2 >= len(guesses)
    turns = _turns_of(guesses)
    return bool(turns) and (absent >= _ABSENT_IN_TURN * len(guesses) or turns >= _TURNS_OF_ONE_HAND)


def _turns_of(guesses: Sequence[Guess]) -> int:
    """How many addresses take turns with the names, several each; 0 where they do not, or a name is tried again."""
    if any(len(guess.sources) > 1 or guess.attempts > 1 for guess in guesses):
        return 0
    by_source: dict[str, list[float]] = {}
    for guess in guesses:
        by_source.setdefault(next(iter(guess.sources)), []).append(guess.first_seen)
    spans = sorted((min(times), max(times)) for times in by_source.values())
    follows = all(end <= start <= end + _TURN_S for (_, end), (start, _) in zip(spans, spans[1:]))
    return len(spans) if follows and all(len(times) >= _NAMES_EACH for times in by_source.values()) else 0


def of_strangers(activities: Iterable[Activity], people_agents: Collection[str]) -> list[Activity]:
    """The failing attempts under several names with a client that people have, from where nobody signs in.

    Those without a client as well, since a feed may have none.
    """
    listed = list(activities)
    if any(a.outcome == "success" or a.network_people for a in listed):
        return []
    tried = [
        a
        for a in listed
        if a.failing
        and not a.hidden
        and len(a.user_agent) < 2
        and not any(_of_nobody(agent, people_agents) for agent in a.user_agent)
    ]
    return tried if len({a.user for a in tried}) >= _NAMES_EACH else []


def bursts_that_move(attempts: Iterable[Activity], thresholds: Thresholds, everybody: People) -> Iterator[Burst]:
    """Bursts of one client whose address changes on the way, as a tethered phone's does, each with too few names.

    `attempts` are what `of_strangers` leaves of sources that have no burst. Addresses take turns: with one client and
    one application each goes on soon after the one before has ended. Each tries several names, none is tried again
    from another, and half of them or more exist nowhere. More addresses are left to who compares sources.
    """
    by_client: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Activity]] = {}
    for a in attempts:
        by_client.setdefault((a.user_agent, a.app_id or a.app), []).append(a)
    for _, tried in sorted(by_client.items()):
        for part in _turns(tried):
            kept = [g for g in guesses_of(part) if not (g.not_real and everybody.only_slip_of(g.name))]
            absent = sum(1 for guess in kept if guess.not_real)
            if len(kept) < thresholds.low or absent * 2 < len(kept) or any(len(g.sources) > 1 for g in kept):
                continue
            names = {guess.name for guess in kept}
            tried_of = [a for a in part if a.user in names]
            for burst in score_source(tried_of[0].src, tried_of, replace(thresholds, spray=0), everybody):
                if len(burst.addresses) > 1 and burst.burst_class == ENUMERATION:
                    burst.reasons.note(f"one client whose address changes: {len(burst.addresses)} addresses take turns")
                    yield burst


def _turns(attempts: Iterable[Activity]) -> Iterator[list[Activity]]:
    """Attempts of two to four sources that follow each other, in order of time."""
    by_source: dict[str, list[Activity]] = {}
    for a in sorted(attempts, key=lambda a: (a.first_seen, a.src)):
        by_source.setdefault(a.src, []).append(a)
    run: list[list[Activity]] = []
    for tried in [*by_source.values(), []]:
        if tried and len({a.user for a in tried}) < _NAMES_EACH:
            continue
        ended = max((a.last_seen for a in run[-1]), default=0.0) if run else 0.0
        if run and not (tried and ended <= tried[0].first_seen <= ended + _TURN_S):
            if 1 < len(run) <= _MOST_TURNS:
                yield [a for part in run for a in part]
            run = []
        run.append(tried)


def _but_of_devices(guesses: list[Guess], everybody: People) -> list[Guess]:
    formats = sum(1 for guess in guesses if guess.not_real and everybody.spelled_by(guess.name))
    if formats >= OLD_FORMAT * len(guesses):
        return []
    return [guess for guess in guesses if not (guess.not_real and asked_for_hours(guess))]


def burst_client(burst: Burst) -> str:
    """The client of a burst as a text that fits into a line."""
    return ", ".join(distinct(burst.activities, "user_agent"))[:60]


def _near(one: Told, other: Told) -> bool:
    return one.first_seen <= other.last_seen + _PAUSE_S and other.first_seen <= one.last_seen + _PAUSE_S
