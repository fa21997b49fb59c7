"""Innocent causes of a burst, each told by its own signs; a class caps the score, and never removes the finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import mean, median, pstdev

from .guesses import Guess
from .names import People, domain_of, made_for_a_test, malformed, of_a_device
from .patterns import Sign

ENUMERATION = "enumeration"
HIDDEN = "hidden_names"
SHARED_EGRESS = "shared_egress"
FEDERATION = "federation_misconfig"
# Highest scores of a burst whose own signs say that it is innocent: low, and info for an office's own people.
INNOCENT_CAP = 35
SHARED_EGRESS_CAP = 15
# Accounts of other directories: no guess at an address here.
OTHER_DIRECTORY = frozenset({"50020", "16003", "90072", "50177", "500212", "500213"})
# Signs that names were made or gone through by a program.
_LISTS = frozenset({"permutations", "numbered", "sorted", "dictionary", "script"})
# A device tries one account again and again for hours; a spray comes round a few times.
_DEVICE_ATTEMPTS = 5
_DEVICE_SPAN_S = 2 * 3600
_CLIENTS_OF_A_DEVICE = 2
# Nobody asks a third time, hours later, for a name that the directory does not have.
GONE_ATTEMPTS = 3
# So many times the names of a burst no program has for accounts that are gone.
_MOST_DEAD = 5
# So many people have to be known before it says something that none of them is meant.
_ENOUGH_PEOPLE = 10
# Coefficient of variation of the attempts for each name: devices have a pace each, rounds of one list have the same.
_OWN_PACES = 0.2
# The same of the pauses between the attempts for each name: rounds of one list leave a tenth, phones a third and more.
_OWN_PAUSES = 0.3
# People try their own passwords within so much of a burst each; who goes round a list comes back to each name.
_OWN_SHARE = 0.2
# Nobody waits for others: so long it takes until several people have tried, and each stops after a number of his own.
_OWN_SPAN_S = 30 * 60
_SAME_NUMBER = 0.7
# A device waits so long before it tries again; who goes round a list of them does not.
_MACHINE_PAUSE_S = 10 * 60
# So many names with one client are a script's or a list's, and so many clients for them are people's.
_ONE_CLIENT = 8
_MANY_AGENTS = 5
_AGENTS_OF_PEOPLE = 0.3
# Statuses of a web server that come for a right password and for a wrong one.
_OF_A_WEB_SERVER = frozenset({"302", "401", "403"})
# The half of people who come to one place one after the other leave more than so long after the one before.
_COMES_S = 60
# Codes of Conditional Access, which come after the password was found right; of a wrong password.
_BY_POLICY, _WRONG_PASSWORD = "530", frozenset({"50126"})
# Wrong names of a class or an office come no faster than this, the median of the pauses between them.
_TOO_FAST_S = 8
# People do not wait for each other: so many begin before somebody else has ended, where the feed has no clients.
_AT_ONCE = 0.25
# No list of guesses opens the door for one name in four.
_ENTERED = 0.25


@dataclass(frozen=True)
class Innocent:
    """A recognised cause: its class and the sentence an analyst reads."""

    id: str
    reason: str


def innocent_class(
    guesses: Sequence[Guess],
    signs: Sequence[Sign],
    everybody: People,
    low: int,
    entered: Collection[str] = (),
) -> Innocent | None:
    """The innocent cause of guesses that no account and no office explains, if their own signs name one.

    `low` unrecognised names beside the recognised ones are a burst of their own, whatever else the source sends.
    `entered`: who signed in from the source since.
    """
    if not guesses:
        return None
    return (
        _federation(guesses, low)
        or _load_test(guesses, low)
        or _other_directory(guesses, low)
        or _other_domains(guesses, everybody, low)
        or _devices(guesses, signs, everybody, low)
        or _own_passwords(guesses, signs, entered)
        or _second_factors(guesses, signs)
        or _answers_that_say_nothing(guesses, signs)
        or _old_profiles(guesses, signs, everybody)
        or _slips(guesses, signs, everybody)
        or _several_causes(guesses, signs, everybody, low)
    )


def looks_listed(
    guesses: Sequence[Guess], signs: Sequence[Sign], people_agents: Collection[str] = (), people: int = 0
) -> bool:
    """Whether names from a shared address look like a list rather than like its people: two signs, or a strong one.

    `people_agents`: the clients of those who sign in there. What the people of the place use is no sign, and a client
    for each name is how people look, whose names may all be new on the first day of a term. `people`: how many they are
    (0: not known); they do not mistype faster than they come, and have no more names of nobody than there are of them.
    """
    ids = {sign.id for sign in signs}
    agents = {agent for guess in guesses for agent in guess.agents}
    if agents and agents <= set(people_agents):
        ids.discard("script")
    elif len(guesses) >= _ONE_CLIENT and len(agents) == 1:
        ids.add("one_client")
    # People of a place do not come in alphabetical order.
    absent = sum(1 for guess in guesses if guess.not_real)
    crowd = absent <= (people or absent) and pause_between(guesses) >= _TOO_FAST_S
    if crowd and "sorted" not in ids and len(agents) >= max(_MANY_AGENTS, _AGENTS_OF_PEOPLE * len(guesses)):
        ids -= {"once_each", "strangers"}
    return bool(ids & {"permutations", "numbered"}) or len(ids) >= 2


def _few_others(recognised: Sequence[Guess], guesses: Sequence[Guess], low: int, share: float) -> bool:
    others = len(guesses) - len(recognised)
    return bool(recognised) and others < low and others <= (1 - share) * len(guesses)


def _federation(guesses: Sequence[Guess], low: int) -> Innocent | None:
    """Malformed names from one application with hardly a change of agent, none of them an account."""
    odd = [guess for guess in guesses if malformed(guess.name)]
    if not _few_others(odd, guesses, low, 0.6) or any(guess.exists for guess in odd):
        return None
    apps = {app for guess in odd for app in guess.apps}
    agents = {agent for guess in odd for agent in guess.agents}
    if len(apps) > 1 or len(agents) > 2:
        return None
    return Innocent(FEDERATION, f"{len(odd)} of {len(guesses)} names are malformed, as a federation server sends them")


def _load_test(guesses: Sequence[Guess], low: int) -> Innocent | None:
    made = [guess for guess in guesses if made_for_a_test(guess.name)]
    if not _few_others(made, guesses, low, 0.9):
        return None
    return Innocent("load_test", f"{len(made)} of {len(guesses)} names were made for a test, by prefix and number")


def _other_directory(guesses: Sequence[Guess], low: int) -> Innocent | None:
    guests = [guess for guess in guesses if guess.codes and guess.codes <= OTHER_DIRECTORY]
    if not _few_others(guests, guesses, low, 0.8):
        return None
    return Innocent("external_identities", f"{len(guests)} of {len(guesses)} names are accounts of other directories")


def _other_domains(guesses: Sequence[Guess], everybody: People, low: int) -> Innocent | None:
    """Names under domains in which nobody of the organisation signs in: visitors, a partner's or a staff system.

    Nobody learns of an address here by a name under a domain that is not the tenant's. A domain under which one of the
    names exists is the tenant's.
    """
    strange = _strange(guesses, everybody)
    if not _few_others(strange, guesses, low, 0.8):
        return None
    return Innocent(
        "external_identities", f"{len(strange)} of {len(guesses)} names have domains in which nobody here signs in"
    )


def _strange(guesses: Sequence[Guess], everybody: People) -> list[Guess]:
    if len(everybody) < _ENOUGH_PEOPLE:
        return []
    here = {domain_of(guess.name) for guess in guesses if guess.exists}
    return [g for g in guesses if not g.exists and domain_of(g.name) not in here and everybody.strange_domain(g.name)]


def _own_passwords(guesses: Sequence[Guess], signs: Sequence[Sign], entered: Collection[str]) -> Innocent | None:
    """Accounts that are in use, each tried several times in a row and then left: people whose password changed.

    A spray tries each name once, or comes round to all of them again; one that takes its time for each name is of one
    hand, and hardly ever gets in. Phones that have the old password go on for longer, each with pauses of its own.
    """
    span = max(guess.last_seen for guess in guesses) - min(guess.first_seen for guess in guesses)
    again = [guess for guess in guesses if guess.attempts >= 2]
    in_a_row = [guess for guess in again if guess.span_s <= _OWN_SHARE * span]
    many_hands = _many_hands(guesses)
    if span < _OWN_SPAN_S or not (
        len(in_a_row) >= 0.7 * len(guesses) or (many_hands and _at_their_own_pace(again, guesses))
    ):
        return None
    if not all(guess.outcomes == {"guess_real"} and guess.known for guess in guesses):
        return None
    if _as_often(guesses) or {sign.id for sign in signs} & (_LISTS | {"clock"}):
        return None
    got_in = sum(1 for guess in guesses if guess.name in entered)
    if got_in < _ENTERED * len(guesses) and not many_hands:
        return None
    return Innocent(
        "own_passwords",
        f"{len(again)} of {len(guesses)} accounts in use were tried several times, each on its own, and then left",
    )


def _as_often(guesses: Sequence[Guess]) -> bool:
    """Whether most are tried equally often: who has three passwords tries three for each account."""
    (_, same), *_ = Counter(guess.attempts for guess in guesses).most_common(1)
    return same > _SAME_NUMBER * len(guesses)


def _at_their_own_pace(again: Sequence[Guess], guesses: Sequence[Guess]) -> bool:
    """Whether accounts are tried twice and more, each with pauses of its own: their phones, with the old password.

    Who comes round to all of them leaves the same pause for each.
    """
    if len(again) < 0.5 * len(guesses) or sum(guess.attempts for guess in guesses) < 2 * len(guesses):
        return False
    pauses = [guess.span_s / (guess.attempts - 1) for guess in again]
    return pstdev(pauses) >= _OWN_PAUSES * mean(pauses)


def _second_factors(guesses: Sequence[Guess], signs: Sequence[Sign]) -> Innocent | None:
    """People whose password is right and whose second factor does not come, on a plane or abroad.

    No guesser has the right password for most names. Who bought passwords tries each of them once. Mail programs that a
    policy refuses have one client, and none of them gives up.
    """
    right = [guess for guess in guesses if guess.known and "password_correct" in guess.outcomes]
    again = [guess for guess in right if guess.attempts >= 2]
    if len(right) < 0.7 * len(guesses) or len(again) < 0.5 * len(right) or not all(g.exists for g in guesses):
        return None
    refused = [g for g in again if refused_by_policy(g) and g.span_s >= _MACHINE_PAUSE_S * (g.attempts - 1)]
    programs = len(refused) >= 0.7 * len(guesses)
    lists = (_LISTS - {"script"} if programs else _LISTS) | {"clock", "once_each"}
    if {sign.id for sign in signs} & lists or not (programs or _many_hands(guesses)):
        return None
    if not programs and _as_often(guesses) and not any(guess.agents for guess in guesses):
        return None
    if programs:
        return Innocent(
            "second_factor", f"a policy refuses {len(refused)} of {len(guesses)} names in use again and again"
        )
    return Innocent(
        "second_factor",
        f"the password is right for {len(right)} of {len(guesses)} names in use, each from a client of its own",
    )


def _answers_that_say_nothing(guesses: Sequence[Guess], signs: Sequence[Sign]) -> Innocent | None:
    """Names at a web server that answers everybody alike, from many clients, one after the other as people come.

    Nothing says that anybody failed. A spray is of one hand: one client for most, or as fast as a tool asks.
    """
    if not all(guess.outcomes == {"unsure"} and guess.codes and guess.codes <= _OF_A_WEB_SERVER for guess in guesses):
        return None
    agents = Counter(agent for guess in guesses for agent in guess.agents)
    one_each = sum(1 for guess in guesses if len(guess.agents) == 1)
    if len(agents) < _MANY_AGENTS or max(agents.values()) * 2 > len(guesses) or one_each < 0.9 * len(guesses):
        return None
    if {sign.id for sign in signs} & (_LISTS | {"clock"}) or pause_between(guesses) < _COMES_S:
        return None
    return Innocent(
        SHARED_EGRESS,
        f"no answer says that any of {len(guesses)} names failed: {len(agents)} clients, and they come as people do",
    )


def pause_between(guesses: Sequence[Guess]) -> float:
    """The median of the seconds between the first attempts of one name and of the next."""
    times = sorted(guess.first_seen for guess in guesses)
    return median([after - before for before, after in zip(times, times[1:])] or [0.0])


def refused_by_policy(guess: Guess) -> bool:
    """Whether a password was right and Conditional Access alone was in the way."""
    codes = guess.codes - _WRONG_PASSWORD
    return "password_correct" in guess.outcomes and all(code.startswith(_BY_POLICY) for code in codes)


def _many_hands(guesses: Sequence[Guess]) -> bool:
    """Whether names are tried by as many people: with a client each, or, where the feed has none, at the same time.

    Who changes the client with every attempt has several for one name.
    """
    agents = {agent for guess in guesses for agent in guess.agents}
    if agents:
        again = [guess for guess in guesses if guess.attempts >= 2]
        one_each = sum(1 for guess in again if len(guess.agents) == 1)
        return len(agents) >= max(_MANY_AGENTS, _AGENTS_OF_PEOPLE * len(guesses)) and one_each >= 0.7 * len(again)
    at_once, busy_until = 0, 0.0
    for guess in sorted(guesses, key=lambda guess: guess.first_seen):
        at_once += guess.first_seen < busy_until
        busy_until = max(busy_until, guess.last_seen)
    return at_once >= _AT_ONCE * len(guesses)


def _old_profiles(guesses: Sequence[Guess], signs: Sequence[Sign], everybody: People) -> Innocent | None:
    """Devices that were given the people's names in a format that the directory does not have, and ask again and again.

    A guesser who tries formats tries several of a person, each once, and meets some that exist.
    """
    formats = [guess for guess in guesses if guess.not_real and everybody.spelled_by(guess.name)]
    if len(formats) < 0.8 * len(guesses) or any(guess.exists for guess in guesses):
        return None
    again = [g for g in formats if g.attempts >= 2 and g.span_s >= _MACHINE_PAUSE_S * (g.attempts - 1)]
    if len(again) < 0.7 * len(formats) or {sign.id for sign in signs} & {"permutations", "script", "sorted"}:
        return None
    return Innocent(
        "stale_devices", f"{len(formats)} of {len(guesses)} names are people's in another format, tried again and again"
    )


def _devices(guesses: Sequence[Guess], signs: Sequence[Sign], everybody: People, low: int) -> Innocent | None:
    """Few names tried again and again for hours, each by a client of its own or with the name of a machine.

    Where the feed has no user agents (Graph v1.0 leaves them out), each at a pace of its own instead. Or names none of
    which anybody uses: software with a list of dead accounts learns nothing, and a spray means people.
    """
    ids = {sign.id for sign in signs}
    ordered = bool(ids & {"sorted", "numbered", "clock"})
    unused = len(everybody) >= _ENOUGH_PEOPLE and not any(guess.exists and guess.known for guess in guesses)
    tireless = [g for g in guesses if asked_for_hours(g, unused) or (not ordered and _machine_again(g))]
    if not _few_others(tireless, guesses, low, 0.7):
        return None
    agents = {agent for guess in tireless for agent in guess.agents}
    machines = sum(1 for guess in tireless if of_a_device(guess.name))
    # A device has one client, or two after an update; who changes it with each attempt has many for each name.
    own = sum(1 for guess in tireless if len(guess.agents) <= _CLIENTS_OF_A_DEVICE)
    clients = (len(agents) * 3 >= len(tireless) and own >= 0.7 * len(tireless)) or (
        not agents and _paces_of_their_own(tireless, signs)
    )
    if not clients:
        # Old mail protocols do not say that a name is gone: who guesses by them comes back to words as to people.
        if "dictionary" in ids or len(guesses) >= _MOST_DEAD * low:
            return None
        if machines * 2 < len(tireless) and (not unused or "permutations" in ids):
            return None
    return Innocent(
        "stale_devices", f"{len(tireless)} of {len(guesses)} names are tried again and again for hours, as devices do"
    )


def asked_for_hours(guess: Guess, unused: bool = False) -> bool:
    """Whether a name is tried for hours, as by something that does not learn that it is gone or has another password.

    `unused`: nobody uses any of the names, so that fewer attempts say as much.
    """
    least = GONE_ATTEMPTS if guess.not_real or unused else _DEVICE_ATTEMPTS
    return guess.attempts >= least and guess.span_s >= _DEVICE_SPAN_S


def _machine_again(guess: Guess) -> bool:
    """A machine's account that exists and is tried again after a while: an old password, on its first morning."""
    if not (guess.exists and of_a_device(guess.name)) or guess.attempts < 2:
        return False
    return guess.span_s >= _MACHINE_PAUSE_S * (guess.attempts - 1)


