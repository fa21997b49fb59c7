"""Who else uses a source: whether people work behind it, and which failing names are theirs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .activity import Activity
from .bursts import burst_spans
from .guesses import Guess, guesses_of
from .names import People, malformed, shares_a_part

# A source with this many people signing in is an office, a VPN or a proxy, where slips of the fingers are expected.
_EGRESS_PEOPLE = 5
# Who works behind a source is known only while so much of the time before a burst is in the search.
_SURROUNDINGS_S = 4 * 3600
# So often somebody tries an own account whose password changed.
_OWN_ATTEMPTS = 3
# Who finds the own name after wrong ones signs in so soon after the last of them.
_IN_THE_END_S = 180
# So many wrong names somebody types before the own one.
_MOST_SLIPS = 3
# So many people sign in with a client before it is the place's own.
_SEVERAL = 3


@dataclass(frozen=True)
class Surroundings:
    """Who else uses the source: the people who signed in, and the failing names that they explain."""

    people: People
    egress: bool
    explained: Mapping[str, str]
    everybody: People
    only_shared: bool = False
    known_from: float = 0.0


def surroundings_of(
    ordered: list[Activity], options: Mapping[str, int], everybody: People | None, searched_from: float
) -> Surroundings:
    """What a source's activities, in order of time, say of the people behind it.

    `options` are what a burst is (see `burst_spans`); `everybody` are the people known to sign in anywhere;
    `searched_from` is where the search begins (epoch seconds, 0: not known).
    """
    people = People(a.user for a in ordered if a.outcome == "success" and not a.hidden)
    failed = guesses_of(ordered)
    known_from = searched_from + _SURROUNDINGS_S if searched_from else 0.0
    egress = _is_egress(ordered, people, {guess.name for guess in failed}, _begin(ordered, options), known_from)
    explained = _explained(ordered, failed, people, egress)
    if egress:
        explained.update((guess.name, "people") for guess in _found_in_the_end(failed, ordered))
    return Surroundings(people, egress, explained, everybody or People(()), known_from=known_from)


def agents_of_people(ordered: list[Activity]) -> frozenset[str]:
    """Clients with which several people sign in from the source."""
    users: dict[str, set[str]] = {}
    for a in ordered:
        if a.outcome == "success":
            for agent in a.user_agent:
                users.setdefault(agent, set()).add(a.user)
    return frozenset(agent for agent, people in users.items() if len(people) >= _SEVERAL)


def _begin(ordered: list[Activity], options: Mapping[str, int]) -> float:
    """When the first burst begins, whoever's names it holds; without one, when the first attempt fails."""
    spans = burst_spans(ordered, counts=lambda name: True, **options)
    if spans:
        return spans[0].start * 60.0
    return min((a.first_seen for a in ordered if a.failing), default=0.0)


def _is_egress(ordered: list[Activity], people: People, failed: set[str], begin: float, known_from: float) -> bool:
    """Whether several people's ordinary work leaves through the source.

    An attacker's few hits make no office: the network is known for its people, or they signed in before the first burst
    began, or more of them do than fail. Where the time before it is no longer searched, several people are enough: the
    runs before knew better, and what they found is kept.
    """
    if max((a.network_people for a in ordered), default=0) >= _EGRESS_PEOPLE:
        return True
    if len(people) < _EGRESS_PEOPLE:
        return False
    before = {a.user for a in ordered if a.outcome == "success" and a.first_seen < begin}
    if begin < known_from or len(before) >= _EGRESS_PEOPLE:
        return True
    others = sum(1 for name in failed if name not in people.names and not malformed(name))
    # No list of guesses opens the door for one name in four.
    return len(people) > others or len(people.names & failed) * 4 >= len(failed)


def _explained(ordered: list[Activity], failed: list[Guess], people: People, egress: bool) -> dict[str, str]:
    """Failing names that are nobody's guess, and why.

    `account`: made or deleted lately, by the directory's audit, or somebody who signs in now although the name did not
    exist then. `people`, at a shared address: they signed in, are one slip away from somebody who did, have the right
    password as on other days and are asked for more, or are accounts that fail again and again, as somebody does who
    forgot a new password or a device with another format of the name. A list tries each name once or twice.
    """
    changed = {a.user for a in ordered if a.changed and a.failing}
    explained: dict[str, str] = {}
    for guess in failed:
        if guess.name in changed or (guess.known and guess.not_real):
            explained[guess.name] = "account"
        elif egress and (people.explains(guess.name) or _own(guess) or _old_profile(guess, people)):
            explained[guess.name] = "people"
    return explained


def _found_in_the_end(failed: list[Guess], ordered: list[Activity]) -> list[Guess]:
    """Names after which somebody whose name has a part of them signs in, right then and with the client that tried.

    A sign-in explains a few names: in a busy office somebody with a part of any name signs in at any minute, and would
    hide a list that is tried there.
    """
    sign_ins = sorted(
        ((at, a) for a in ordered if a.outcome == "success" for at in {a.first_seen, a.last_seen}),
        key=lambda sign_in: sign_in[0],
    )
    times = [at for at, _ in sign_ins]
    explains: Counter[str] = Counter()
    found = []
    for guess in sorted(failed, key=lambda guess: guess.last_seen):
        soon = slice(bisect_left(times, guess.last_seen), bisect_right(times, guess.last_seen + _IN_THE_END_S))
        person = next((a.user for _, a in sign_ins[soon] if _meant(guess, a) and explains[a.user] < _MOST_SLIPS), None)
        if person is not None:
            explains[person] += 1
            found.append(guess)
    return found


def _meant(guess: Guess, sign_in: Activity) -> bool:
    """Whether a name that nobody has may be what was typed before the right one."""
    if not guess.not_real or (guess.agents and not guess.agents & set(sign_in.user_agent)):
        return False
    return shares_a_part(guess.name, sign_in.user)


def _own(guess: Guess) -> bool:
    if "guess_not_real" in guess.outcomes:
        return False
    return guess.attempts >= _OWN_ATTEMPTS or (guess.known and "password_correct" in guess.outcomes)


def _old_profile(guess: Guess, people: People) -> bool:
    """A device that was given another format of its owner's name, and does not tire of it."""
    return guess.attempts >= _OWN_ATTEMPTS and people.spelled_by(guess.name)
