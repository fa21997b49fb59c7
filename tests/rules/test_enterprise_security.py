"""What Enterprise Security reads of a rule: annotations, notable, risk; and that the rows have what its texts show."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC

import pytest
from rules.firing import Fired, Story
from rules.shipped import LOOKUPS, Settings, conf, drilldowns, rules, technique_of

from lab.splunk.notables.tokens import fill_in
from lab.splunk.spl.times import time_of
from lab.splunk.spl.values import Row
from lab.splunk.stand_in import DEFAULT_APP

SECURITY_DOMAINS = {"access", "audit", "endpoint", "identity", "network", "threat"}
RISK_TYPES = {"system", "user", "other"}
FRAMEWORKS = {"mitre_attack", "kill_chain_phases", "cis20", "nist"}
NOTABLE = "action.notable.param."
# What ES and Splunk write themselves: a field of ours with such a name would be lost, or would change what they show.
# ES reads risk_score from a row on purpose, so that one is not among them.
RESERVED = {
    "source", "sourcetype", "host", "index", "splunk_server", "linecount", "punct", "timestamp", "eventtype", "tag",
    "owner", "status", "status_label", "urgency", "priority", "comment", "reviewer", "review_time", "disposition",
    "event_id", "event_hash", "search_name", "savedsearch_description", "security_domain", "correlation_search_name",
    "risk_object", "risk_object_type", "risk_message", "threat_object", "threat_object_type", "annotations",
    "drilldown_name", "drilldown_search", "drilldown_searches", "next_steps", "default_owner", "default_status",
}  # fmt: skip
RESERVED_PREFIXES = ("rule_", "info_", "orig_", "tag::", "annotations.", "all_risk_", "date_")

each_rule = pytest.mark.parametrize("rule", list(rules()))
each_settings = pytest.mark.parametrize(
    ("rule", "settings"), [pytest.param(*item, id=item[0]) for item in rules().items()]
)
with (LOOKUPS / "mail_threats_attack_techniques.csv").open(encoding="utf-8", newline="") as techniques:
    TECHNIQUES = {row["technique"]: row for row in csv.DictReader(techniques)}
KILL_CHAIN = {
    "Reconnaissance", "Weaponization", "Delivery", "Exploitation", "Installation", "Command and Control",
    "Actions on Objectives",
}  # fmt: skip
ES_SEVERITIES = {"informational", "low", "medium", "high", "critical"}
Fire = Callable[..., Fired]


def place(rule: str, key: str) -> str:
    return f"default/savedsearches.conf [{rule}] {key}"


def tokens(text: str) -> set[str]:
    return set(re.findall(r"\$(?:result\.)?([A-Za-z_][\w.]*)(?:\|[a-z])?\$", text))


# what stands in the conf


@each_settings
def test_annotations_name_the_technique_of_the_search(rule: str, settings: Settings) -> None:
    key = "action.correlationsearch.annotations"
    annotations = json.loads(settings[key])
    assert set(annotations) <= FRAMEWORKS, f"{place(rule, key)}: {set(annotations) - FRAMEWORKS} is no framework of ES"
    assert all(isinstance(ids, list) and ids for ids in annotations.values()), f"{place(rule, key)}: lists of ids"
    unknown = [technique for technique in annotations["mitre_attack"] if technique not in TECHNIQUES]
    assert not unknown, f"{place(rule, key)}: {unknown} are not in lookups/mail_threats_attack_techniques.csv"
    assert annotations["mitre_attack"] == [technique_of(rule)], (
        f"{place(rule, key)}: mitre_attack differs from {technique_of(rule)}, which the search gives its findings"
    )


@each_settings
def test_annotations_are_words_of_their_frameworks(rule: str, settings: Settings) -> None:
    annotations = json.loads(settings["action.correlationsearch.annotations"])
    where = place(rule, "action.correlationsearch.annotations")
    assert set(annotations) == FRAMEWORKS, f"{where}: MITRE, kill chain, CIS and NIST each say something"
    assert set(annotations["kill_chain_phases"]) <= KILL_CHAIN, where
    assert all(re.fullmatch(r"CIS ([1-9]|1\d|20)", control) for control in annotations["cis20"]), where
    assert all(re.fullmatch(r"(ID|PR|DE|RS|RC)\.[A-Z]{2}", control) for control in annotations["nist"]), where


@pytest.mark.parametrize("technique", list(TECHNIQUES))
def test_a_technique_leads_to_its_own_page(technique: str) -> None:
    page = f"https://attack.mitre.org/techniques/{technique.replace('.', '/')}/"
    assert TECHNIQUES[technique]["reference"] == page, f"mail_threats_attack_techniques.csv: {technique}"


def stories() -> dict[str, Settings]:
    return {
        name: settings for name, settings in conf("analyticstories").items() if name.startswith("analytic_story://")
    }


def test_every_rule_is_in_the_analytic_story() -> None:
    (story,) = stories().values()
    assert sorted(json.loads(story["searches"])) == sorted(rules()), "default/analyticstories.conf searches"


@each_settings
def test_the_story_says_of_a_rule_what_the_rule_says(rule: str, settings: Settings) -> None:
    told = conf("analyticstories").get(f"savedsearch://{rule}", {})
    assert told.get("annotations") == settings["action.correlationsearch.annotations"], (
        f"default/analyticstories.conf [savedsearch://{rule}] annotations: as in savedsearches.conf"
    )
    assert told.get("explanation") == settings["description"], f"default/analyticstories.conf [savedsearch://{rule}]"


@each_settings
def test_rule_is_a_correlation_search_with_notable_and_risk(rule: str, settings: Settings) -> None:
    for key in ("action.correlationsearch.enabled", "action.notable", "action.risk"):
        assert settings.get(key) == "1", f"{place(rule, key)}: set 1"


@each_settings
def test_notable_has_title_description_domain_and_severity(rule: str, settings: Settings) -> None:
    assert settings[f"{NOTABLE}security_domain"] in SECURITY_DOMAINS, place(rule, f"{NOTABLE}security_domain")
    assert settings[f"{NOTABLE}severity"] == "$severity$", f"{place(rule, f'{NOTABLE}severity')}: the row knows it"
    for key in ("rule_title", "rule_description"):
        assert tokens(settings[f"{NOTABLE}{key}"]), f"{place(rule, NOTABLE + key)}: says nothing of the finding itself"


@each_settings
def test_next_steps_are_in_the_form_of_es(rule: str, settings: Settings) -> None:
    steps = json.loads(settings[f"{NOTABLE}next_steps"])
    assert steps.keys() == {"version", "data"}, f"{place(rule, f'{NOTABLE}next_steps')}: version and data, nothing else"
    assert steps["version"] == 1, place(rule, f"{NOTABLE}next_steps")


@each_settings
def test_notable_groups_by_what_suppression_groups_by(rule: str, settings: Settings) -> None:
    assert settings[f"{NOTABLE}nes_fields"] == settings["alert.suppress.fields"], place(rule, f"{NOTABLE}nes_fields")


@each_settings
def test_risk_objects_are_complete(rule: str, settings: Settings) -> None:
    key = "action.risk.param._risk"
    items = json.loads(settings[key])
    assert any("risk_object_field" in item for item in items), f"{place(rule, key)}: names no risk object"
    assert any("threat_object_field" in item for item in items), f"{place(rule, key)}: names no threat object"
    for item in items:
        if "threat_object_field" in item:
            assert item.keys() == {"threat_object_field", "threat_object_type"}, f"{place(rule, key)}: {item}"
        else:
            assert item.keys() == {"risk_object_field", "risk_object_type", "risk_score"}, f"{place(rule, key)}: {item}"
            assert item["risk_object_type"] in RISK_TYPES, f"{place(rule, key)}: {item}"


@each_rule
def test_a_value_of_a_finding_stays_within_the_quotes_of_a_drilldown(rule: str) -> None:
    """Values come from logs that attackers write to: outside quotes one could end the search and begin another."""
    for item in drilldowns(rule):
        bare = re.sub(r'"(?:\\.|[^"\\])*"', '""', item["search"])
        assert "$" not in bare, f"{place(rule, f'{NOTABLE}drilldown_searches')}: {item['name']!r}: {bare}"


@each_rule
def test_drilldowns_are_complete(rule: str) -> None:
    for item in drilldowns(rule):
        assert item.keys() == {"name", "search", "earliest_offset", "latest_offset"}, (
            f"{place(rule, f'{NOTABLE}drilldown_searches')}: {item}"
        )
        assert "info_" not in item["earliest_offset"] + item["latest_offset"], (
            f"{place(rule, f'{NOTABLE}drilldown_searches')}: use the row's own times, the search window is a day"
        )


# what the rows of a run really have


def texts_with_tokens(rule: str) -> Iterator[tuple[str, str]]:
    settings = rules()[rule]
    for key in (
        f"{NOTABLE}rule_title",
        f"{NOTABLE}rule_description",
        f"{NOTABLE}severity",
        "action.risk.param._risk_message",
    ):
        yield key, settings[key]
    for number, item in enumerate(drilldowns(rule)):
        for name, text in item.items():
            yield f"{NOTABLE}drilldown_searches[{number}].{name}", text
    yield "action.risk.param._risk", settings["action.risk.param._risk"]


@each_rule
def test_every_token_is_a_field_of_the_rows(rule: str, fired: Fire) -> None:
    for row in fired(rule).rows:
        for key, text in texts_with_tokens(rule):
            missing = tokens(text) - set(row)
            assert not missing, (
                f"{place(rule, key)}: ${'$, $'.join(sorted(missing))}$ is no field of the rows {sorted(row)}"
            )


@each_rule
def test_suppression_and_risk_name_fields_of_the_rows(rule: str, fired: Fire) -> None:
    settings = rules()[rule]
    wanted = {field.strip() for field in settings["alert.suppress.fields"].split(",")}
    for item in json.loads(settings["action.risk.param._risk"]):
        wanted.add(item.get("risk_object_field") or item["threat_object_field"])
    for row in fired(rule).rows:
        assert wanted <= set(row), (
            f"default/savedsearches.conf [{rule}]: {sorted(wanted - set(row))} are no fields of the rows"
        )


@each_rule
def test_notable_and_risk_are_made_without_a_complaint(rule: str, fired: Fire) -> None:
    run = fired(rule).run
    complaints = [message.text for message in run.messages if message.level != "INFO"]
    assert (run.error, complaints) == (None, []), f"default/savedsearches.conf [{rule}]"
    assert len(run.notables) == len(run.rows), f"default/savedsearches.conf [{rule}]: a row is a notable"
    assert run.risk_events, f"default/savedsearches.conf [{rule}]: no risk event was made"
    scores = {str(row["score"]) for row in run.rows}
    assert {str(event["risk_score"]) for event in run.risk_events} <= scores, f"[{rule}]: risk is the row's own score"
    assert {str(notable["severity"]) for notable in run.notables} <= ES_SEVERITIES, f"[{rule}]: severities of ES"
    for notable in run.notables:
        shown = f"{notable['rule_title']} {notable['rule_description']}"
        assert "$" not in shown, f"default/savedsearches.conf [{rule}]: a notable shows {shown!r}"


@each_rule
def test_no_field_has_a_name_that_splunk_or_es_keeps(rule: str, fired: Fire) -> None:
    for row in fired(rule).rows:
        odd = sorted(name for name in row if name in RESERVED or name.startswith(RESERVED_PREFIXES))
        assert not odd, f"{place(rule, 'search')}: the rows have {odd}, which Splunk or ES writes itself; rename them"


# Whether a drill-down returns the evidence of a finding from its source is tried with a finding from that source. Those
# that are not named here are tried with the scenario `fires`.
FROM_FEED = {
    "sign-in log": Story(),
    "event hub": Story(signin=(("feed", "event_hub"),)),
    "audit log": Story(signin=(("feed", "audit"), ("code", 50126))),
}
SCRIPT = "Invoke-GlobalMailSearch -ImpersonationAccount dana -ExchHostname mail.contoso.com -OutputCsv all.csv"
PROCESS_IN_SECURITY_LOG = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4688</EventID>"
    "<TimeCreated SystemTime='2026-03-03T10:00:00.000Z'/><EventRecordID>7</EventRecordID><Channel>Security</Channel>"
    "<Computer>WS-014.contoso.com</Computer></System><EventData><Data Name='SubjectUserName'>dana</Data>"
    "<Data Name='NewProcessName'>C:\\Windows\\powershell.exe</Data>"
    f"<Data Name='CommandLine'>powershell {SCRIPT}</Data></EventData></Event>"
)
PROCESS_IN_DEFENDER = json.dumps(
    {
        "time": "2026-03-03T10:00:05Z",
        "category": "AdvancedHunting-DeviceProcessEvents",
        "properties": {
            "Timestamp": "2026-03-03T10:00:00Z",
            "ActionType": "ProcessCreated",
            "DeviceId": "d1",
            "ReportId": 7,
            "DeviceName": "ws-014.contoso.com",
            "AccountName": "dana",
            "FileName": "powershell.exe",
            "InitiatingProcessFileName": "explorer.exe",
            "ProcessCommandLine": f"powershell {SCRIPT}",
        },
    }
)
FROM_SOURCE = {
    "Security events of $dest$ about mail files": Story("read_in_place"),
    "Defender events of $dest$ about mail files": Story("defender_device_events"),
    "Processes of $dest$, Sysmon": Story("outlook_com"),
    "Processes of $dest$, Security log": Story(events=(("XmlWinEventLog", PROCESS_IN_SECURITY_LOG),)),
    "Processes of $dest$, Defender": Story(events=(("mscs:azure:eventhub", PROCESS_IN_DEFENDER),)),
    "Grants by $user$, directory audits": Story("application_permission"),
    "Searches and exports by $entity$": Story("mailbox_export"),
}
DRILLDOWNS = [pytest.param(rule, item, id=f"{rule} | {item['name']}") for rule in rules() for item in drilldowns(rule)]


def story_of(name: str) -> Story:
    feed = name.rpartition(", ")[2] if name.startswith("Sign-ins ") else ""
    return FROM_SOURCE.get(name) or FROM_FEED.get(feed) or Story()


def test_every_story_of_a_drilldown_is_one_of_a_rule() -> None:
    assert set(FROM_SOURCE) <= {item["name"] for rule in rules() for item in drilldowns(rule)}


@pytest.mark.parametrize(("rule", "item"), DRILLDOWNS)
def test_drilldown_from_another_app_returns_the_evidence(rule: str, item: dict[str, str], fired: Fire) -> None:
    """For a source of its own, of one finding at least: a story may hold others that come from elsewhere."""
    story = story_of(item["name"])
    found = fired(rule, story)
    where = f"{place(rule, f'{NOTABLE}drilldown_searches')}: {item['name']!r}"
    shown = 0
    for row in found.rows:
        spl, earliest, latest = (filled(item[key], row) for key in ("search", "earliest_offset", "latest_offset"))
        window = [time_of(text, found.run.time, UTC) for text in (earliest, latest)]
        assert None not in window, f"{where}: {earliest!r} to {latest!r} are no times"
        result = found.splunk.search(
            spl, earliest=earliest, latest=latest, now=found.run.time, app=DEFAULT_APP, user="admin"
        )
        complaints = [message.text for message in result.messages if message.level != "INFO"]
        assert complaints == [], where
        if story != Story() and not result.rows:
            continue
        shown += 1
        assert result.rows, f"{where} finds nothing from {earliest} to {latest} (the end does not belong to it): {spl}"
        if not item["name"].startswith(PART_OF_THE_STORY):
            seen = {float(str(event["_time"])) for event in result.rows}
            assert max(seen) >= float(str(row["last_seen"])), f"{where} leaves out the last event"
    assert shown, f"{where} finds nothing for any finding of its story"


FORWARDS = (
    "transport_rule",
    "journal_rule",
    "automatic_forwarding_allowed",
    "flow",
    "routed_through_a_connector",
    "reached_by_detours",
    "outlook_client_rule",
    "guest_subscribed_to_a_group",
)


@pytest.mark.parametrize("story", FORWARDS)
def test_forward_of_every_kind_leads_to_its_evidence(story: str, fired: Fire) -> None:
    """For each finding of the story; where the destination follows from several records, to the one that concerns the
    mailbox."""
    rule = "Mail Threats - Mail Forwarding - Rule"
    found = fired(rule, Story(story))
    assert found.rows
    for row in found.rows:
        spl, earliest, latest = (
            filled(drilldowns(rule)[0][key], row) for key in ("search", "earliest_offset", "latest_offset")
        )
        result = found.splunk.search(
            spl, earliest=earliest, latest=latest, now=found.run.time, app=DEFAULT_APP, user="admin"
        )
        assert result.rows, f"{spl} finds nothing of {row['title']}"


# A chain ends with what was done to the mail: its sign-ins come before.
PART_OF_THE_STORY = ("Sign-ins of $entity$",)


def sources_of(rule: str) -> set[str]:
    """The data sources that a rule's search names: feeds of sign-ins, audit log, directory audits, providers."""
    text = rules()[rule]["search"]
    found = {"sign-in log", "event hub", "audit log"} if "`mail_threats_signins`" in text else set()
    found |= {"directory audits"} if "Access Grant" in rule and '"azure:aad:audit"' in text else set()
    first = text.split("\n")[0]
    for provider in ("Microsoft-Windows-Sysmon", "Microsoft-Windows-PowerShell", "InitiatingProcessFileName"):
        found |= {provider} if provider in first else set()
    return found | ({"Microsoft-Windows-Security-Auditing"} if "Security-Auditing" in first else set())


@each_rule
def test_each_data_source_of_a_rule_has_a_drilldown_of_its_own(rule: str) -> None:
    told = [f"{item['name']} {item['search']}" for item in drilldowns(rule)]
    alone = [text for text in told if sum(source in text for source in sources_of(rule)) == 1]
    if "Chain" in rule:
        return  # its sign-ins are told together, whatever feed they came by; the audit records beside them
    missing = {source for source in sources_of(rule) if not any(source in text for text in alone)}
    assert not missing, f"{place(rule, f'{NOTABLE}drilldown_searches')}: no drill-down for {sorted(missing)} alone"
    assert len(told) >= 2, f"{place(rule, f'{NOTABLE}drilldown_searches')}: the evidence, and the finding's revisions"


def filled(template: str, row: Row) -> str:
    complaints: list[str] = []
    text = fill_in(template, row, complaints.append, "drill-down")
    assert not complaints, complaints
    return text
