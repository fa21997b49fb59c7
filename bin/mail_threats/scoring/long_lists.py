"""Lists that one source goes through so slowly that no hour shows them: which of its names may be of such a list."""

from __future__ import annotations

from .activity import Activity
from .bursts import burst_spans
from .guesses import guesses_of
from .patterns import list_signs
from .surroundings import Surroundings

# Who goes through a list learns at the first answer that a name is gone; who asks again after so long did not.
_AGAIN_S = 10 * 60
# Signs that names were made or gone through by a program; people who mistype show none of them.
_MADE = frozenset({"sorted", "numbered", "permutations"})


def left_of_a_long_list(
    ordered: list[Activity], around: Surroundings, least: int, window: int, burst: int
) -> list[Activity]:
    """The activities of one source, in order of time, that may be a list nobody hurries with; empty when none are.

    They are of names that the directory does not have. Taken away are names that people, changed accounts or bursts
    (`burst` names within `window` minutes) explain, and names that are asked for again later, as services and people
    of another directory do. Where people get in, names no more than they are theirs, unless they look made. One name at
    least has to be new today.
    """
    hurried = burst_spans(ordered, window=window, threshold=burst, merge_gap=0, counts=lambda name: True)
    # The memory holds days, the search its last one: both together say how often a name was asked for.
    changed = {activity.user for activity in ordered if activity.changed}
    guesses = guesses_of(a for a in ordered if a.user not in around.explained and a.user not in changed)
    slow = {
        guess.name: guess
        for guess in guesses
        if guess.not_real
        and guess.span_s < _AGAIN_S
        and not any(span.start * 60 <= guess.first_seen < (span.end + 1) * 60 for span in hurried)
    }
    if len(slow) < least:
        return []
    if around.egress and len(slow) <= _people(ordered, around):
        if not {sign.id for sign in list_signs(list(slow.values()))} & _MADE:
            return []
    old = {activity.user for activity in ordered if activity.remembered}
    if slow.keys() <= old:
        return []
    return [a for a in ordered if a.outcome == "guess_not_real" and a.user in slow]


def _people(ordered: list[Activity], around: Surroundings) -> int:
    return max(len(around.people), *(activity.network_people for activity in ordered))
