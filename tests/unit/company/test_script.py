"""Placeholders, spans and events of story and scenario files."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from lab.company import clock
from lab.company.script.events import Emission, expand
from lab.company.script.template import ScriptError, fill

BASE = 1_772_532_000.0
NAMES: dict[str, Any] = {
    "attacker": "203.0.113.9",
    "people": [{"upn": "a@contoso.com", "code": 50126}, {"upn": "b@contoso.com", "code": 50034}],
    "agents": ["x", "y", "z"],
    "count": 4,
}


@pytest.mark.parametrize(
    ("text", "i", "value"),
    [
        pytest.param("guess{i}@contoso.com", 7, "guess7@contoso.com", id="number of the repetition"),
        pytest.param("guess{i:03}", 7, "guess007", id="format"),
        pytest.param("{agents}", 4, "y", id="list walked round"),
        pytest.param("{agents[2]}", 0, "z", id="member by number"),
        pytest.param("{people.upn}", 1, "b@contoso.com", id="attribute of a walked list"),
        pytest.param("{people[0].code}", 1, 50126, id="whole text keeps its type"),
        pytest.param("code {people.code}", 0, "code 50126", id="part of a text"),
        pytest.param("{attacker!l}", 0, "203.0.113.9", id="lower case"),
        pytest.param('[{"ActionType":"Forward"}]', 0, '[{"ActionType":"Forward"}]', id="JSON is left alone"),
        pytest.param("{D919BA05-46A6-415f-80AD}", 0, "{D919BA05-46A6-415f-80AD}", id="GUID is left alone"),
    ],
)
def test_placeholders(text: str, i: int, value: Any) -> None:
    assert fill(text, NAMES, i, "file") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "{attackr}", r"f.yml: \{attackr\} names nothing; names known here: i, agents, attacker", id="unknown name"
        ),
        pytest.param("{people.mail}", "there is no 'mail' in it", id="unknown attribute"),
        pytest.param("{agents[9]}", "the list has 3 members", id="beyond the list"),
        pytest.param("{attacker[0]}", "there is no list to take number 0 of", id="no list"),
        pytest.param("{attacker:03d}", "Unknown format code", id="format that does not fit"),
    ],
)
def test_placeholder_that_means_nothing_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ScriptError, match=message):
        fill(text, NAMES, 0, "f.yml")


@pytest.mark.parametrize(
    ("span", "seconds"),
    [
        pytest.param("90s", 90.0, id="seconds"),
        pytest.param("1h30m", 5400.0, id="compound"),
        pytest.param("-5m", -300.0, id="negative"),
        pytest.param("2d", 172_800.0, id="days"),
        pytest.param("250ms", 0.25, id="milliseconds"),
        pytest.param(45, 45.0, id="number"),
    ],
)
def test_spans(span: str | int, seconds: float) -> None:
    assert clock.seconds(span) == seconds


@pytest.mark.parametrize("span", ["", "5", "soon", "5x", "m5", True, None, "5m x"])
def test_no_span(span: Any) -> None:
    with pytest.raises(ValueError, match="is no span of time"):
        clock.seconds(span)


def emissions(*entries: dict[str, Any], seed: int = 1) -> list[Emission]:
    return expand(list(entries), base=BASE, names=NAMES, rng=Random(seed), where="f.yml: fires")


SIGN_IN = {"user": "guess{i}@contoso.com", "src": "{attacker}", "code": 50034}


def test_repetitions_walk_in_time() -> None:
    made = emissions({"signin": SIGN_IN, "at": "10m", "every": "45s", "count": "{count}"})
    assert [emission.time - BASE for emission in made] == [600.0, 645.0, 690.0, 735.0]
    assert [emission.payload["userPrincipalName"] for emission in made if emission.payload] == [
        f"guess{i}@contoso.com" for i in range(4)
    ]


def test_jitter_never_comes_before_its_time() -> None:
    made = emissions({"signin": SIGN_IN, "every": "60s", "count": 20, "jitter": "30s"})
    offsets = [emission.time - BASE - 60 * i for i, emission in enumerate(made)]
    assert all(0 <= offset <= 30 for offset in offsets)
    assert len(set(offsets)) > 1


def test_one_sign_in_in_several_feeds_has_one_id() -> None:
    feeds = ["graph", "graph_v1", "o365_graph", "event_hub", "audit"]
    made = emissions({"signin": {**SIGN_IN, "feed": feeds}})
    assert [emission.feed for emission in made] == feeds
    ids = {(e.payload.get("Id") or e.payload.get("id") or e.payload["properties"]["id"]) for e in made if e.payload}
    assert len(ids) == 1
    assert [emission.sourcetype for emission in made] == [
        "azure:aad:signin",
        "azure:aad:signin",
        "o365:graph:api",
        "azure:monitor:aad",
        "o365:management:activity",
    ]
    assert made[2].source == "AuditLogs.SignIns"


def test_late_and_twice_belong_to_the_emission() -> None:
    first, second = emissions({"signin": SIGN_IN, "late": "2h", "twice": True}, {"signin": SIGN_IN, "twice": "30m"})
    assert (first.late, first.copies) == (7200.0, (0.0,))
    assert (second.late, second.copies) == (None, (1800.0,))


@pytest.mark.parametrize(
    ("facts", "operation", "key", "value"),
    [
        pytest.param(
            {"UserId": "Not Available", "LogonError": "UserAccountNotFound", "src": "203.0.113.9"},
            "UserLoginFailed",
            "ErrorNumber",
            "50034",
            id="failed login by its LogonError",
        ),
        pytest.param(
            {"user": "a@contoso.com", "ClientIP": "203.0.113.9:4711"},
            "UserLoginFailed",
            "ActorIpAddress",
            "203.0.113.9:4711",
            id="address with a port as given",
        ),
        pytest.param({"user": "a@contoso.com", "src": "203.0.113.9"}, "UserLoggedIn", "ErrorNumber", "0", id="login"),
        pytest.param(
            {"UserId": "a@contoso.com", "Parameters": {"ForwardTo": "x@example.net"}},
            "New-InboxRule",
            "Parameters",
            [{"Name": "ForwardTo", "Value": "x@example.net"}],
            id="inbox rule",
        ),
        pytest.param(
            {"UserId": "a@contoso.com", "Parameters": [{"Name": "ForwardingAddress"}]},
            "Set-Mailbox",
            "Parameters",
            [{"Name": "ForwardingAddress"}],
            id="parameter without a value",
        ),
        pytest.param(
            {"actor": "a@contoso.com", "mailbox": "b@contoso.com", "items": 5},
            "MailItemsAccessed",
            "OperationCount",
            5,
            id="bind",
        ),
        pytest.param({"actor": "a@contoso.com", "access": "Sync"}, "MailItemsAccessed", "RecordType", 50, id="sync"),
        pytest.param(
            {"actor": "a@contoso.com", "ClientAppId": None},
            "MailItemsAccessed",
            "ClientAppId",
            "absent",
            id="null removes",
        ),
        pytest.param({"actor": "a@contoso.com", "actions": []}, "UpdateInboxRules", "RecordType", 2, id="outlook rule"),
        pytest.param({"actor": "a@contoso.com", "search": "s"}, "SearchExported", "RecordType", 24, id="discovery"),
        pytest.param(
            {"UserId": "a@contoso.com", "Parameters": {"Name": "s"}},
            "New-ComplianceSearch",
            "Parameters",
            '-Name "s"',
            id="purview cmdlet",
        ),
        pytest.param(
            {"actor": "a@contoso.com", "mailbox": "b@contoso.com"}, "MailboxLogin", "LogonType", 2, id="mailbox login"
        ),
    ],
)
def test_audit_operations(facts: dict[str, Any], operation: str, key: str, value: Any) -> None:
    (emission,) = emissions({"audit": {"Operation": operation, **facts}})
    assert emission.payload is not None
    assert emission.payload["Operation"] == operation
    assert emission.payload.get(key, "absent") == value


def test_audit_keys_with_a_capital_win_over_the_builder() -> None:
    (emission,) = emissions(
        {
            "audit": {
                "Operation": "MailItemsAccessed",
                "actor": "a@contoso.com",
                "app_id": "11111111-2222-3333-4444-555555555555",
                "OperationCount": 900,
                "AppAccessContext.ClientAppId": "other",
            }
        }
    )
    assert emission.payload is not None
    assert emission.payload["OperationCount"] == 900
    assert emission.payload["AppAccessContext"]["ClientAppId"] == "other"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        pytest.param(
            {"signin": SIGN_IN, "sysmon": {}}, "exactly one of signin, audit, sysmon, security, raw", id="two kinds"
        ),
        pytest.param({"at": "5m"}, "this one has none", id="no kind"),
        pytest.param(
            {"signin": SIGN_IN, "evry": "5s"}, r"events\[0\]: unknown key 'evry'; known: signin", id="unknown timing"
        ),
        pytest.param({"signin": SIGN_IN, "count": 3}, "`count` needs `every`", id="count without every"),
        pytest.param(
            {"signin": SIGN_IN, "count": "3", "every": "1s"},
            r"count: must be a whole number from 0, not '3'",
            id="count as text",
        ),
        pytest.param({"signin": SIGN_IN, "late": "soon"}, r"late: 'soon' is no span", id="span"),
        pytest.param(
            {"signin": {**SIGN_IN, "feed": "splunk"}}, r"signin.feed: 'splunk' is no feed; known: graph", id="feed"
        ),
        pytest.param(
            {"signin": {"user": "a"}}, "missing 1 required keyword-only argument: 'src'", id="sign-in without source"
        ),
        pytest.param({"signin": {**SIGN_IN, "code": 99}}, "code 99 is not in the catalogue", id="code"),
        pytest.param(
            {"signin": {**SIGN_IN, "set": {"status.code.x": 1}}}, "the record has no object 'code'", id="path"
        ),
        pytest.param({"audit": {"actor": "a"}}, "audit.Operation: an audit record needs the name", id="no operation"),
        pytest.param(
            {"audit": {"Operation": "Get-Coffee", "actor": "a"}},
            "Get-Coffee: 'Get-Coffee' is no mailbox action",
            id="operation",
        ),
        pytest.param(
            {"audit": {"Operation": "Set-Mailbox"}}, "who did it is missing: give `actor` or UserId", id="no actor"
        ),
        pytest.param(
            {"audit": {"Operation": "Set-Mailbox", "actor": "a", "mailbx": "b"}},
            "no argument 'mailbx'",
            id="builder argument",
        ),
        pytest.param(
            {"audit": {"Operation": "MailItemsAccessed", "actor": "a", "access": "Peek"}},
            "access is Bind or Sync",
            id="access",
        ),
        pytest.param({"sysmon": {"event_id": 3}}, "event_id: is 1 .* or 11 .*, not 3", id="sysmon event"),
        pytest.param({"sysmon": {"event_id": 11, "Image": "a"}}, "missing 3 required", id="sysmon keys"),
        pytest.param({"sysmon": {"event_id": 11, "Hash": "a"}}, "unknown key 'Hash'", id="sysmon unknown key"),
        pytest.param({"raw": {"text": "x"}}, "a raw event has sourcetype and text", id="raw"),
        pytest.param("signin", "an event is a mapping, not str", id="no mapping"),
    ],
)
def test_entry_that_cannot_be_understood(entry: Any, message: str) -> None:
    with pytest.raises(ScriptError, match=message) as caught:
        emissions(entry)
    assert str(caught.value).startswith("f.yml: fires.events[0]")
