"""What sources have in common, and whether it is anything that everybody does not have as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .activity import Activity, distinct
from .guesses import Guess, guesses_of
from .innocent import GONE_ATTEMPTS, asked_for_hours
from .names import People, local_part
from .patterns import SCRIPTS, Sign, kendall_tau, list_signs
from .sources import Source, neighbours_of, within

# Signs that a list is worked off, wherever it is tried from; the other signs are about the sources.
STRONG = frozenset({"sorted", "numbered", "permutations", "dictionary"})
# What makes sources those of one hand: what hardly anybody else has, a list, or how a list is dealt out. One attempt
# for each name, names of nobody and a client or an application that everybody uses are how strangers look who have
# nothing to do with each other.
_OF_A_TOOL = frozenset({"script", "rare_agent", "rare_app"})
_OF_ONE_HAND = _OF_A_TOOL | STRONG | {"neighbours", "even_share", "rotation", "several_names"}
# An agent that so few of the people who sign in use is the guesser's own.
_RARE_PEOPLE = 2
_RARE_SHARE = 0.02
_ENOUGH_PEOPLE = 10
# Who goes round a list again comes to so many of its names, and to so many of them after the first round.
_GONE_ROUND, _IN_ROUNDS = 0.6, 0.8
# So many names of people in a format that the directory does not have come from a profile that devices were given, when
# each is asked for so often in the mean.
OLD_FORMAT, _AGAIN = 0.8, 1.5
# Of ten names in random order one in three thousand such orders is as good as this.
_MANY_NAMES, _GOOD_ORDER = 20, 0.8
# So often a client that hardly anybody has asks for a name before it is a device's.
_DEVICE_ATTEMPTS = 5


@dataclass(frozen=True)
class Usual:
    """How many of the people who `signed_in` use each user agent and each application."""

    agent_people: Mapping[str, int] = field(default_factory=dict)
    app_people: Mapping[str, int] = field(default_factory=dict)
    signed_in: int = 0

    def rare(self, users: int) -> bool:
        """Whether so few users are nobody's ordinary choice; few people at all say nothing."""
        return self.known and users <= max(_RARE_PEOPLE, _RARE_SHARE * self.signed_in)

    @property
    def known(self) -> bool:
        """Whether enough people sign in to say what is usual."""
        return self.signed_in >= _ENOUGH_PEOPLE

    def users(self, trait: str, value: str) -> int | None:
        """How many people use a client or an application as everybody does; None where nothing is usual about it."""
        if not self.known or (trait == "agent" and SCRIPTS.search(value)):
            return None
        counts = {"agent": self.agent_people, "application": self.app_people}.get(trait)
        users = counts.get(value, 0) if counts is not None else 0
        return None if counts is None or self.rare(users) else users


def signs_in_common(trait: str, part: Sequence[Source], left: Sequence[Source], usual: Usual) -> list[Sign]:
    """What sources of one hand share and others do not: a client, an application, their place.

    A script is left to who judges the guesses.
    """
    signs: list[Sign] = []
    activities = [activity for source in part for activity in source.activities]
    agents, apps = distinct(activities, "user_agent"), distinct(activities, "app_id")
    if len(agents) == 1 and not SCRIPTS.search(agents[0]):
        users = usual.agent_people.get(agents[0], 0)
        if usual.rare(users):
            reason = f"all of them use a client that {users} of {usual.signed_in} people sign in with"
            signs.append(Sign("rare_agent", 10, reason))
        elif len(part) >= 0.9 * sum(1 for source in left if within(source, part)):
            signs.append(Sign("one_agent", 5, "all sources use one client"))
    if len(apps) == 1 and usual.rare(usual.app_people.get(apps[0], 0)):
        users = usual.app_people.get(apps[0], 0)
        reason = f"all of them ask for an application that {users} of {usual.signed_in} people sign in to"
        signs.append(Sign("rare_app", 10, reason))
    if trait == "network" or neighbours_of(part) >= 0.5:
        signs.append(Sign("neighbours", 10, "the sources lie in few networks, one beside the other"))
    return signs


def signs_of(
    trait: str, part: Sequence[Source], left: Sequence[Source], guesses: Sequence[Guess], usual: Usual
) -> list[Sign]:
    """All signs of a group of sources: of the names they tried, and of the way these were dealt out over them."""
    signs = [sign for sign in list_signs(guesses) if sign.id != "sorted" or _in_order(guesses)]
    signs += signs_in_common(trait, part, left, usual)
    sizes = {len(source.guesses) for source in part}
    if len(sizes) == 1 and sizes != {1}:
        signs.append(Sign("even_share", 10, f"each source tries exactly {sizes.pop()} names"))
    several = [source for source in part if len(source.guesses) > 1]
    if len(several) * 2 >= len(part):
        signs.append(Sign("several_names", 5, f"{len(several)} of the sources try names of different people"))
    moved = [guess for guess in guesses if len(guess.sources) > 1]
    if len(moved) >= _GONE_ROUND * len(guesses) and _in_rounds(part, moved):
        reason = f"{len(moved)} of the names are tried again in a second round, each time from another source"
        signs.append(Sign("rotation", 10, reason))
    elif not moved and _no_overlap(part, guesses):
        signs.append(Sign("no_overlap", 5, "no name is tried twice, from whatever source"))
    return [sign for sign in signs if sign.id != "one_agent" or len(guesses) >= 15]


