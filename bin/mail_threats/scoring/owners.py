"""Innocent causes told by who gets in: software that was given passwords, and people who look for their own name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .activity import Activity
from .guesses import Guess
from .innocent import Innocent
from .names import People, local_part
from .patterns import Sign, clock_of

# Software that works for many accounts gets in for so many of them, and for so large a part of all that it asks for.
_ENTERED = 5
_OF_ALL = 1 / 3
# Nobody who guesses has the right password for nearly every account that exists.
_OF_EXISTING = 0.7
# An account that is disabled is as good as gone; where the feed has no codes, nothing says so.
_DISABLED = frozenset({"50057"})
# What it gets in for and what is gone it asks for in one go, faster than people come, or as steadily as no people do.
_RUN_S = 5 * 60
_NAMES_A_MINUTE = 3
# Who finds the own name signs in so soon after the last wrong one, after so many wrong passwords at the most, and looks
# at each name for so long.
_FOUND_S = 3600
_WRONG_PASSWORDS = 2
_TYPED_S = 8
# Most of the names have to be the person's.
_OWN_NAMES = 0.8
_SHORTEST = 4
_LISTED = frozenset({"script", "sorted", "numbered", "dictionary"})
# What is written before or after a person's name in the name of a second account.
_KIND = re.compile(
    r"(a|x|s|t\d|\d+|(ad|adm|admin|administrator|tier|da|ea|ga|sa|su|srv|svc|root|priv|cloud|ext|test|global|domain|server"
    r"|super|user|azure|entra|m365|o365|it|ops)+\d*)$"
)
_WORDS = re.compile(r"[._\- ]+")


def told_by_sign_ins(
    guesses: Sequence[Guess],
    signs: Sequence[Sign],
    activities: Iterable[Activity],
    everybody: People,
    hidden: Sequence[Activity] = (),
) -> Innocent | None:
    """The innocent cause of a source's guesses that the sign-ins from the same source tell, if there is one.

    `hidden`: attempts of the same span whose name the audit feed hides.
    """
    entered = [a for a in activities if a.outcome == "success" and not a.hidden]
    if not entered or not (guesses or hidden):
        return None
    cause = _software([*guesses, *_one_by_one(hidden)], entered)
    return cause or (_own_name(guesses, signs, entered, everybody) if guesses and not hidden else None)


def _one_by_one(hidden: Sequence[Activity]) -> list[Guess]:
    """The hidden attempts of the first run as guesses of a name each: the next runs ask for the same."""
    found: list[Guess] = []
    until = min((a.first_seen for a in hidden), default=0.0) + _RUN_S
    for a in sorted(hidden, key=lambda a: a.first_seen):
        if a.first_seen > until:
            break
        until = a.last_seen + _RUN_S
        step = (a.last_seen - a.first_seen) / max(1, a.attempts - 1)
        for n in range(a.attempts):
            at = a.first_seen + n * step
            found.append(Guess(f" {len(found)}", at, at, 1, frozenset({a.outcome}), frozenset(a.user_agent)))
    return found


def _software(guesses: Sequence[Guess], sign_ins: Sequence[Activity]) -> Innocent | None:
    """One client that asks for many accounts in one go and gets in for nearly all in use; the others are gone.

    Who guesses is right for one or a few; who has stolen some passwords and goes on guessing meets others that exist.
    """
    first, last = min(guess.first_seen for guess in guesses), max(guess.first_seen for guess in guesses)
    entered = {
        a.user: at for a in sign_ins for at in (a.last_seen, a.first_seen) if first - _RUN_S <= at <= last + _RUN_S
    }
    shut_out = {
        guess.name for guess in guesses if guess.exists and not (guess.codes and guess.codes <= _DISABLED)
    } - entered.keys()
    names = entered.keys() | {guess.name for guess in guesses}
    if len(entered) < max(_ENTERED, _OF_ALL * len(names)):
        return None
    # It goes through all its accounts; of an office's people few come in the same minutes.
    if len(entered) < _OF_EXISTING * len({a.user for a in sign_ins}):
        return None
    if len(entered) < _OF_EXISTING * (len(entered) + len(shut_out)):
        return None
    clients = {agent for guess in guesses for agent in guess.agents}
    if len(clients) > 1 or clients != {agent for a in sign_ins if a.user in entered for agent in a.user_agent}:
        return None
    times = [*entered.values(), *(guess.first_seen for guess in guesses if guess.name not in entered)]
    minutes = max(1.0, (max(times) - min(times)) / 60)
    if len(times) < _NAMES_A_MINUTE * minutes and not clock_of(times):
        return None
    return Innocent(
        "own_software",
        f"one client gets in for {len(entered)} of {len(entered) + len(shut_out)} accounts in use, in the same "
        "run: it was given their passwords",
    )


def _own_name(
    guesses: Sequence[Guess], signs: Sequence[Sign], sign_ins: Sequence[Activity], everybody: People
) -> Innocent | None:
    """Somebody who does not know how an own account is spelt: all names are one person's, who gets in at last.

    The person is known under another name, and the account that is found is a second one, or the person signs in here
    under the first. Who writes a stranger's name in all forms ends at the account that the stranger uses.
    """
    first, last = min(guess.first_seen for guess in guesses), max(guess.last_seen for guess in guesses)
    if {sign.id for sign in signs} & _LISTED or last - first < _TYPED_S * len(guesses):
        return None
    wrong = {guess.name: guess.attempts for guess in guesses if guess.exists}
    found = [
        a for a in sign_ins
        if any(last <= at <= last + _FOUND_S for at in (a.first_seen, a.last_seen)) and a.first_seen >= first
    ]  # fmt: skip
    here = {a.user for a in sign_ins}
    for account in found:
        if set(wrong) - {account.user} or wrong.get(account.user, 0) > _WRONG_PASSWORDS:
            continue
        for part in _WORDS.split(local_part(account.user)):
            persons = _persons(part, everybody, here) - {account.user}
            if account.user in everybody.names and account.used_before and not persons & here:
                continue
            own = [guess for guess in guesses if persons and _of(guess.name, part, persons)]
            if len(own) >= _OWN_NAMES * len(guesses):
                return Innocent(
                    "own_name",
                    f"{len(own)} of {len(guesses)} names are {part} in several spellings, who signed in here as "
                    f"{account.user} in the end",
                )
    return None


def _persons(part: str, everybody: People, here: set[str]) -> set[str]:
    """Accounts that have a part in their name which is a person's: a word of it, or all of it but an initial or two."""
    if len(part) < _SHORTEST or _KIND.match(part):
        return set()
    names = ((name, local_part(name)) for name in everybody.names | here if part in name)
    return {name for name, local in names if part in _WORDS.split(local) or 0 < len(local) - len(part) <= 2}


def _of(name: str, part: str, persons: Iterable[str]) -> bool:
    """Whether a name is `part`, and beside it only other parts or initials of the persons, or a kind of account."""
    before, found, after = local_part(name).partition(part)
    if not found:
        return False
    others = {word for person in persons for word in _WORDS.split(local_part(person)) if word != part}
    known = others | {word[0] for word in others if word}
    rest = [word for word in _WORDS.split(f"{before}.{after}") if word]
    return all(word in known or _KIND.match(word) for word in rest)
