"""The guess-pattern model: how far names look like a generated list, against how people mistype.

Every sign is a fact about the names or about the way they were tried, with points of its own, so that an analyst can
check it by eye. None of them decides alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, pstdev

from .guesses import Guess
from .names import local_part, slip_away
from .reasons import Reasons

# Fewer names than this show no order and no clock.
_LEAST = 6
# Kendall's tau of ten names in random order is beyond 0.6 once in a hundred times, of twenty once in ten thousand.
_ORDERED = 0.6
# Coefficient of variation of the gaps between attempts: about 1 for people, below a half for a script with a pause.
_STEADY = 0.5
# Clients of scripts and of the tools that enumerate or spray (TeamFiltration says that it is this old Teams); a
# browser's agent proves nothing.
SCRIPTS = re.compile(
    r"(?i)python|go-http|curl/|wget|libwww|okhttp|axios|fasthttp|node-fetch|httpclient|powershell|bav2ropc|aiohttp"
    r"|scanner|teamfiltration|teams/1\.3\.00\.30866 |o365spray|hydra|masscan|postman|java/|ruby|perl|winhttp"
)
# Mailboxes by function that lists begin with (RFC 2142 and custom), and given names that word lists hold.
_ROLES = frozenset(
    (
        "info admin administrator sales support contact office hr jobs career careers marketing billing accounts "
        "accounting finance invoice helpdesk help service webmaster postmaster hostmaster abuse security noc press "
        "media news legal root test guest user demo backup scan scanner reception ceo cfo cto it staff team mail "
        "hello enquiries orders procurement payroll recruitment training events library manager director sysadmin "
        "operator oracle sql ftp www newsletter privacy compliance purchasing shipping warehouse customerservice "
        "feedback noreply"
    ).split()
)
_GIVEN = frozenset(
    (
        "james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony "
        "mark donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan "
        "jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel frank gregory "
        "raymond alexander patrick jack dennis jerry tyler aaron jose adam henry nathan douglas zachary peter kyle "
        "mary patricia jennifer linda elizabeth barbara susan jessica sarah karen nancy lisa betty margaret sandra "
        "ashley kimberly emily donna michelle carol amanda melissa deborah stephanie rebecca laura sharon cynthia "
        "kathleen amy angela anna ruth brenda pamela nicole katherine samantha christine emma catherine debra "
        "virginia rachel carolyn janet maria heather diane julie"
    ).split()
)
_WORDS = re.compile(r"[._\-]+")
_NUMBERED = re.compile(r"^(.*?)(\d+)([^\d]*)$")


@dataclass(frozen=True)
class Sign:
    """One sign of a list: its id, its points and the sentence an analyst reads."""

    id: str
    points: int
    reason: str


def list_signs(guesses: Sequence[Guess]) -> list[Sign]:
    """The signs of a generated list among guesses in the order they were first tried."""
    found = (sign(guesses) for sign in _SIGNS)
    return [sign for sign in found if sign]


def add_signs(reasons: Reasons, signs: Sequence[Sign], most: int) -> None:
    """Adds the points of signs, together `most` at the most: how a list looks never outweighs what it did."""
    for sign in signs:
        reasons.add(sign.points, sign.reason)
    total = sum(sign.points for sign in signs)
    reasons.add(min(0, most - total), f"the look of the list counts {most} points at most")


def kendall_tau(values: Sequence[str], times: Sequence[float] | None = None) -> float:
    """Kendall's rank correlation of the order of distinct values with their alphabetical order, from -1 to 1.

    Values of the same time are in no order and count as none. Counts inversions by merging, so that a list of thousands
    costs n log n.
    """
    count = len(values)
    if count < 2:
        return 0.0
    listed = list(values)
    if times is None:
        inversions = float(_inversions(listed)[1])
    else:
        # Ties in one order and in the other: on the average they say nothing.
        up = [value for _, value in sorted(zip(times, listed))]
        down = [value for _, value in sorted(sorted(zip(times, listed), reverse=True), key=lambda pair: pair[0])]
        inversions = (_inversions(up)[1] + _inversions(down)[1]) / 2
    return 1.0 - 4.0 * inversions / (count * (count - 1))


def _inversions(values: list[str]) -> tuple[list[str], int]:
    if len(values) < 2:
        return values, 0
    middle = len(values) // 2
    left, in_left = _inversions(values[:middle])
    right, in_right = _inversions(values[middle:])
    merged: list[str] = []
    across = i = j = 0
    while i < len(left) and j < len(right):
        if right[j] < left[i]:
            merged.append(right[j])
            j += 1
            across += len(left) - i
        else:
            merged.append(left[i])
            i += 1
    return merged + left[i:] + right[j:], in_left + in_right + across


def _sorted_order(guesses: Sequence[Guess]) -> Sign | None:
    first: dict[str, float] = {}
    for guess in guesses:
        first.setdefault(local_part(guess.name), guess.first_seen)
    if len(first) < _LEAST + 2:
        return None
    tau = kendall_tau(list(first), list(first.values()))
    if abs(tau) < _ORDERED:
        return None
    return Sign("sorted", 10, f"the names were tried in alphabetical order (Kendall's tau {tau:.2f})")


def _numbered(guesses: Sequence[Guess]) -> Sign | None:
    stems: dict[tuple[str, str], set[int]] = {}
    for guess in guesses:
        found = _NUMBERED.match(local_part(guess.name))
        if found:
            stems.setdefault((found.group(1), found.group(3)), set()).add(int(found.group(2)[:9]))
    numbers = max(stems.values(), key=len, default=set())
    if len(numbers) < _LEAST or len(numbers) * 2 < len(guesses) or max(numbers) - min(numbers) > 3 * len(numbers):
        return None
    return Sign("numbered", 10, f"{len(numbers)} of the names are one name with consecutive numbers")


def _permutations(guesses: Sequence[Guess]) -> Sign | None:
    locals_ = {local_part(guess.name) for guess in guesses}
    of_one_person: set[str] = set()
    for name in locals_:
        parts = _WORDS.split(name)
        if len(parts) != 2 or min(map(len, parts)) < 2:
            continue
        others = (_forms(*parts) | _forms(*reversed(parts))) & locals_ - {name}
        if others:
            of_one_person |= others | {name}
    if len(of_one_person) < 4 or len(of_one_person) < 0.4 * len(locals_):
        return None
    return Sign("permutations", 15, f"{len(of_one_person)} of the names are the same people written in several ways")


def _forms(first: str, last: str) -> set[str]:
    f, g = first[0], last[0]
    joined = {first + last, f + last, last + f, first + g}
    return joined | {a + dot + b for dot in "._-" for a, b in ((first, last), (f, last), (last, f), (first, g))}


def _dictionary(guesses: Sequence[Guess]) -> Sign | None:
    words = [guess for guess in guesses if local_part(guess.name) in _ROLES or local_part(guess.name) in _GIVEN]
    if len(words) < _LEAST or len(words) < 0.4 * len(guesses):
        return None
    return Sign("dictionary", 10, f"{len(words)} of the names are words of guessing lists")


def _clock(guesses: Sequence[Guess]) -> Sign | None:
    return clock_of([guess.first_seen for guess in guesses])


def clock_of(moments: Sequence[float]) -> Sign | None:
    """The sign of a script's pace in the times (epoch seconds, any order) at which something new was tried."""
    times = sorted(moments)
    gaps = [after - before for before, after in zip(times, times[1:])]
    if len(gaps) < _LEAST + 2 or mean(gaps) <= 0:
        return None
    # One pause between two lists must not hide a script's pace.
    gaps = sorted(gaps)[: max(_LEAST, int(len(gaps) * 0.95))]
    if mean(gaps) <= 0 or pstdev(gaps) > _STEADY * mean(gaps):
        return None
    return Sign("clock", 5, f"a new name about every {mean(gaps):.0f} seconds, as a script with a pause")


