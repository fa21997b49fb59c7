"""A tenant of 20,000 people and two million sign-ins a day, or a part of it: its sign-ins, and what it remembers.

Of 1,000 sign-ins 955 are people's (most of them clients that renew a token, 20 refused for a wrong or an old password,
3 with a mistyped name), 30 are interrupted for a second factor, 5 are phones with an old password, and 10 are strangers
who try names. A stranger's address tries about four names a day; one address in fifty comes back every day, the others
are new. Half of the strangers use one script, a quarter a browser that people use too, a quarter one of a thousand
clients; half of the names are people's, half made of a word and a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from lab.company.records.catalogue import USER_AGENTS, application
from lab.company.records.graph_sign_in import graph_sign_in
from lab.company.records.sign_in import SignIn

TENANT_EVENTS = 2_000_000
DAY_S = 86_400
EACH = 100
_BROWSERS = ("edge_windows", "chrome_windows", "chrome_mac", "firefox_windows", "safari_iphone")
_APPS = (
    "OfficeHome",
    "Office 365 Exchange Online",
    "Office 365 SharePoint Online",
    "Microsoft Teams",
    "Microsoft Office",
)
_STRANGERS_APPS = ("Microsoft Azure CLI", "Office 365 Exchange Online", "OfficeHome")
_WORDS = ("info", "admin", "test", "sales")
_OUTCOMES = {
    0: "success", 50034: "guess_not_real", 50126: "guess_real", 50055: "guess_real", 50074: "password_correct",
    50076: "password_correct",
}  # fmt: skip
# Kinds up to these numbers of a draw from 0 to 1.
_STRANGER, _PHONE, _INTERRUPTED, _REFUSED, _SLIP = 0.010, 0.015, 0.045, 0.065, 0.068
_SHARED_PEOPLE, _MOST_NAMES = 5, 100


class Fact(NamedTuple):
    """One sign-in. `time` in epoch seconds, `code` is Entra's result, `silent`: a client renewed a token."""

    time: float
    user: str
    src: str
    code: int
    app: str
    agent: str
    silent: bool = False


