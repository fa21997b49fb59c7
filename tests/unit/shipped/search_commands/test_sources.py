"""What is kept of networks that are somebody's own counts them as the whole networks would."""

from __future__ import annotations

import pytest

from mail_threats.scoring.activity import Activity, read_activity
from mail_threats.scoring.guesses import guesses_of
from mail_threats.scoring.sources import OwnSources, Source

NOON = 1772539200.0
CHROME, PHONE = "Mozilla/5.0 Chrome/131.0.0.0", "Outlook-iOS/2.0"
# network, minutes after noon, client, application
HOMES = [
    ("192.0.2.10", 0, CHROME, "app-1"),
    ("192.0.2.11", 10, PHONE, "app-1"),
    ("198.51.100.7", 20, CHROME, "app-2"),
    ("203.0.113.9", 30, PHONE, "app-2"),
    ("203.0.113.10", 20 * 60, CHROME, "app-1"),
]


def attempt(src: str, at: float, agent: str, app: str) -> Activity:
    when = str(at)
    row = {"_time": when, "src": src, "user": f"a{src[-1]}@contoso.com", "outcome": "guess_not_real", "attempts": "1"}
    return read_activity({**row, "first_seen": when, "last_seen": when, "user_agent": agent, "app_id": app})[1]


def source(src: str, minutes: float, agent: str, app: str) -> Source:
    rows = [attempt(src, NOON + minutes * 60, agent, app)]
    return Source(src, rows, guesses_of(rows))


@pytest.mark.parametrize(
    ("trait", "value", "but", "count"),
    [
        pytest.param("agent", CHROME, 0, 2, id="client"),
        pytest.param("agent", "curl/8", 0, 0, id="a client that nobody has"),
        pytest.param("application", "app-1", 0, 2, id="application"),
        pytest.param("network", "192.0.2.0/24", 0, 2, id="network"),
        pytest.param("list", "everywhere", 0, 4, id="all of these hours"),
        pytest.param("agent", CHROME, 1, 1, id="less those that turn out to be of the list"),
        pytest.param("agent", PHONE, 1, 2, id="those without the trait are not taken off"),
    ],
)
def test_homes_are_counted_by_what_they_share_in_the_hours_of_a_list(
    trait: str, value: str, but: int, count: int
) -> None:
    own = OwnSources()
    for number, home in enumerate(HOMES):
        own.add(source(*home), slips=number == 0)
    listed = [source("10.0.0.1", 0, CHROME, "app-1"), source("10.0.0.2", 40, CHROME, "app-1")]
    assert own.count(trait, value, listed, own.slips[:but]) == count


def test_what_belongs_to_a_cluster_is_no_slip_any_more() -> None:
    own = OwnSources()
    for home in HOMES[:2]:
        own.add(source(*home), slips=True)
    own.taken({"192.0.2.10"})
    assert [slip.network for slip in own.slips] == ["192.0.2.11"]