def _once_each(guesses: Sequence[Guess]) -> Sign | None:
    attempts = sum(guess.attempts for guess in guesses)
    if len(guesses) < _LEAST - 1 or attempts > 1.5 * len(guesses):
        return None
    return Sign("once_each", 5, "about one attempt for each address, people try again")


def _script(guesses: Sequence[Guess]) -> Sign | None:
    scripted = [guess for guess in guesses if any(SCRIPTS.search(agent) for agent in guess.agents)]
    if len(scripted) < 3 or len(scripted) < 0.5 * len(guesses):
        return None
    agent = sorted(agent for agent in scripted[0].agents if SCRIPTS.search(agent))[0]
    return Sign("script", 10, f"the client is a script or a tool: {agent[:60]}")


def _strangers(guesses: Sequence[Guess]) -> Sign | None:
    """Names that exist nowhere, and are not two spellings of one: nobody's slips."""
    absent = [guess for guess in guesses if guess.not_real]
    if len(absent) < _LEAST - 1 or len(absent) < 0.5 * len(guesses):
        return None
    names = [guess.name for guess in absent]
    if near_each_other(names) > 0.3:
        return None
    return Sign("strangers", 5, f"{len(absent)} of the names belong to nobody and are no spellings of each other")


def near_each_other(names: Sequence[str]) -> float:
    """Share of names that are one slip away from another one of them; numbers are a count, not a slip."""
    forms: dict[str, set[str]] = {}
    for name in set(names):
        for form in slip_away(re.sub(r"\d+", "", local_part(name))):
            forms.setdefault(form, set()).add(name)
    near = {name for group in forms.values() if len(group) > 1 for name in group}
    return len(near) / len(set(names)) if names else 0.0


_SIGNS: tuple[Callable[[Sequence[Guess]], Sign | None], ...] = (
    _sorted_order,
    _numbered,
    _permutations,
    _dictionary,
    _clock,
    _once_each,
    _script,
    _strangers,
)
