"""One story for each account: it grows over days, its score never falls and rises with each new kind of step; whatever
the last step is, it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from lab.rules import APP
from lab.scenarios.runner import Stand, read_findings
from lab.splunk.spl.values import as_list

TEN = 1772532000.0  # 2026-03-03T10:00:00Z
HOUR, DAY = 3600.0, 86400.0
RULE = "Mail Threats - Account Takeover Chain - Rule"
LEARNER = "Mail Threats - Directory Changes - Lookup Gen"
HOSTILE = "203.0.113.9"
DANA = "dana.moss@contoso.com"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
SPRAYED = [f"{letter}@contoso.com" for letter in "abcde"]


def add(stand: Stand, at: float, sourcetype: str, record: dict[str, Any]) -> None:
    stand.index.add(
        json.dumps(record), time=at, indextime=at + 60, sourcetype=sourcetype, index="main", whole=True
    )  # fmt: skip


def sign_in(stand: Stand, at: float, user: str, src: str, code: int) -> None:
    record = {
        "id": f"{user}-{src}-{at}", "createdDateTime": "2026-03-03T10:00:00Z", "userPrincipalName": user,
        "ipAddress": src, "appId": "x", "appDisplayName": "Portal", "userAgent": "python-requests/2.32.3",
        "status": {"errorCode": code}, "isInteractive": True,
    }  # fmt: skip
    add(stand, at, "azure:aad:signin", record)


def audit(stand: Stand, at: float, operation: str, user: str, src: str, **more: Any) -> None:
    record = {"Id": f"{user}-{operation}-{at}", "Operation": operation, "UserId": user, "ClientIP": src, **more}
    add(stand, at, "o365:management:activity", record)


def read(stand: Stand, at: float, user: str, src: str) -> None:
    audit(stand, at, "MailItemsAccessed", user, src, MailboxOwnerUPN=user, OperationCount=12)


def found(stand: Stand, at: float, detection: str, technique: str, **fields: Any) -> None:
    """A finding of another rule, as the findings index has it."""
    finding = {
        "finding_id": f"{detection}-{at}", "revision": "1", "time": str(at), "detection": detection,
        "technique": technique, "score": "80", "severity": "high", "finding_status": "new", "title": detection,
        "first_seen": str(at), "last_seen": str(at), **fields,
    }  # fmt: skip
    add(stand, at, "mail_threats:finding", finding)


def spray(stand: Stand, at: float, names: list[str], src: str = HOSTILE) -> None:
    for number, name in enumerate(names):
        sign_in(stand, at + 20 * number, name, src, 50126)


def watch(stand: Stand, hours: Iterable[float]) -> list[dict[str, Any]]:
    """The rule in the half hour after each of `hours` after ten; what it wrote to the findings index, in order."""
    stand.set_local("macros", "mail_threats_index_findings", {"definition": "main"}, app=APP)
    for name in (RULE, LEARNER):
        stand.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
    for hour in hours:
        list(stand.scheduler.run(TEN + hour * HOUR, TEN + hour * HOUR + 1800, rules=[RULE, LEARNER]))
    search = 'search index=main sourcetype="mail_threats:finding" account_takeover_chain | table _raw'
    rows = stand.search(search, earliest=0, latest="", now=TEN + 60 * DAY, app=APP).rows
    return sorted((json.loads(str(row["_raw"])) for row in rows), key=lambda f: int(f["revision"]))


def test_a_story_is_one_finding_whose_score_rises_with_each_new_kind_of_step(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    known = {"_key": DANA, "person": DANA, "first_success": str(TEN - 40 * DAY), "last_success": str(TEN - DAY)}
    stand.kv("mail_threats_known_people").insert(known)
    home = {
        "_key": DANA,
        "client_key": f"mailbox|{DANA}",
        "history": "20514:000000030",
        "address_history": "20514@192.0.2.10",
    }
    stand.kv("mail_threats_mailbox_clients").insert(home)
    found(
        stand,
        TEN,
        "distributed_address_enumeration",
        "T1589.002",
        entity="app",
        entity_type="list",
        src=["198.51.100.3", "198.51.100.4"],
        valid_found=[DANA, "kim@contoso.com"],
        title=f"client {AGENT}",
    )
    spray(stand, TEN + 2 * DAY, [*SPRAYED, DANA], "203.0.113.77")
    spray(stand, TEN + 4 * DAY, [*SPRAYED, DANA])
    sign_in(stand, TEN + 4 * DAY + 600, DANA, HOSTILE, 0)
    read(stand, TEN + 6 * DAY, DANA, HOSTILE)
    audit(
        stand,
        TEN + 8 * DAY,
        "New-InboxRule",
        DANA,
        "198.51.100.20",
        Parameters=[{"Name": "MoveToFolder", "Value": "x"}],
    )
    sign_in(stand, TEN + 9 * DAY, DANA, "198.51.100.77", 0)
    audit(stand, TEN + 10 * DAY, "Add-MailboxPermission", DANA, "198.51.100.21")
    audit(stand, TEN + 12 * DAY, "Consent to application.", DANA, "198.51.100.22")
    told = watch(stand, range(1, 13 * 24, 9))
    scores = [int(finding["score"]) for finding in told]
    kinds = [set(as_list(finding["chain_step"])) for finding in told]
    lines = [as_list(finding["timeline"]) for finding in told]
    assert len({finding["finding_id"] for finding in told}) == 1
    assert [int(finding["revision"]) for finding in told] == list(range(1, len(told) + 1))
    assert kinds[0] == {"enumerated", "sprayed", "entered"}
    assert kinds[-1] == kinds[0] | {"mail_read", "rule", "entered_elsewhere", "delegation", "consent"}
    for number in range(1, len(told)):
        assert scores[number] >= scores[number - 1]
        assert kinds[number] >= kinds[number - 1]
        assert len(lines[number]) >= len(lines[number - 1])
        if kinds[number] > kinds[number - 1] | {"entered_elsewhere"}:
            assert scores[number] > scores[number - 1]
    assert scores[-1] - scores[0] >= 50
    assert all(len(set(listed)) == len(listed) and sorted(listed) == listed for listed in lines)
    assert all(len(line.split("; ")) == len(set(line.split("; "))) for line in lines[-1])
    assert sum(line.count(AGENT) for line in lines[-1]) == 1
    shown = [f for f in read_findings(stand, TEN + 13 * DAY) if f["detection"] == "account_takeover_chain"]
    assert [f["severity"] for f in shown] == ["critical"]


LAST = {
    "mail_read": lambda stand, at, user: read(stand, at, user, HOSTILE),
    "searched": lambda stand, at, user: audit(
        stand, at, "SearchQueryInitiatedExchange", user, HOSTILE, QueryText="invoice"
    ),
    "rule": lambda stand, at, user: audit(stand, at, "UpdateInboxRules", user, "198.51.100.20"),
    "organisation_rule": lambda stand, at, user: audit(stand, at, "New-JournalRule", user, "198.51.100.20"),
    "forwarding": lambda stand, at, user: audit(
        stand, at, "Set-Mailbox", user, "198.51.100.20",
        Parameters=[{"Name": "ForwardingSmtpAddress", "Value": "smtp:d@example.net"}],
    ),
    "delegation": lambda stand, at, user: audit(stand, at, "AddFolderPermissions", user, "198.51.100.20"),
    "consent": lambda stand, at, user: audit(
        stand, at, "Add app role assignment to service principal.", user, "198.51.100.20"
    ),
    "role": lambda stand, at, user: audit(stand, at, "Add member to role.", "admin@contoso.com", "x", ObjectId=user),
    "grant": lambda stand, at, user: found(
        stand, at, "mailbox_access_grant", "T1114.002", entity=user, entity_type="user", user=user
    ),
    "hiding": lambda stand, at, user: found(
        stand, at, "hiding_inbox_rule", "T1114.003", entity=user, entity_type="user", user=user
    ),
    "collected": lambda stand, at, user: found(
        stand, at, "remote_mailbox_collection", "T1114.002", entity=user, entity_type="user", user=user
    ),
}  # fmt: skip


def test_whatever_the_last_step_is_it_is_told_up_to_thirty_days_later_and_from_anywhere(
    stand_in: Callable[[], Stand],
) -> None:
    stand, accounts = stand_in(), {step: f"{step}@contoso.com" for step in LAST}
    spray(stand, TEN, [*accounts.values(), *(f"{name}{number}@contoso.com" for name in "abcd" for number in range(4))])
    for step, account in accounts.items():
        sign_in(stand, TEN + 900, account, HOSTILE, 0)
        LAST[step](stand, TEN + 29 * DAY, account)
    sign_in(stand, TEN + 29 * DAY, "late@contoso.com", HOSTILE, 0)
    told = watch(stand, (1, 13, 29 * 24 + 1))
    last = {finding["entity"]: finding for finding in told}
    assert {step: step in as_list(last[account]["chain_step"]) for step, account in accounts.items()} == dict.fromkeys(
        LAST, True
    )
    assert min(int(last[account]["score"]) for account in accounts.values()) >= 40
    assert "late@contoso.com" not in last


@pytest.mark.parametrize(
    ("renamed_at", "told"),
    [
        pytest.param(TEN + DAY, ["entered", "rule", "sprayed"], id="renamed since"),
        pytest.param(TEN - 2 * HOUR, None, id="the old name was somebody else's when it was entered"),
    ],
)
def test_a_story_follows_an_account_to_its_new_name(
    stand_in: Callable[[], Stand], renamed_at: float, told: list[str] | None
) -> None:
    stand, reed = stand_in(), "dana.reed@contoso.com"
    change = {"Name": "UserPrincipalName", "OldValue": f'["{DANA}"]', "NewValue": f'["{reed}"]'}
    audit(
        stand, renamed_at, "Update user.", "admin@contoso.com", "192.0.2.1", ObjectId=reed, ModifiedProperties=[change]
    )
    spray(stand, TEN, [*SPRAYED, DANA])
    sign_in(stand, TEN + 900, DANA, HOSTILE, 0)
    audit(stand, TEN + 2 * DAY, "UpdateInboxRules", reed, "198.51.100.20")
    last = {finding["entity"]: as_list(finding["chain_step"]) for finding in watch(stand, range(1, 60, 12))}
    assert last[DANA] == ["entered", "sprayed"]
    assert last.get(reed) == told


def known(stand: Stand, *people: str) -> None:
    for person in people:
        stand.kv("mail_threats_known_people").insert({
            "_key": person, "person": person, "short_name": person.split("@")[0],
            "first_success": str(TEN - 40 * DAY), "last_success": str(TEN - DAY),
        })  # fmt: skip


@pytest.mark.parametrize(
    ("people", "told"),
    [
        pytest.param([DANA], ["entered", "enumerated", "rule"], id="one person has the name"),
        pytest.param([DANA, "dana.moss@fabrikam.com"], None, id="two people have it and nobody knows whose it is"),
    ],
)
def test_a_name_found_at_exchange_on_premises_is_the_persons_of_that_name(
    stand_in: Callable[[], Stand], people: list[str], told: list[str] | None
) -> None:
    stand = stand_in()
    known(stand, *people)
    found(
        stand, TEN, "exchange_address_probing", "T1589.002", entity=HOSTILE, entity_type="address", src=HOSTILE,
        valid_found=["dana.moss@exchange", "kim.lode@exchange"], success_user="dana.moss@exchange",
    )  # fmt: skip
    audit(stand, TEN + 2 * DAY, "New-InboxRule", DANA, "198.51.100.20", Parameters=[{"Name": "Name", "Value": "x"}])
    last = {finding["entity"]: as_list(finding["chain_step"]) for finding in watch(stand, range(1, 60, 12))}
    assert last.get(DANA) == told


ALIAS = "d.moss@contoso.com"


def alias_by_directory(stand: Stand) -> None:
    change = {"Name": "ProxyAddresses", "OldValue": "[]", "NewValue": f'["SMTP:{DANA}","smtp:{ALIAS}"]'}
    audit(stand, TEN - HOUR, "Update user.", "admin@contoso.com", "x", ObjectId=DANA, ModifiedProperties=[change])


def set_mailbox(stand: Stand, addresses: str) -> None:
    parameters = [{"Name": "Identity", "Value": DANA}, {"Name": "EmailAddresses", "Value": addresses}]
    audit(stand, TEN - HOUR, "Set-Mailbox", "admin@contoso.com", "x", ObjectId="Dana Moss", Parameters=parameters)


def alias_by_exchange(stand: Stand) -> None:
    set_mailbox(stand, f"@{{Add=smtp:{ALIAS}}}")


def alias_that_was_taken_away(stand: Stand) -> None:
    set_mailbox(stand, f"@{{Remove=smtp:{ALIAS}}}")


@pytest.mark.parametrize(
    ("learn", "told"),
    [
        pytest.param(alias_by_directory, ["entered", "enumerated", "rule", "sprayed"], id="the directory says so"),
        pytest.param(alias_by_exchange, ["entered", "enumerated", "rule", "sprayed"], id="Exchange says so"),
        pytest.param(alias_that_was_taken_away, ["entered", "rule", "sprayed"], id="it was taken from the account"),
    ],
)
def test_what_is_found_of_an_alias_belongs_to_its_account(
    stand_in: Callable[[], Stand], learn: Callable[[Stand], None], told: list[str]
) -> None:
    stand = stand_in()
    known(stand, DANA)
    learn(stand)
    found(
        stand, TEN, "distributed_address_enumeration", "T1589.002", entity="app", entity_type="list",
        src=["198.51.100.3", "198.51.100.4"], valid_found=[ALIAS, "kim@contoso.com"],
    )  # fmt: skip
    spray(stand, TEN + HOUR, [*SPRAYED, DANA])
    sign_in(stand, TEN + HOUR + 900, DANA, HOSTILE, 0)
    audit(stand, TEN + DAY, "UpdateInboxRules", DANA, "198.51.100.20")
    last = {finding["entity"]: as_list(finding["chain_step"]) for finding in watch(stand, range(1, 40, 12))}
    assert last[DANA] == told
    assert ALIAS not in last
