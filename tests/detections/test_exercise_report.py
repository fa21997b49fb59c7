"""The report of a booked test: what was found, how fast, what of it was real, and whether it left its entry."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lab.rules import APP, watch
from lab.scenarios.runner import Stand
from lab.splunk.spl.values import as_list

TEN = 1772532000.0  # 2026-03-03T10:00:00Z
TESTER, SECOND, STRANGER, LATE = "203.0.113.9", "198.51.100.4", "198.51.100.99", "203.0.113.20"
RULE = "address_enumeration_by_source"


def burst(first: int, count: int, src: str, at: float, stem: str, real: int = 0) -> list[tuple[float, str]]:
    """`count` names tried within minutes; the last `real` of them exist."""
    return [
        (
            at + number * 20,
            json.dumps(
                {
                    "id": f"{src}-{number}",
                    "createdDateTime": "2026-03-03T10:00:00Z",
                    "userPrincipalName": f"{stem}{first + number:02}.q@contoso.com",
                    "ipAddress": src,
                    "appId": "x",
                    "appDisplayName": "Portal",
                    "status": {"errorCode": 50126 if number >= count - real else 50034},
                    "isInteractive": True,
                }
            ),
        )
        for number in range(count)
    ]


def entry(key: str, **more: str) -> dict[str, str]:
    return {
        "_key": key,
        "class": "pentest",
        "detection": "T1589.002",
        "source": TESTER,
        "entry_owner": "red.team@contoso.com",
        "ticket": "PT-7",
        "reason": "booked",
        "valid_from": "2026-03-01T00:00:00Z",
        "valid_until": "2026-03-08T00:00:00Z",
        **more,
    }


@pytest.fixture
def told(stand_in: Callable[[], Stand]) -> Callable[[str], dict[tuple[str, str], Any]]:
    stand: Any = stand_in()
    events = [
        *burst(0, 24, TESTER, TEN, "test", real=3),
        *burst(4, 14, SECOND, TEN + 1800, "test"),
        *burst(0, 20, STRANGER, TEN + 3600, "other"),
        *burst(0, 12, LATE, TEN + 3600, "late"),
    ]
    for at, text in events:
        stand.index.add(text, time=at, indextime=at, sourcetype="azure:aad:signin", index="main", whole=True)
    entries = [
        entry("booked"),
        entry("over", source=LATE, ticket="PT-8", valid_until="2026-03-03T11:01:00Z"),
        entry("unused", source="192.0.2.77", ticket="PT-9"),
        entry("backup", **{"class": "other", "source": "192.0.2.78"}),
    ]
    watch(stand, stems=[RULE], allowlist=entries, start=TEN, end=TEN + 6 * 3600, step=None)

    def rows(wanted: str) -> dict[tuple[str, str], Any]:
        settings = stand.conf("savedsearches", app=APP)["Mail Threats - Exercise - Report"]
        found = stand.search(
            settings["search"].replace("(*)", f"({wanted})"), earliest=settings["dispatch.earliest_time"], latest="now",
            now=TEN + 86400, app=APP, user="admin",
        )  # fmt: skip
        assert not found.messages
        return {(str(row["entry"]), str(row.get("entity", ""))): row for row in found.rows}

    return rows


def test_what_a_booked_test_showed(told: Callable[[str], dict[tuple[str, str], Any]]) -> None:
    rows = told("*")
    assert {key: row["exercise"] for key, row in rows.items()} == {
        ("booked", TESTER): "within the entry",
        ("booked", SECOND): "left its source: 14 of its names from elsewhere",
        ("over", LATE): "left the entry: expired 2026-03-03T11:01:00Z",
        ("unused", ""): "nothing was found",
    }
    found = rows["booked", TESTER]
    assert as_list(found["accounts_found"]) == ["test21.q@contoso.com", "test22.q@contoso.com", "test23.q@contoso.com"]
    assert (found["ticket"], found["entry_owner"], found["severity"]) == ("PT-7", "red.team@contoso.com", "high")
    # The first run that saw ten names.
    assert 3 <= int(found["found_after_min"]) <= 18


@pytest.mark.parametrize("wanted", ["over", "PT-8"])
def test_one_test_by_its_key_or_ticket(told: Callable[[str], dict[tuple[str, str], Any]], wanted: str) -> None:
    assert list(told(wanted)) == [("over", LATE)]
