"""Few names a day, each day from another address of one network."""

from __future__ import annotations

import pytest

from mail_threats.scoring.activity import Activity, read_activity
from mail_threats.scoring.continued import lists_of_neighbours
from mail_threats.scoring.days import DayThresholds
from mail_threats.scoring.names import People

MIDNIGHT = 1772496000  # 2026-03-03T00:00:00Z
DAY = 86400
OWN = "Mozilla/5.0 (X11) Probe"
SYLLABLES = "ka ber lo lin mi mar ru sten te vik so dan na gul du fors".split()


def name(number: int) -> str:
    """Names in no order, none a slip of another."""
    first, last = SYLLABLES[number * 7 % 16] + SYLLABLES[number * 3 % 16], SYLLABLES[number * 5 % 16] + "berg"
    return f"{first}.{last}{number}@contoso.com"


def row(src: str, user: str, at: float, outcome: str, **more: str) -> Activity:
    fields = {"_time": str(at), "src": src, "user": user, "outcome": outcome, "attempts": "1", "app_id": "home"}
    return read_activity({**fields, "first_seen": str(at), "last_seen": str(at), **more})[1]


def evenings(agents: list[str], each: int = 4, days: int = 5, net: str = "203.0.113") -> list[Activity]:
    """Four names an evening, each evening from another address of one network, or of several."""
    return [
        row(
            f"{net}.{day * 9 + n // each + 1}", name(day * 4 + n), MIDNIGHT + day * DAY + 64_000 + n * 700,
            "guess_not_real", near="1",
            user_agent=agents[(day * 4 + n) % len(agents)],
        )
        for day in range(days)
        for n in range(4)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(evenings([OWN]), ["203.0.113.0/24"], id="one client"),
        pytest.param(evenings([""]), ["203.0.113.0/24"], id="a feed without clients"),
        pytest.param(evenings([c for c in "ABCDE" for _ in range(4)]), ["203.0.113.0/24"], id="a client each evening"),
        pytest.param(evenings([c for c in "ABCDEFGHIJ" for _ in "12"], each=2), [], id="two people of each address"),
        pytest.param(evenings(["A", "B", "C", "D"]), [], id="a client for each name, as strangers have"),
        pytest.param(evenings([OWN], each=1), [], id="one name from each address, as strangers try"),
        pytest.param(evenings([OWN], days=2), [], id="two evenings"),
        pytest.param([a for n in range(5) for a in evenings([OWN], 4, 5, f"203.0.{n}")[n * 4 : n * 4 + 4]], [],
                     id="a network for each evening"),
    ],
)  # fmt: skip
def test_neighbours_that_try_several_names_an_evening_are_one(rows: list[Activity], found: list[str]) -> None:
    lists = lists_of_neighbours(rows, People(()), DayThresholds())
    assert [slow.network for slow in lists] == found
    assert all(sum(int(line.partition(":")[0]) for line in s.reasons.lines()) == s.reasons.total for s in lists)