def _paces_of_their_own(tireless: Sequence[Guess], signs: Sequence[Sign]) -> bool:
    """Whether names that are mostly gone are tried at different paces and in no order: nobody goes round them."""
    if {sign.id for sign in signs} & {"sorted", "numbered", "permutations"}:
        return False
    gone = sum(1 for guess in tireless if guess.not_real)
    paces = [guess.attempts / guess.span_s for guess in tireless]
    return len(tireless) > 1 and gone * 3 >= 2 * len(tireless) and pstdev(paces) >= _OWN_PACES * mean(paces)


def _slips(guesses: Sequence[Guess], signs: Sequence[Sign], everybody: People) -> Innocent | None:
    """Names typed into a portal or told to a help desk: whatever does not exist is one slip from somebody who does."""
    absent = [guess for guess in guesses if guess.not_real]
    if len(absent) < 3 or {sign.id for sign in signs} & {"permutations", "numbered", "sorted", "dictionary"}:
        return None
    slips = [guess for guess in absent if everybody.only_slip_of(guess.name)]
    # Not everybody who types is known; random names of a large company meet a neighbour less often than this.
    if len(slips) < (0.5 if len(guesses) - len(absent) >= 0.3 * len(guesses) else 0.7) * len(absent):
        return None
    return Innocent(
        "user_slips", f"{len(slips)} of {len(absent)} names that do not exist are one slip away from somebody who does"
    )


def _several_causes(guesses: Sequence[Guess], signs: Sequence[Sign], everybody: People, low: int) -> Innocent | None:
    """A portal or proxy that passes on whatever people type: malformed names, other domains, slips, together."""
    strange = {guess.name for guess in _strange(guesses, everybody)}
    slips = [g for g in guesses if g.not_real and not malformed(g.name) and everybody.only_slip_of(g.name)]
    others = [g for g in guesses if malformed(g.name) or made_for_a_test(g.name) or g.name in strange]
    recognised = list({guess.name: guess for guess in [*others, *slips]}.values())
    if len(others) < 0.2 * len(guesses) or not _few_others(recognised, guesses, low, 0.8):
        return None
    if any(g.exists for g in others) or {s.id for s in signs} & {"permutations", "numbered", "dictionary"}:
        return None
    return Innocent(
        FEDERATION,
        f"{len(recognised)} of {len(guesses)} names are malformed, of other domains or slips, as a portal passes on",
    )
