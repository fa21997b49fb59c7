"""The REST endpoint behind the Allowlist page, over the management port: the built app on each of Splunk's Pythons."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from commands.caller import NOW
from commands.page import AROUND_NOW, ENTRY, Page, as_csv
from unit.shipped.search_commands.allowlist_cases import TAKEN, Case, cases, each_case

from lab.rules import APP
from lab.splunk.stand_in import StandIn


def problems(answer: requests.Response) -> list[str]:
    return list(answer.json()["problems"])


# who may


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("entries", {"entry": ENTRY}, id="add"),
        pytest.param("edit", {"key": "k", "entry": ENTRY, "etag": ""}, id="edit"),
        pytest.param("end", {"key": "k", "etag": ""}, id="end"),
        pytest.param("import", {"csv": ""}, id="import"),
        pytest.param("check", {"entry": ENTRY}, id="check"),
    ],
)
def test_only_the_apps_admins_change_the_allowlist(page: Page, path: str, body: dict[str, Any]) -> None:
    page.kv().insert({**ENTRY, "_key": "k"})
    before = page.kv().documents()
    assert page(path, body, user="mallory").status_code == 403
    assert page.kv().documents() == before
    assert page.changes() == []


def test_the_apps_roles_see_it_and_others_do_not(page: Page) -> None:
    page.add()
    page.splunk.processes.access.add_user("carol", None, ["mail_threats_user"])
    for user, may in (("carol", False), ("alice", True), ("admin", True)):
        listed = page("entries", user=user).json()
        assert (len(listed["entries"]), listed["may_edit"], listed["user"]) == (1, may, user)
    assert page("entries", user="mallory").status_code == 403
    assert page("entries", {"entry": ENTRY}, user="carol").status_code == 403


# one after the other


def test_an_entry_is_added_edited_and_ended_and_each_is_told(page: Page) -> None:
    added = page.add(reason="first words", **AROUND_NOW)
    assert (added["created_by"], added["state"], added["debts"]) == ("alice", "holds", [])
    wanted = {**ENTRY, **AROUND_NOW, "reason": "better words", "cap": "30"}
    edited = page("edit", {"key": added["_key"], "entry": wanted, "etag": added["etag"]}, user="bob").json()["entry"]
    assert (edited["cap"], edited["created_by"], edited["updated_by"]) == ("30", "alice", "bob")
    ended = page("end", {"key": added["_key"], "etag": edited["etag"]}).json()["entry"]
    assert ended["state"] == "ended"
    told = [(event["action"], event["user"], event["count"]) for event in page.changes()]
    assert told == [("add", "alice", 1), ("edit", "bob", 1), ("end", "alice", 1)]
    add, edit, end = (event["changes"][0] for event in page.changes())
    assert add["before"] is None
    assert (add["after"]["reason"], edit["before"]["reason"]) == ("first words", "first words")
    assert edit["after"] == end["before"]
    assert end["after"]["valid_until"] != end["before"]["valid_until"]
    assert {change["entry"] for change in (add, edit, end)} == {added["_key"]}
    assert page.kv("mail_threats_allowlist_shadow").documents() == page.kv().documents()
    assert page.kv("mail_threats_allowlist_claims").documents() == []


def test_an_entry_that_has_ended_is_not_ended_again(page: Page) -> None:
    """Its end would move to now, and it would have held for longer than anybody allowed."""
    added = page.add()
    assert added["state"] == "ended"
    answer = page("end", {"key": added["_key"], "etag": added["etag"]})
    assert answer.status_code == 422
    assert "has ended already" in answer.json()["messages"][0]["text"]
    assert page.kv().documents()[0]["valid_until"] == ENTRY["valid_until"]


def test_what_is_left_empty_by_an_edit_is_gone(page: Page) -> None:
    added = page.add(cap="30", account="scan@contoso.com")
    wanted = {**ENTRY, "cap": ""}
    page("edit", {"key": added["_key"], "entry": wanted, "etag": added["etag"]})
    (document,) = page.kv().documents()
    assert "cap" not in document
    assert "account" not in document


@pytest.mark.parametrize("broken", [{"class": "friends"}, {"valid_from": "2099-01-01T00:00:00Z", "valid_until": ""}])
def test_an_entry_that_never_held_is_ended_by_taking_it_out(page: Page, broken: dict[str, str]) -> None:
    page.kv().insert({**ENTRY, **broken, "_key": "odd/key 1"})
    (shown,) = page("entries").json()["entries"]
    assert shown["state"] == ("refused" if "class" in broken else "later")
    assert page("end", {"key": "odd/key 1", "etag": shown["etag"]}).json() == {"entry": None}
    assert page.kv().documents() == []
    (event,) = page.changes()
    assert (event["action"], event["changes"][0]["after"]) == ("end", None)


# both at once


def test_an_entry_that_changed_meanwhile_is_not_overwritten(page: Page) -> None:
    seen = page.add()
    page("edit", {"key": seen["_key"], "entry": {**ENTRY, "cap": "7"}, "etag": seen["etag"]}, user="bob")
    late = page("edit", {"key": seen["_key"], "entry": {**ENTRY, "cap": "9"}, "etag": seen["etag"]})
    assert late.status_code == 409
    assert "bob" in late.json()["messages"][0]["text"]
    assert late.json()["entry"]["cap"] == "7"
    assert page.kv().documents()[0]["cap"] == "7"
    assert page("end", {"key": seen["_key"], "etag": seen["etag"]}).status_code == 409


def test_a_change_by_a_lookup_editor_is_noticed_too(page: Page) -> None:
    seen = page.add()
    page.splunk.search(
        "| inputlookup mail_threats_allowlist | eval cap=99 | outputlookup mail_threats_allowlist", app=APP
    )
    assert page("edit", {"key": seen["_key"], "entry": ENTRY, "etag": seen["etag"]}).status_code == 409


def test_of_many_edits_at_the_same_time_one_is_taken(page: Page) -> None:
    seen = page.add()

    def edit(number: int) -> int:
        wanted = {**ENTRY, "cap": str(number)}
        return page("edit", {"key": seen["_key"], "entry": wanted, "etag": seen["etag"]}).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(edit, range(1, 13)))
    assert statuses == [200, *[409] * 11]
    assert [event["action"] for event in page.changes()] == ["add", "edit"]


def test_a_claim_that_nobody_gave_up_ends_by_itself(page: Page) -> None:
    seen = page.add(**AROUND_NOW)
    claims = page.kv("mail_threats_allowlist_claims")
    claims.insert({"_key": seen["_key"], "user": "bob", "time": 4102444800})
    busy = page("end", {"key": seen["_key"], "etag": seen["etag"]})
    assert busy.status_code == 409
    assert "bob is changing" in busy.json()["messages"][0]["text"]
    claims.replace(seen["_key"], {"user": "bob", "time": NOW}, "nobody")
    assert page("end", {"key": seen["_key"], "etag": seen["etag"]}).status_code == 200


# nothing in silence


def test_a_change_that_cannot_be_told_is_taken_back(page: Page) -> None:
    seen = page.add(**AROUND_NOW)
    before = page.kv().documents()
    page.splunk.set_local("macros", "mail_threats_index_findings", {"definition": "absent"}, APP)
    text = as_csv([{**ENTRY, "source": "203.0.113.77"}])
    for path, body in (
        ("entries", {"entry": {**ENTRY, "source": "203.0.113.10"}}),
        ("edit", {"key": seen["_key"], "entry": {**ENTRY, "cap": "5"}, "etag": seen["etag"]}),
        ("end", {"key": seen["_key"], "etag": seen["etag"]}),
        ("import", {"csv": text}),
    ):
        answer = page(path, body)
        assert answer.status_code == 500
        words = "nothing of it was kept" if path == "import" else "The change was taken back"
        assert words in answer.json()["messages"][0]["text"]
        assert "mail_threats_index_findings" in answer.json()["messages"][0]["text"]
        assert page.kv().documents() == before


# the table of cases


@pytest.fixture(scope="module")
def asked(installed: StandIn) -> Page:
    return Page(installed)


@each_case()
def test_the_page_says_what_the_table_says(asked: Page, case: Case) -> None:
    found = problems(asked("check", {"entry": case.proper}))
    assert found == [] if case.page == TAKEN else any(case.page in problem for problem in found), found


def test_what_check_refuses_is_not_added(page: Page) -> None:
    refused = [case for case in cases() if case.page != TAKEN]
    for case in refused[::6]:
        answer = page("entries", {"entry": case.proper})
        assert answer.status_code == 422
        assert any(case.page in problem for problem in problems(answer))
    assert page.kv().documents() == []


# import


def test_the_import_says_what_the_table_says(page: Page) -> None:
    """All cases in one file: every refused line is named, and nothing is loaded."""
    told = cases()
    answer = page("import", {"csv": as_csv([{**case.proper, "host": case.entry.get("host", "")} for case in told])})
    assert answer.status_code == 422
    lines: dict[int, list[str]] = {}
    for bad in answer.json()["lines"]:
        lines.setdefault(bad["line"], []).append(bad["reason"])
    for number, case in enumerate(told, 2):
        reasons = [reason for reason in lines.get(number, []) if "says the same" not in reason]
        assert reasons == [] if case.page == TAKEN else any(case.page in reason for reason in reasons), case.name
    assert page.kv().documents() == []
    assert page.changes() == []


def test_a_good_file_is_checked_then_loaded_whole_and_told_in_parts(page: Page) -> None:
    many = 10_000
    text = as_csv([{**ENTRY, "source": f"10.1.{n // 250}.{n % 250 + 1}"} for n in range(many)])
    assert page("import", {"csv": text, "check": True}).json() == {"checked": many}
    assert page.kv().documents() == []
    assert page("import", {"csv": text}).json() == {"loaded": many}
    assert len(page.kv().documents()) == many
    assert {document["created_by"] for document in page.kv().documents()} == {"alice"}
    events = page.changes()
    assert {(event["action"], event["user"]) for event in events} == {("import", "alice")}
    assert sum(event["count"] for event in events) == many
    assert max(event["count"] for event in events) <= 100
    assert len(page.kv("mail_threats_allowlist_shadow").documents()) == many
    again = page("import", {"csv": text})
    assert again.status_code == 422
    assert len(again.json()["lines"]) == many


def test_a_file_of_which_the_last_line_is_bad_loads_nothing(page: Page) -> None:
    rows = [{**ENTRY, "source": f"10.1.1.{n + 1}"} for n in range(200)]
    answer = page("import", {"csv": as_csv([*rows, {**ENTRY, "source": "0.0.0.0/0"}])})
    assert [bad["line"] for bad in answer.json()["lines"]] == [202]
    assert page.kv().documents() == []


# what is asked wrongly


@pytest.mark.parametrize(
    ("path", "body", "method", "status"),
    [
        pytest.param("entries", "no json", "POST", 400, id="no JSON"),
        pytest.param("entries", [1], "POST", 400, id="no object"),
        pytest.param("entries", {"entry": {"acount": "x"}}, "POST", 400, id="a column that is none"),
        pytest.param("entries", {"entry": {"_key": "x"}}, "POST", 400, id="a key of one's own"),
        pytest.param("entries", {"entry": {"created_by": "bob"}}, "POST", 400, id="another creator"),
        pytest.param("entries", {"entry": {"account": ["a"]}}, "POST", 400, id="a list for a text"),
        pytest.param("edit", {"key": "absent", "entry": ENTRY, "etag": "x"}, "POST", 404, id="no such entry"),
        pytest.param("end", {"key": "absent", "etag": "x"}, "POST", 404, id="no such entry to end"),
        pytest.param("end", {"etag": "x"}, "POST", 400, id="no key"),
        pytest.param("entries", None, "DELETE", 405, id="deleting"),
        pytest.param("nothing", None, "GET", 404, id="no such path"),
        pytest.param("import", {"text": "x"}, "POST", 400, id="no file"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(page: Page, path: str, body: Any, method: str, status: int) -> None:
    answer = page(path, body, user="admin", method=method)
    assert answer.status_code == status
    assert answer.json()["messages"][0]["text"]
    assert page.kv().documents() == []


def test_the_same_entry_is_not_added_twice(page: Page) -> None:
    first = page.add()
    again = page("entries", {"entry": {**ENTRY, "ticket": "other"}})
    assert again.status_code == 422
    assert problems(again) == [f"the entry {first['_key']} says the same"]


def test_lives_are_the_macros(page: Page) -> None:
    page.splunk.set_local("macros", "mail_threats_allowlist_pentest_days", {"definition": "5"}, APP)
    assert "lives at most 5 days" in problems(page("check", {"entry": ENTRY}))[0]
    assert page("entries").json()["lives"]["pentest"] == 5


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "`mail_threats_record`",
    "| delete",
    "${jndi:ldap://x}",
    "{0}",
    "$token$",
    '"',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_reason_is_kept_and_told_as_it_was_written(page: Page, text: str, call: Callable[..., Any]) -> None:
    added = page.add(reason=text)
    assert page.kv().documents()[0]["reason"] == text
    assert page.changes()[0]["changes"][0]["after"]["reason"] == text
    assert added["reason"] == text
