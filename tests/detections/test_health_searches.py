"""Health, self-check, volume and coverage: each problem is told with what to do, and nothing is told without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lab.rules import APP
from lab.scenarios.runner import Stand
from lab.splunk.spl.values import Row

NOW = 1772532000.0  # 2026-03-03T10:00:00Z
DAY, HOUR = 86400.0, 3600.0
TENANT = "00000000-0000-4000-8000-00000000c0de"
INPUT = "o365_management_activity://contoso"


def add(
    stand: Stand, sourcetype: str, time: float, record: dict[str, Any], source: str = "x", host: str = "hf1"
) -> None:
    raw = json.dumps(record, separators=(",", ":"))
    stand.index.add(raw, time=time, sourcetype=sourcetype, source=source, host=host, index="main", whole=True)


def health(stand: Stand, time: float = NOW - 60, host: str = "hf1", **facts: Any) -> None:
    event = {
        "input": INPUT,
        "tenant_id": TENANT,
        "feed": "audit",
        "status": "ok",
        "clock_skew_s": 1,
        "gaps": [],
        "errors": [],
    }
    add(stand, "mail_threats:health", time, {**event, **facts}, source=INPUT, host=host)


def report(stand: Stand, name: str, user: str = "admin") -> list[Row]:
    settings = stand.conf("savedsearches", app=APP)[f"Mail Threats - {name} - Report"]
    times = {f"{end}": settings[f"dispatch.{end}_time"] for end in ("earliest", "latest")}
    result = stand.search(settings["search"], now=NOW, app=APP, user=user, **times)
    assert [message.text for message in result.messages if message.level in ("WARN", "ERROR")] == []
    return result.rows


# late records


@pytest.mark.parametrize(
    ("late_h", "told"),
    [
        pytest.param(0.1, False, id="on time"),
        pytest.param(19.5, False, id="late, and still judged by the schedule"),
        pytest.param(21, True, id="later than the last run that looks back to it"),
        pytest.param(100, True, id="of a first collection"),
    ],
)
def test_what_came_after_the_last_run_that_judges_it_is_a_range_to_open(
    stand_in: Callable[[], Stand], late_h: float, told: bool
) -> None:
    stand = stand_in()
    time = NOW - HOUR - late_h * HOUR
    record = {"createdDateTime": "x", "status": {"errorCode": 50034}}
    for number in range(3):
        stand.index.add(
            json.dumps(record), time=time + number, indextime=NOW - HOUR, sourcetype="azure:aad:signin", source="x",
            host="hf1", index="main", whole=True,
        )  # fmt: skip
    rows = report(stand, "Late Records")
    assert len(rows) == told
    for row in rows:
        start, end = float(str(row["open_from"])), float(str(row["open_to"]))
        assert (end - start, row["records"]) == (DAY, 3)
        assert start + 4 * HOUR <= time <= end, "a rule that is opened over the range judges the records"


@pytest.mark.parametrize(("ahead_d", "told"), [(0.5, False), (3, True), (1500, True)])
def test_what_is_dated_ahead_is_a_range_to_open(stand_in: Callable[[], Stand], ahead_d: float, told: bool) -> None:
    stand = stand_in()
    time = NOW + ahead_d * DAY
    record = {"Operation": "New-InboxRule", "UserId": "ann@contoso.com"}
    stand.index.add(
        json.dumps(record), time=time, indextime=NOW - HOUR, sourcetype="o365:management:activity", source="x",
        host="hf1", index="main", whole=True,
    )  # fmt: skip
    rows = report(stand, "Late Records")
    assert len(rows) == told
    for row in rows:
        assert float(str(row["open_from"])) + 4 * HOUR <= time <= float(str(row["open_to"]))
        assert "dated ahead" in str(row["problem"])


# inputs


@pytest.mark.parametrize(
    ("facts", "kind", "words"),
    [
        pytest.param(
            {"gaps": [{"stream": "Audit.Exchange", "start": "A", "end": "B", "reason": "expired"}]},
            "content lost", "Audit.Exchange A to B: expired", id="content that cannot be fetched",
        ),
        pytest.param({"clock_skew_s": -700}, "clock skew", "700 seconds", id="clock"),
        pytest.param({"lag_s": 43201}, "too late", "12:00:01 behind", id="later than the rules allow for"),
        pytest.param(
            {"credential_kind": "client_secret", "credential_expires": "2026-03-20T10:00:00Z"},
            "credential ends", "client secret ends on 2026-03-20T10:00:00Z, in 17 days", id="secret",
        ),
        pytest.param(
            {"credential_kind": "certificate", "credential_expires": "2026-03-01T10:00:00Z"},
            "credential ends", "in -2 days", id="certificate that has ended",
        ),
        pytest.param(
            {"errors": [{"message": "Consent is missing.", "advice": "Grant it.", "reaction": "parked"}]},
            "needs you", "Consent is missing.", id="an error that waits",
        ),
        pytest.param(
            {"errors": [{"message": "One copy was damaged.", "advice": "Nothing.", "reaction": "recovered"}]},
            "recovered", "was damaged", id="an error that is over",
        ),
        pytest.param({"id_memory_lost": True}, "ids forgotten", "rebuilt", id="memory"),
    ],
)  # fmt: skip
def test_an_inputs_trouble_is_a_row(stand_in: Callable[[], Stand], facts: Any, kind: str, words: str) -> None:
    stand = stand_in()
    health(stand, **facts)
    (row,) = report(stand, "Input Health")
    assert row["kind"] == kind
    assert words in str(row["problem"])
    assert row["advice"]


def test_a_healthy_input_is_no_row(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    health(stand, credential_kind="client_secret", credential_expires="2026-04-03T10:00:00Z")
    health(
        stand, errors=[{"message": "Throttled.", "advice": "", "reaction": "retried"}], clock_skew_s=119, lag_s=43200
    )
    assert report(stand, "Input Health") == []


def test_two_hosts_with_one_tenant_are_told(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    health(stand, host="hf1")
    health(stand, host="hf2")
    assert {row["kind"] for row in report(stand, "Input Health")} == {"collected twice"}


def test_a_member_that_stands_by_needs_nobody_and_is_no_second_collector(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    health(stand, host="member1")
    standby = {"message": "Collected by this input on member1.", "advice": "", "reaction": "standby"}
    health(stand, host="member2", status="standby", errors=[standby])
    assert report(stand, "Input Health") == []


# silent sources


def steady(stand: Stand, source: str, every: float, until: float, night: tuple[int, int] = (0, 0)) -> None:
    time = NOW - 6 * DAY
    while time < until:
        if not night[0] <= (time % DAY) / HOUR < night[1]:
            add(stand, "o365:management:activity", time, {"Operation": "x"}, source=source)
        time += every


@pytest.mark.parametrize(
    ("silence", "silent"),
    [
        pytest.param(0.5, False, id="half an hour"),
        pytest.param(1.9, False, id="less than twice the gap"),
        pytest.param(2.5, True, id="more than twice the gap"),
    ],
)
def test_a_source_is_silent_after_twice_its_normal_gap(
    stand_in: Callable[[], Stand], silence: float, silent: bool
) -> None:
    stand = stand_in()
    steady(stand, "hourly", HOUR, NOW - silence * HOUR + 1)
    assert [row["source"] for row in report(stand, "Silent Source")] == (["hourly"] if silent else [])


def test_nights_are_normal_and_a_source_that_stopped_by_day_is_not(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    steady(stand, "office", 600, NOW - 5 * HOUR, night=(0, 7))
    assert report(stand, "Silent Source") == [], "five hours, and each night has seven"
    steady(stand, "round the clock", 600, NOW - 5 * HOUR)
    assert [row["source"] for row in report(stand, "Silent Source")] == ["round the clock"]


def test_one_bad_day_does_not_stretch_the_normal_gap(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    steady(stand, "s", 600, NOW - 4 * DAY)
    time = NOW - 4 * DAY + 15 * HOUR
    while time < NOW - 3 * HOUR:
        add(stand, "o365:management:activity", time, {"Operation": "x"}, source="s")
        time += 600
    assert [row["source"] for row in report(stand, "Silent Source")] == ["s"]


# the audit log's own gaps

MAILBOX = {"OrganizationName": "contoso.onmicrosoft.com", "MailboxOwnerUPN": "Ann@contoso.com"}


@pytest.mark.parametrize(
    ("records", "kinds"),
    [
        pytest.param(
            [{"Operation": "MailItemsAccessed", "OperationProperties": [{"Name": "IsThrottled", "Value": "True"}]}],
            {"throttled mailbox"}, id="throttled",
        ),
        pytest.param(
            [{"Operation": "MailItemsAccessed", "OperationProperties": [{"Name": "IsThrottled", "Value": "False"}]}],
            set(), id="not throttled",
        ),
        pytest.param(
            [{"Operation": "MailItemsAccessed"}, {"Operation": "Set-MailboxAuditBypassAssociation", "ObjectId": "Svc",
              "Parameters": [{"Name": "AuditBypassEnabled", "Value": "True"}]}],
            {"audit bypass"}, id="bypass",
        ),
        pytest.param(
            [{"Operation": "mailitemsaccessed", "OperationProperties": {"IsThrottled": "True"}},
             {"Operation": "set-mailboxAuditbypassassociation", "ObjectId": "Svc",
              "Parameters": {"AuditBypassEnabled": "$true"}}],
            {"throttled mailbox", "audit bypass"}, id="written otherwise",
        ),
        pytest.param(
            [{"Operation": "MailItemsAccessed"}, {"Operation": "Set-MailboxAuditBypassAssociation", "ObjectId": "Svc",
              "Parameters": [{"Name": "AuditBypassEnabled", "Value": "False"}]}],
            set(), id="bypass switched off",
        ),
        pytest.param([{"Operation": "HardDelete"}], {"licence"}, id="no mail access"),
        pytest.param([{"Operation": "FileAccessed"}], set(), id="no mailbox records at all"),
    ],
)  # fmt: skip
def test_what_the_audit_log_does_not_show(stand_in: Callable[[], Stand], records: list[Any], kinds: set[str]) -> None:
    stand = stand_in()
    for record in records:
        add(stand, "o365:management:activity", NOW - HOUR, {**MAILBOX, **record})
    rows = report(stand, "Audit Gaps")
    assert {str(row["kind"]) for row in rows} == kinds
    assert all(row["advice"] for row in rows)


# what depends on a licence, or on what is collected

ACCESS = {
    "Operation": "MailItemsAccessed",
    "AppAccessContext": {"AADSessionId": "s", "ClientAppId": "a"},
    "ClientInfoString": "Client=OutlookService",
}
SIGN_IN = {
    "createdDateTime": "2026-03-03T09:00:00Z",
    "userPrincipalName": "ann@contoso.com",
    "ipAddress": "198.51.100.7",
    "isInteractive": False,
    "userAgent": "Mozilla/5.0",
    "riskLevelDuringSignIn": "none",
    "status": {"errorCode": 0},
}
LOGGED_IN = {
    "Operation": "UserLoggedIn",
    "ClientIP": "198.51.100.7",
    "UserId": "ann@contoso.com",
    "ExtendedProperties": [{"Name": "UserAgent", "Value": "x"}],
}
AUDIT, SIGN_INS = "o365:management:activity", "azure:aad:signin"


def without(record: dict[str, Any], key: str, value: Any = None) -> dict[str, Any]:
    kept = {name: item for name, item in record.items() if name != key}
    return kept if value is None else {**kept, key: value}


@pytest.mark.parametrize(
    ("sourcetype", "record", "words"),
    [
        pytest.param(AUDIT, ACCESS, [], id="mail access with everything"),
        pytest.param(
            AUDIT, without(ACCESS, "AppAccessContext", {"ClientAppId": "a"}), ["no session"],
            id="mail access, no session",
        ),
        pytest.param(
            AUDIT, {**without(ACCESS, "AppAccessContext"), "SessionId": "s", "AppId": ""}, ["no application"],
            id="mail access, no application",
        ),
        pytest.param(AUDIT, without(ACCESS, "ClientInfoString", ""), ["no client"], id="mail access, no client"),
        pytest.param(SIGN_INS, SIGN_IN, [], id="sign-ins with everything"),
        pytest.param(
            SIGN_INS, {**SIGN_IN, "isInteractive": True}, ["no non-interactive sign-ins"], id="interactive only",
        ),
        pytest.param(SIGN_INS, without(SIGN_IN, "userAgent"), ["no user agent"], id="sign-ins, no user agent"),
        pytest.param(SIGN_INS, without(SIGN_IN, "ipAddress", ""), ["no address"], id="sign-ins, no address"),
        pytest.param(
            SIGN_INS, {**SIGN_IN, "riskLevelDuringSignIn": "hidden"}, ["risk is hidden"], id="sign-ins, hidden risk",
        ),
        pytest.param(AUDIT, LOGGED_IN, ["no sign-in log"], id="sign-ins in the audit log only"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("count", [19, 20])
def test_what_no_record_has_is_told_from_twenty_records_on(
    stand_in: Callable[[], Stand], sourcetype: str, record: dict[str, Any], words: list[str], count: int
) -> None:
    stand = stand_in()
    for number in range(count):
        add(stand, sourcetype, NOW - HOUR - number, {**MAILBOX, **record, "id": str(number), "Id": str(number)})
    problems = [str(row["problem"]) for row in report(stand, "Audit Gaps")]
    wanted = words if count == 20 or words == ["no sign-in log"] else []
    assert len(problems) == len(wanted), problems
    assert all(word in problem for word, problem in zip(wanted, problems, strict=True)), problems


def test_one_record_that_has_the_field_is_enough(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for number in range(30):
        record = {
            "AppAccessContext": {},
            "ClientInfoString": "x",
            "SessionId": "s" if number == 7 else "",
            "AppId": "a",
        }
        add(stand, AUDIT, NOW - HOUR - number, {**MAILBOX, **ACCESS, **record})
        risk = "low" if number == 7 else "hidden"
        add(stand, SIGN_INS, NOW - HOUR - number, {**SIGN_IN, "id": str(number), "riskLevelDuringSignIn": risk})
        add(stand, AUDIT, NOW - HOUR - number, {**LOGGED_IN, "Id": str(number)})
    assert report(stand, "Audit Gaps") == []


def day_number(days_ago: int) -> int:
    return int(NOW // 86400) - days_ago


@pytest.mark.parametrize(
    ("days", "records", "silent"),
    [
        pytest.param(range(3, 12), ["Send"] * 3, True, id="recorded until three days ago and in use"),
        pytest.param(range(3, 12), ["Send"] * 2, False, id="hardly in use"),
        pytest.param(range(3, 12), [], False, id="unused"),
        pytest.param(range(1, 12), ["Send"] * 3, False, id="recorded yesterday"),
        pytest.param(range(3, 12), ["Send"] * 3 + ["MailItemsAccessed"], False, id="recorded today"),
        pytest.param(range(3, 6), ["Send"] * 3, False, id="hardly ever recorded"),
    ],
)
def test_mailbox_in_use_that_is_no_longer_recorded_when_it_is_read(
    stand_in: Callable[[], Stand], days: range, records: list[str], silent: bool
) -> None:
    stand = stand_in()
    history = " ".join(f"{day_number(day)}:000000005" for day in sorted(days, reverse=True))
    clients = stand.kv("mail_threats_mailbox_clients")
    clients.insert({"_key": "a", "client_key": "mailbox|ann@contoso.com", "history": history})
    for operation in records:
        add(
            stand,
            "o365:management:activity",
            NOW - HOUR,
            {**MAILBOX, "UserId": "ann@contoso.com", "Operation": operation},
        )
    # Others are recorded, so the licence is not missing everywhere.
    other = {**MAILBOX, "MailboxOwnerUPN": "lee@contoso.com", "UserId": "lee@contoso.com"}
    add(stand, "o365:management:activity", NOW - HOUR, {**other, "Operation": "MailItemsAccessed"})
    rows = [row for row in report(stand, "Audit Gaps") if row["kind"] == "mail access ended"]
    assert [("ann@contoso.com" in str(row["problem"]), bool(row["advice"])) for row in rows] == [(True, True)] * silent


# self-check, coverage, volume


def states(stand: Stand) -> dict[str, str]:
    return {str(row["check"]): str(row["state"]) for row in report(stand, "Self Check")}


def test_the_self_check_of_an_empty_installation_says_what_to_do(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    rows = report(stand, "Self Check")
    assert len(rows) == 11
    assert all(row["state"] == "ok" or row["advice"] for row in rows)
    found = states(stand)
    assert found["Sign-ins in mail_threats_index_signins"] == "problem"
    assert found["Accepted domains are learned"] == "problem"
    assert found["Rules"] == "problem"
    assert found["Your roles"] == "ok"


def test_the_self_check_of_a_working_installation_is_ok(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    add(stand, "azure:aad:signin", NOW - HOUR, {"id": "1"})
    add(stand, "o365:management:activity", NOW - HOUR, {"Operation": "MailItemsAccessed"})
    add(stand, "XmlWinEventLog", NOW - HOUR, {})
    add(stand, "mail_threats:finding", NOW - HOUR, {})
    health(stand)
    stand.set_local("macros", "mail_threats_index_findings", {"definition": "main"}, app=APP)
    stand.set_local("macros", "mail_threats_index_notable", {"definition": "index=main"}, app=APP)
    stand.index.add('search_name="Mail Threats - X - Rule"', time=NOW - HOUR, sourcetype="stash", index="main")
    stand.kv("mail_threats_accepted_domains").insert({"domain": "contoso.com"})
    stand.set_local("savedsearches", "Mail Threats - Mail Forwarding - Rule", {"disabled": "0"}, app=APP)
    assert set(states(stand).values()) == {"ok"}


def test_the_self_check_names_a_broken_allowlist_entry(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    stand.kv("mail_threats_allowlist").insert({"_key": "bad", "class": "backup", "source": "10.0.0.0/8"})
    assert states(stand)["Allowlist"] == "problem"


def test_coverage_tells_what_is_seen_and_what_is_not(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    stand.set_local("savedsearches", "Mail Threats - Mail Forwarding - Rule", {"disabled": "0"}, app=APP)
    add(stand, "o365:management:activity", NOW - DAY, {"Operation": "x"})
    found = {str(row["method"]): str(row["visibility"]) for row in report(stand, "Coverage")}
    assert found["Inbox rules, mailbox settings and transport rules that forward"] == "visible"
    assert found["Exports and content searches"] == "no rule is on"
    assert found["Mail stores created, copied, read or looked for on a machine, also through shares"] == "not collected"
    assert found["Teams user search"] == "cannot be seen"


def test_coverage_sees_what_the_web_index_holds(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    stand.set_local("macros", "mail_threats_index_web", {"definition": "index=summary"}, app=APP)
    for rule in ("Account Lookup From Inside", "Exchange Address Probing"):
        stand.set_local("savedsearches", f"Mail Threats - {rule} - Rule", {"disabled": "0"}, app=APP)
    proxy = "GetCredentialType and autologon called from inside your network"
    iis = "Autodiscover, ActiveSync and Outlook on the web of Exchange on premises"
    found = {str(row["method"]): str(row["visibility"]) for row in report(stand, "Coverage")}
    assert (found[proxy], found[iis]) == ("not collected", "not collected")
    for sourcetype, raw in (("squid", "GET https://login.microsoftonline.com/ - 200"), ("ms:iis:auto", "GET /owa/")):
        stand.index.add(raw, time=NOW - HOUR, sourcetype=sourcetype, index="summary", whole=True)
    found = {str(row["method"]): str(row["visibility"]) for row in report(stand, "Coverage")}
    assert (found[proxy], found[iis]) == ("visible", "visible")


def test_an_input_that_is_too_far_behind_is_a_problem_though_it_runs(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    health(stand, lag_s=43201)
    assert states(stand)[f"Input {INPUT}"] == "problem"


def test_the_volume_is_what_is_there_a_day(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for number in range(10):
        add(stand, "o365:management:activity", NOW - HOUR - number, {"Workload": "Exchange", "x": "y" * 100_000})
    rows = {str(row["what"]): row for row in report(stand, "Volume Estimate")}
    exchange = rows["o365:management:activity Exchange"]
    assert (exchange["records"], float(str(exchange["mb_per_day"]))) == (10, 0.95)
    assert rows["all"]["records"] == 10
