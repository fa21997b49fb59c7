"""Bursts of neighbours that one hand made are one."""

from __future__ import annotations

import pytest

from mail_threats.scoring.activity import Activity, read_activity
from mail_threats.scoring.burst_score import Burst, Thresholds, score_source
from mail_threats.scoring.racks import Held, Rack, crowded, of_racks, rack_of

MORNING = 1772524800  # 2026-03-03T08:00:00Z
DAY = 86400
OWN, OTHER = "python-requests/2.31", "curl/8.5"


def tried(
    src: str, start: float = MORNING, agent: str = OWN, outcome: str = "guess_not_real", count: int = 12, **more: str
) -> list[Activity]:
    rows = []
    for number in range(count):
        at = str(start + 60 * number)
        fields = {"_time": at, "src": src, "user": f"n{number}.{src.replace('.', '')}@contoso.com", "outcome": outcome}
        times = {"attempts": "1", "first_seen": at, "last_seen": at, "app_id": "home", "user_agent": agent}
        rows.append(read_activity({**fields, **times, **more})[1])
    return rows


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        pytest.param([tried("203.0.113.1"), tried("203.0.113.2"), tried("203.0.113.3", MORNING + 900)], [3], id="one"),
        pytest.param([tried("203.0.113.1"), tried("203.0.113.2", agent=OTHER)], [1, 1], id="a client each"),
        pytest.param([tried("203.0.113.1"), tried("198.51.100.2")], [1, 1], id="no neighbours"),
        pytest.param([tried("203.0.113.1"), tried("203.0.113.2", MORNING + 2 * DAY)], [1, 1], id="days apart"),
        pytest.param([tried("203.0.113.1"), tried("203.0.113.2", network_people="9")], [1, 1], id="people work at one"),
        pytest.param(
            [
                tried("203.0.113.1"),
                [*tried("203.0.113.2"), *tried("203.0.113.2", MORNING + 30, outcome="success", count=1)],
            ],
            [2], id="a guessed name gets in",
        ),
    ],
)  # fmt: skip
def test_neighbours_with_one_client_are_one_burst(sources: list[list[Activity]], found: list[int]) -> None:
    by_network = {rows[0].src: rows for rows in sources}
    near = crowded(by_network)
    racks: dict[Rack, list[Held[Burst]]] = {}
    apart: list[Burst] = []
    for network, rows in by_network.items():
        for burst in score_source(network, rows, Thresholds()):
            rack = rack_of(network, rows, burst) if network in near else None
            if rack:
                racks.setdefault(rack, []).append(Held(network, burst.first_seen, burst.last_seen, burst))
            else:
                apart.append(burst)
    bursts = [
        *apart,
        *of_racks(racks, by_network.__getitem__, lambda source, rows: score_source(source, rows, Thresholds())),
    ]
    assert sorted((len(burst.addresses) for burst in bursts), reverse=True) == found
    assert all(sum(int(line.partition(":")[0]) for line in b.reasons.lines()) == b.score for b in bursts)
