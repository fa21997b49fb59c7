"""The views and the navigation: every reference in them leads somewhere, and what they search gives what they show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree
from ksconf.conf.parser import parse_conf
from package.checkouts import REPOSITORY

from lab.splunk.stand_in import StandIn

UI = REPOSITORY / "default" / "data" / "ui"
VIEWS = sorted((UI / "views").glob("*.xml"))
NOW = 1_772_524_800.0
FINDING = {
    "finding_id": "f1",
    "revision": 1,
    "time": NOW - 600,
    "first_seen": NOW - 1800,
    "last_seen": NOW - 600,
    "detection": "address_enumeration_by_source",
    "rule": "Mail Threats - Address Enumeration By Source - Rule",
    "technique": "T1589.002",
    "entity": "203.0.113.9",
    "entity_type": "src",
    "score": 55,
    "severity": "medium",
    "finding_status": "new",
    "title": "25 addresses tried from 203.0.113.9",
    "score_reasons": ["40: 25 addresses within an hour", "15: 3 of them exist"],
}


def definition(view: Path) -> dict[str, Any]:
    """The Dashboard Studio JSON of a view."""
    return dict(json.loads(ElementTree.parse(view).getroot().findtext("definition")))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.stem)
def test_every_reference_in_a_view_leads_somewhere(view: Path) -> None:
    studio = definition(view)
    sources, shown = studio["dataSources"], {**studio["visualizations"], **studio["inputs"]}
    used = {name for item in shown.values() for name in item.get("dataSources", {}).values()}
    extended = {source["options"]["extend"] for source in sources.values() if source["type"] == "ds.chain"}
    assert used | extended == set(sources)
    placed = [block["item"] for block in studio["layout"]["structure"]]
    assert sorted([*placed, *studio["layout"]["globalInputs"]]) == sorted(shown)
    tokens = set()
    for item in studio["inputs"].values():
        name = item["options"]["token"]
        tokens |= {f"{name}.earliest", f"{name}.latest"} if item["type"] == "input.timerange" else {name}
    assert set(re.findall(r"\$([\w.]+)\$", json.dumps([sources, studio["defaults"]]))) == tokens


def test_the_navigation_leads_to_views_that_exist(app: Path) -> None:
    navigation = ElementTree.parse(UI / "nav" / "default.xml").getroot()
    views = {path.stem for path in (app / "default" / "data" / "ui" / "views").glob("*.xml")} | {"search"}  # Splunk's
    named = [item.get("name") for item in navigation.iter("view")]
    assert set(named) == views
    assert [item.get("name") for item in navigation.iter("view") if item.get("default") == "true"] == ["findings"]


def test_the_account_s_test_asks_the_endpoint_that_splunk_web_lets_through(app: Path) -> None:
    script = (app / "appserver/static/js/build/custom/account_check.js").read_text()
    (endpoint,) = re.findall(r'^const ENDPOINT = "(\w+)";$', script, re.MULTILINE)
    restmap, web = (parse_conf(str(app / "default" / f"{name}.conf")) for name in ("restmap", "web"))
    assert restmap[f"script:{endpoint}"]["match"] == f"/{endpoint}"
    assert web[f"expose:{endpoint}"] == {"pattern": endpoint, "methods": "POST"}
    assert "innerHTML" not in script  # texts of Microsoft are text


@pytest.fixture
def splunk(spl: Path, tmp_path: Path) -> Iterator[StandIn]:
    """The built app with one finding, written twice, the second time as it is now."""
    stand_in = StandIn(tmp_path / "splunk", now=lambda: NOW)
    stand_in.install(spl)
    for revision, score in ((1, 20), (2, 55)):
        finding = {**FINDING, "revision": revision, "score": score}
        stand_in.index.add(json.dumps(finding), index="summary", sourcetype="mail_threats:finding", time=NOW - 600)
    yield stand_in
    stand_in.close()


def query(source: str, view: str = "findings", **tokens: str) -> str:
    """A data source's search, chains joined to what they extend, tokens as the inputs' defaults or as given."""
    studio = definition(UI / "views" / f"{view}.xml")
    defaults = {item["options"]["token"]: item["options"]["defaultValue"] for item in studio["inputs"].values()}
    found = studio["dataSources"][source]["options"]
    text = f"{query(found['extend'], view, **tokens)} {found['query']}" if "extend" in found else found["query"]
    for name, value in {**defaults, **tokens}.items():
        text = text.replace(f"${name}$", value)
    return str(text)


def test_the_table_shows_a_finding_in_its_last_state(splunk: StandIn) -> None:
    result = splunk.search(query("list"), earliest="-7d@h", latest="now", app="m365_mail_threats")
    assert [message.text for message in result.messages] == []
    (row,) = result.rows
    assert row == {
        "Last seen": "2026-03-03 07:50:00",
        "First seen": "2026-03-03 07:30:00",
        "Severity": "medium",
        "Score": 55,
        "Technique": "T1589.002",
        "Finding": "25 addresses tried from 203.0.113.9",
        "Entity": "203.0.113.9",
        "Status": "new",
        "Why": ["40: 25 addresses within an hour", "15: 3 of them exist"],
        "Rule": "Mail Threats - Address Enumeration By Source - Rule",
        "ID": "f1",
    }


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("by_severity", [{"severity": "medium", "count": 1}]),
        ("by_technique", [{"technique": "T1589.002", "count": 1}]),
    ],
)
def test_the_bars_count_findings(splunk: StandIn, source: str, rows: list[dict[str, Any]]) -> None:
    result = splunk.search(query(source), earliest="-7d@h", latest="now", app="m365_mail_threats")
    assert result.rows == rows


@pytest.mark.parametrize(
    ("tokens", "count"),
    [
        pytest.param({}, 1, id="as opened"),
        pytest.param({"severity": "high"}, 0, id="another severity"),
        pytest.param({"technique": "*T1589.002*"}, 1, id="its technique"),
        pytest.param({"technique": "*T1114.003*"}, 0, id="another technique"),
        pytest.param({"finding_status": "allowed"}, 0, id="another status"),
        pytest.param({"entity": "203.0.113.*"}, 1, id="its entity"),
        pytest.param({"entity": "198.51.100.1"}, 0, id="another entity"),
    ],
)
def test_the_inputs_narrow_the_findings(splunk: StandIn, tokens: dict[str, str], count: int) -> None:
    result = splunk.search(query("findings", **tokens), earliest="-7d@h", latest="now", app="m365_mail_threats")
    assert len(result.rows) == count


ALLOWLIST_ENTRY = {
    "_key": "e1",
    "class": "pentest",
    "source": "203.0.113.9",
    "entry_owner": "ann@contoso.com",
    "ticket": "PT-7",
    "reason": "booked",
    "valid_from": "2026-03-01T00:00:00Z",
    "valid_until": "2026-03-09T00:00:00Z",
}
HELD = {**FINDING, "finding_id": "f2", "finding_status": "allowed", "allow_status": "allowed", "allow_entry": "e1"}


def test_the_allowlist_view_shows_debt_what_was_held_back_and_changes(splunk: StandIn) -> None:
    splunk.kv("mail_threats_allowlist", app="m365_mail_threats").insert(dict(ALLOWLIST_ENTRY))
    splunk.index.add(json.dumps(HELD), index="summary", sourcetype="mail_threats:finding", time=NOW - 600)
    change = {"entry": "e1", "before": None, "after": ALLOWLIST_ENTRY}
    told = {"time": "2026-03-03T07:00:00Z", "action": "add", "user": "alice", "count": 1, "changes": [change]}
    splunk.index.add(
        json.dumps(told), index="summary", sourcetype="mail_threats:allowlist", time=NOW - 3600, whole=True
    )

    def shown(source: str, **tokens: str) -> list[dict[str, Any]]:
        text = query(source, "allowlist", **tokens)
        result = splunk.search(text, earliest="-30d@d", latest="now", app="m365_mail_threats")
        assert [message.text for message in result.messages] == []
        return list(result.rows)

    (debt,) = shown("debt_list")
    assert (debt["Entry"], debt["Owner"], debt["Findings held back"]) == ("e1", "ann@contoso.com", "1")
    assert "expires 2026-03-09" in debt["What to look at"]
    assert shown("entries") == [{"entry": "e1", "label": "e1 (pentest, PT-7)"}]
    for entry, count in (("*", 1), ("e1", 1), ("e2", 0)):
        assert shown("held_count", entry=entry) == [{"count": count}]
        assert len(shown("held_list", entry=entry)) == count
    assert shown("held_list")[0]["Without the entry"] == "would have fired"
    (changed,) = shown("changes")
    assert (changed["Who"], changed["Change"], changed["Entry"]) == ("alice", "add", "e1")
