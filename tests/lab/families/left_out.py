"""What the searches leave out or put together before scoreenum, held against the same searches without that."""

from __future__ import annotations

from lab.rules import APP, LOOK_BACK_S, rules_of
from lab.splunk.spl.compiler import Compiler
from lab.splunk.spl.values import Row
from lab.splunk.stand_in import StandIn

# Rule, what its search has in it, and what stands there when nothing is left out.
SAVINGS = (
    ("address_enumeration_by_source", "`mail_threats_people_seen`", "fields *"),
    ("slow_address_enumeration", "list_names<=13", "list_names<=1000000"),
)


def differences(splunk: StandIn) -> list[str]:
    """Findings, as the rule's search shows them by hand after the last event, that are others when nothing is left out.

    Raises AssertionError when a search has not in it what is to be taken out.
    """
    (newest,) = splunk.search("index=main | stats max(_indextime) AS at", earliest=0, latest="", app=APP).rows
    now = float(str(newest["at"])) + 1
    told: list[str] = []
    for stem, saving, without in SAVINGS:
        search = splunk.conf("savedsearches", app=APP)[rules_of(splunk)[stem]]["search"]
        whole = search if saving in search else _expanded(splunk, search)
        if saving not in whole:
            raise AssertionError(f"{stem}: {saving} is not in the search")
        saved, every = (_rows(splunk, text, now) for text in (whole, whole.replace(saving, without)))
        told += [f"{stem}, only {which}: {row}" for row, which in _apart(saved, every)]
    return told


def _expanded(splunk: StandIn, search: str) -> str:
    return Compiler(splunk.environment(search, app=APP)).expand(search)


def _rows(splunk: StandIn, search: str, now: float) -> list[Row]:
    return splunk.search(search, earliest=now - LOOK_BACK_S, latest=now, now=now, visible_at=now, app=APP).rows


def _apart(saved: list[Row], every: list[Row]) -> list[tuple[Row, str]]:
    return [
        *((row, "with what is saved") for row in saved if row not in every),
        *((row, "without") for row in every if row not in saved),
    ]