def _in_order(guesses: Sequence[Guess]) -> bool:
    """Whether an alphabetical order is none of chance: of few names it has to be better, many groups are asked."""
    tau = kendall_tau([local_part(guess.name) for guess in guesses], [guess.first_seen for guess in guesses])
    return len(guesses) >= _MANY_NAMES or abs(tau) >= _GOOD_ORDER


def _in_rounds(part: Sequence[Source], moved: Sequence[Guess]) -> bool:
    """Whether names are tried again after all of them have been: a list is gone round, devices have a pace each."""
    names = {guess.name for guess in moved}
    times: dict[str, list[float]] = {}
    for source in part:
        for guess in source.guesses:
            if guess.name in names:
                times.setdefault(guess.name, []).append(guess.first_seen)
    first_round = max(min(tried) for tried in times.values())
    again = sum(1 for tried in times.values() if sorted(tried)[1] > first_round)
    return again >= _IN_ROUNDS * len(times)


def _no_overlap(part: Sequence[Source], guesses: Sequence[Guess]) -> bool:
    tried = sum(len(source.guesses) for source in part)
    return tried == len(guesses) and sum(guess.attempts for guess in guesses) <= 1.1 * len(guesses)


def enough_signs(signs: Sequence[Sign], full: bool, mostly_absent: bool) -> bool:
    """Whether signs say that sources work off one list; `full`: names and sources are as many as the thresholds ask.

    Few sources need something that makes them of one hand. Many that have nothing but what everybody has need a sign
    more.
    """
    ids = {sign.id for sign in signs}
    strong = bool(ids & STRONG)
    if not full:
        return bool(ids & _OF_ONE_HAND) and len(signs) >= (3 if strong or mostly_absent else 4)
    return len(signs) >= (2 if ids & _OF_ONE_HAND and (strong or mostly_absent) else 3)


def of_a_tool(signs: Sequence[Sign]) -> bool:
    """Whether a script, or what hardly anybody uses, tells the sources from those of people."""
    return bool({sign.id for sign in signs} & _OF_A_TOOL)


def but_owners_elsewhere(part: Sequence[Source]) -> list[Source]:
    """The sources without those where one account has its right password, with a client of none of the others.

    In the hours of a list some people at home have the right password and no second factor, or a program that is
    refused. Where all sources are like that there is nobody else to differ from.
    """
    owners = {source.network for source in part if _an_owner(source)}
    clients = {agent for source in part if source.network not in owners for agent in source.agents}
    if len(owners) == len(part):
        return list(part)
    return [source for source in part if source.network not in owners or source.agents & clients]


def _an_owner(source: Source) -> bool:
    return len(source.guesses) == 1 and source.guesses[0].outcomes == {"password_correct"}


def right_of_the_list(signs: Sequence[Sign], part: Sequence[Source]) -> list[str]:
    """Names for which the password was right at sources that belong to the list by more than what everybody has.

    In hours in which a list is tried, somebody at home has the right password and no second factor.
    """
    ids = {sign.id for sign in signs} & _OF_ONE_HAND
    counted = part if ids - {"several_names"} else [source for source in part if len(source.guesses) > 1]
    if not ids:
        counted = []
    right = [guess for source in counted for guess in source.guesses if "password_correct" in guess.outcomes]
    return list(dict.fromkeys(guess.name for guess in sorted(right, key=lambda guess: guess.first_seen)))


def names_of_devices(sources: Sequence[Source], usual: Usual) -> set[str]:
    """Names that nobody has and that one client asks for again and again, for hours, wherever it is: old profiles.

    A script may not read the answers. A client that hardly anybody has may be a guesser's, who goes round a list a few
    times.
    """
    often = _asked_often(sources)
    found = set()
    for guess in guesses_of(a for source in sources for a in source.activities if often(a.user)):
        if not guess.not_real or len(guess.agents) > 1 or not asked_for_hours(guess):
            continue
        agent = next(iter(guess.agents), "")
        own = bool(agent) and usual.rare(usual.agent_people.get(agent, 0))
        if not SCRIPTS.search(agent) and (not own or guess.attempts >= _DEVICE_ATTEMPTS):
            found.add(guess.name)
    return found


def _asked_often(sources: Sequence[Source]) -> Callable[[str], bool]:
    """Whether a name is asked for as often as one that is gone; of a few others as well.

    So a million names take a megabyte or two and no dictionary; who asks looks at each name that is left.
    """
    counts = bytearray(max(64, 2 * sum(len(source.guesses) for source in sources)))
    for source in sources:
        for guess in source.guesses:
            place = hash(guess.name) % len(counts)
            counts[place] = min(255, counts[place] + guess.attempts)
    return lambda name: counts[hash(name) % len(counts)] >= GONE_ATTEMPTS


def old_profile(guesses: Sequence[Guess], signs: Sequence[Sign], everybody: People) -> bool:
    """Whether names are nearly all people's in another format, and each is asked for again: a profile of devices.

    A script, or who goes round a list, may try a format.
    """
    if {sign.id for sign in signs} & {"script", "rotation", "sorted", "permutations"}:
        return False
    if sum(guess.attempts for guess in guesses) <= _AGAIN * len(guesses):
        return False
    return sum(1 for guess in guesses if guess.not_real and everybody.spelled_by(guess.name)) >= OLD_FORMAT * len(
        guesses
    )


def without(source: Source, names: set[str]) -> Source | None:
    """The source without what it tried of `names`; None when nothing is left."""
    guesses = [guess for guess in source.guesses if guess.name not in names]
    if not guesses:
        return None
    left: list[Activity] = [a for a in source.activities if a.user not in names]
    return Source(source.network, left, guesses)