class DrawnTenant:
    """`events` sign-ins a day of a part of the tenant, with its part of people, offices, carriers and strangers."""

    def __init__(self, events: int, seed: int) -> None:
        self.events = events
        self.people = [f"person{number:05}@contoso.com" for number in range(events // EACH)]
        self._seed = seed
        self._offices = max(2, len(self.people) // 500)
        self._carriers = max(2, len(self.people) // 400)
        self._strangers = max(5, events // 400)

    def day(self, midnight: float, *, only_failing: bool = False) -> Iterator[Fact]:
        """The sign-ins of the day that begins at `midnight`, in no order. The same each time it is asked."""
        day = int(midnight // DAY_S)
        draw = Random(f"{self._seed}.{day}.{only_failing}")
        stale = max(1, self.events * 5 // 1000 // 48)
        for _ in range(self.events):
            kind = draw.random()
            if only_failing and kind >= _SLIP:
                continue
            number, at = draw.randrange(len(self.people)), midnight + draw.random() * DAY_S
            person, src = self.people[number], self._place(number, draw)
            app, agent = draw.choice(_APPS), _BROWSERS[number % len(_BROWSERS)]
            if kind < _STRANGER:
                yield self._of_a_stranger(draw, day, at)
            elif kind < _PHONE:
                place = draw.randrange(stale) * (len(self.people) // stale)
                yield Fact(at, self.people[place], address(70, place), 50126, app, "safari_iphone")
            elif kind < _INTERRUPTED:
                yield Fact(at, person, src, draw.choice((50074, 50076)), app, agent)
            elif kind < _REFUSED:
                yield Fact(at, person, src, draw.choice((50126, 50126, 50126, 50055)), app, agent)
            elif kind < _SLIP:
                wrong, letter = draw.randrange(1, 7), draw.choice("abcdefghijklmnopqrstuvwxyz")
                yield Fact(
                    at, person[:wrong] + letter * draw.randrange(2) + person[wrong + 1 :], src, 50034, app, agent
                )
            else:
                yield Fact(at, person, src, 0, app, agent, draw.random() < 0.85)

    def _place(self, number: int, draw: Random) -> str:
        place = draw.random()
        if place < 0.6:
            return address(60, number % self._offices)
        return address(70, number) if place < 0.9 else address(61, number % self._carriers)

    def _of_a_stranger(self, draw: Random, day: int, at: float) -> Fact:
        source = draw.randrange(self._strangers)
        real = draw.random() < 0.5
        made = f"{draw.choice(_WORDS)}{draw.randrange(len(self.people))}@contoso.com"
        client = draw.random()
        if client < 0.5:
            agent = "python"
        elif client < 0.75:
            agent = draw.choice(_BROWSERS)
        else:
            agent = f"Mozilla/5.0 (Windows NT 10.0) Chrome/{draw.randrange(90, 131)}.0.{draw.randrange(25)}.0"
        src = address(90, source) if source % 50 == 0 else address(91, day % 1000 * 8192 + source)
        code = draw.choice((50126, 50126, 50055)) if real else 50034
        return Fact(at, draw.choice(self.people) if real else made, src, code, draw.choice(_STRANGERS_APPS), agent)

    def remembered(self, midnight: float, days: int) -> Iterator[dict[str, Any]]:
        """Documents of the slow rule's memory for so many days before `midnight`.

        Whoever fails at the own place signs in there on the same day, so that strangers' tries and slips are left.
        """
        people = self._people_at()
        for back in range(days, 0, -1):
            start = midnight - back * DAY_S
            found: dict[tuple[str, str], list[Fact]] = {}
            for fact in self.day(start, only_failing=True):
                if fact.src.startswith("9") or fact.code == 50034:
                    found.setdefault((fact.src, fact.user), []).append(fact)
            names = Counter(src for src, _ in found)
            for (src, user), facts in found.items():
                if names[src] <= _MOST_NAMES:
                    yield _document(start, src, user, facts, people[src])

    def known_people(self, midnight: float) -> Iterator[dict[str, Any]]:
        """Documents of the people, who have signed in for a month."""
        first, last = f"{midnight - 30 * DAY_S:.0f}", f"{midnight:.0f}"
        for person in self.people:
            yield {"_key": person, "person": person, "first_success": first, "last_success": last}

    def shared_places(self) -> Iterator[dict[str, Any]]:
        """Documents of the networks that have been learned: offices and carriers of several people."""
        for src, people in self._people_at().items():
            if people >= _SHARED_PEOPLE:
                yield {"_key": src, "network": src, "network_people": str(people)}

    def _people_at(self) -> Counter[str]:
        people: Counter[str] = Counter()
        for number in range(len(self.people)):
            people.update((address(60, number % self._offices), address(61, number % self._carriers)))
        return people


def _document(start: float, src: str, user: str, facts: list[Fact], people: int) -> dict[str, Any]:
    times, first = [fact.time for fact in facts], facts[0]
    shared = {"shared_by": str(people)} if people >= _SHARED_PEOPLE else {}
    return {
        "_key": f"{start:.0f}|{src}|{user}", "day": f"{start:.0f}", "network": src, "src": src, "user": user,
        "outcome": _OUTCOMES[first.code], "attempts": str(len(facts)), "first_seen": f"{min(times):.3f}",
        "last_seen": f"{max(times):.3f}", "app": first.app, "app_id": application(first.app).id, "feed": "graph",
        "user_agent": USER_AGENTS.get(first.agent, first.agent), "error_code": str(first.code), "signed_in_here": "0",
        **shared,
    }  # fmt: skip


def record_of(fact: Fact, draw: Random) -> dict[str, object]:
    """The sign-in as Graph's record."""
    kind = "non_interactive" if fact.silent else "interactive"
    signin = SignIn.draw(
        draw, time=fact.time, user=fact.user, src=fact.src, code=fact.code, app=fact.app, agent=fact.agent, kind=kind
    )
    return graph_sign_in(signin, draw)


def row_of(fact: Fact, number: int) -> dict[str, Any]:
    """The sign-in as the row that the macro mail_threats_signins makes of it."""
    return {
        "_time": f"{fact.time:.3f}", "user": fact.user, "src": fact.src, "outcome": _OUTCOMES[fact.code],
        "error_code": str(fact.code), "app": fact.app, "app_id": application(fact.app).id, "client_app": "Browser",
        "user_agent": USER_AGENTS.get(fact.agent, fact.agent), "record_id": f"{number:032x}", "feed": "graph",
        "is_interactive": "false" if fact.silent else "true", "correlation_id": f"{number:032x}",
    }  # fmt: skip


def address(first: int, number: int) -> str:
    return f"{first}.{number // 65536}.{number // 256 % 256}.{number % 256}"
