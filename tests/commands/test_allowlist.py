"""`allowlist` over the chunked protocol: what it adds to rows, where entries come from, what it says of bad ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands.caller import NOW, Caller, said

from lab.rules import APP
from lab.splunk.spl.errors import SearchFailure
from lab.splunk.spl.search import SEARCH_HEAD
from lab.splunk.spl.values import Row

ALLOW = "allowlist detection=some_detection technique=T1589.002 entries=rows"
MADE = {"created_at": "2026-03-01T00:00:00Z"}
PENTEST = {"_key": "booked", "class": "pentest", "source": "203.0.113.9", **MADE}
FINDING = {
    "_time": str(NOW),
    "src": "203.0.113.9",
    "first_seen": str(NOW - 60),
    "last_seen": str(NOW),
    "allow_row": "finding",
}
OTHER = {**FINDING, "src": "203.0.113.77"}


def statuses(rows: list[Row]) -> list[Any]:
    return [row["allow_status"] for row in rows]


def test_it_is_a_stateful_command(call: Caller) -> None:
    """Distributed streaming would run it on indexers, where neither the app nor the KV store is."""
    assert call.command("allowlist").placement == "stateful"


def test_it_never_runs_on_an_indexer(call: Caller) -> None:
    roles = call.roles("search index=main | eval src=clientip | allowlist | eval x=1")
    assert roles[-2:] == [SEARCH_HEAD, SEARCH_HEAD]


# entries


def test_entries_that_travel_as_rows_are_used_and_do_not_come_out(call: Caller) -> None:
    result = call(ALLOW, [FINDING, OTHER, PENTEST])
    assert result.rows == [
        {**FINDING, "allow_status": "allowed", "allow_entry": "booked", "allow_reason": "pentest: source 203.0.113.9"},
        {**OTHER, "allow_status": "none"},
    ]
    assert result.messages == []


@pytest.mark.parametrize("chunk_rows", [1, 2, 3])
def test_entries_in_a_later_chunk_cover_earlier_rows(call: Caller, chunk_rows: int) -> None:
    assert statuses(call(ALLOW, [FINDING, OTHER, PENTEST], chunk_rows=chunk_rows).rows) == ["allowed", "none"]


@pytest.mark.parametrize(
    "options", [pytest.param("", id="by-default"), pytest.param(" entries=collection", id="named")]
)
@pytest.mark.parametrize("user", ["admin", "uma"])
def test_entries_come_from_the_collection(call: Caller, options: str, user: str) -> None:
    """Over REST, with the session of the search: uma has the app's role for analysts."""
    call.splunk.processes.access.add_user("uma", None, ["mail_threats_user"])
    call.allowlist.insert({**PENTEST})
    rows = [{name: value for name, value in row.items() if name != "allow_row"} for row in (FINDING, OTHER)]
    result = call(f"allowlist{options}", rows, user=user)
    assert [(row["allow_status"], row.get("allow_entry")) for row in result.rows] == [
        ("allowed", "booked"),
        ("none", None),
    ]


def test_no_entries_and_no_rows(call: Caller) -> None:
    assert statuses(call(ALLOW, [FINDING]).rows) == ["none"]
    for rows in ([], [PENTEST]):
        result = call(ALLOW, rows)
        assert (result.rows, result.messages) == ([], [])


def test_10_000_entries(call: Caller) -> None:
    entries = [
        {"_key": f"entry{number:05}", "class": "helpdesk", "account": f"desk{number:05}@contoso.com", **MADE}
        for number in range(10_000)
    ]
    for entry in entries:
        call.allowlist.insert(dict(entry))
    rows = [{**FINDING, "user": f"desk{number:05}@contoso.com"} for number in (0, 4_999, 9_999, 10_000)]
    expected = ["entry00000", "entry04999", "entry09999", None]
    as_rows = call(ALLOW, [*rows, *entries])
    assert [row.get("allow_entry") for row in as_rows.rows] == expected
    from_collection = call("allowlist", rows)
    assert [row.get("allow_entry") for row in from_collection.rows] == expected
    with_macro = call("`mail_threats_allowlist(some_detection, T1589.002)`", rows)
    assert [row.get("allow_entry") for row in with_macro.rows] == expected
    assert as_rows.messages == from_collection.messages == with_macro.messages == []


def test_an_entry_for_another_detection_is_left_alone(call: Caller) -> None:
    entry = {**PENTEST, "detection": "mail_forwarding"}
    assert statuses(call(ALLOW, [FINDING, entry]).rows) == ["none"]
    assert statuses(call("allowlist entries=rows", [FINDING, entry]).rows) == ["allowed"]


@pytest.mark.parametrize(
    ("option", "entry"),
    [
        pytest.param("account=who", {"account": "svc@contoso.com"}, id="account"),
        pytest.param("source=who", {"source": "198.51.100.7"}, id="source"),
        pytest.param("app_id=who", {"app_id": "11111111-2222-3333-4444-555555555555"}, id="app_id"),
        pytest.param("process_path=who", {"process_path": r"C:\Tools\backup.exe"}, id="process_path"),
        pytest.param("signer=who", {"signer": "Contoso Ltd"}, id="signer"),
        pytest.param("host=who", {"host": "files01"}, id="host"),
    ],
)
def test_each_condition_can_be_pointed_at_another_field(call: Caller, option: str, entry: dict[str, str]) -> None:
    (value,) = entry.values()
    row = {**FINDING, "who": value}
    assert statuses(call(f"{ALLOW} {option}", [row, {"class": "other", **MADE, **entry}]).rows) == ["allowed"]
    assert statuses(call(ALLOW, [row, {"class": "other", **MADE, **entry}]).rows) == ["none"]


def test_the_cap_can_be_pointed_at_another_field(call: Caller) -> None:
    rows = [{**FINDING, "names": "5"}, {**FINDING, "names": "6"}, {**PENTEST, "cap": "5"}]
    assert statuses(call(f"{ALLOW} cap_count=names", rows).rows) == ["allowed", "not_held"]


def test_validity_is_judged_at_the_time_of_the_row(call: Caller) -> None:
    """The search runs at 10:00; an entry for 08:00 to 09:00 covers what happened then."""
    entry = {**PENTEST, "valid_from": "2026-03-03T08:00:00Z", "valid_until": "2026-03-03T09:00:00Z"}
    hour = 3600
    times = [NOW - 3 * hour, NOW - 2 * hour, NOW - hour - 1, NOW - hour]
    rows = [{**FINDING, "_time": str(at), "first_seen": str(at), "last_seen": str(at)} for at in times]
    assert statuses(call(ALLOW, [*rows, entry]).rows) == ["not_held", "allowed", "allowed", "not_held"]


@pytest.mark.parametrize("most", ["1", "2", "3"])
def test_more_entries_than_one_query_gives_are_all_read(call: Caller, most: str) -> None:
    call.splunk.set_local("limits", "kvstore", {"max_rows_per_query": most})
    for number in range(7):
        call.allowlist.insert({**PENTEST, "_key": f"e{number}", "source": f"203.0.113.{number}"})
    rows = [{"_time": str(NOW), "src": f"203.0.113.{number}"} for number in range(8)]
    assert statuses(call("allowlist", rows).rows) == ["allowed"] * 7 + ["none"]


def test_other_entries_that_cover_a_row_are_named(call: Caller) -> None:
    """Without them nobody could say what ending the first would change."""
    block = {**PENTEST, "_key": "block", "source": "203.0.113.0/24"}
    rows = call(ALLOW, [FINDING, OTHER, PENTEST, block, {**PENTEST, "_key": "third"}]).rows
    assert [(row["allow_entry"], row.get("allow_also")) for row in rows] == [
        ("booked", ["block", "third"]),
        ("block", None),
    ]


def test_the_technique_of_a_row_counts_before_that_of_the_search(call: Caller) -> None:
    entry = {**PENTEST, "detection": "T1114.002"}
    rows = [{**FINDING, "technique": "T1114.002"}, {**FINDING, "technique": "T1589.002, T1114.002"}, FINDING]
    assert statuses(call(ALLOW, [*rows, entry]).rows) == ["allowed", "none", "none"]


def test_lives_are_the_macros_an_administrator_sets(call: Caller) -> None:
    entry = {**PENTEST, "valid_from": "2026-03-02T00:00:00Z", "valid_until": "2026-03-20T00:00:00Z"}
    search = "`mail_threats_allowlist(some_detection, T1589.002)`"
    call.allowlist.insert(entry)
    row = {name: value for name, value in FINDING.items() if name != "allow_row"}
    (held,) = call(search, [row]).rows
    call.splunk.set_local("macros", "mail_threats_allowlist_pentest_days", {"definition": "1"}, APP)
    try:
        (ended,) = call(search, [row]).rows
    finally:
        call.splunk.conf_tree.remove_local("macros", "mail_threats_allowlist_pentest_days", APP)
    assert (held["allow_status"], held["finding_status"]) == ("allowed", "allowed")
    assert (ended["allow_status"], ended["finding_status"]) == ("not_held", "new")
    assert ended["allow_reason"] == "expired 2026-03-03T00:00:00Z: a pentest entry lives 1 days"


def test_the_shipped_macros_are_the_defaults_of_the_command(call: Caller) -> None:
    macros = call.splunk.conf("macros", app=APP)
    source = Path(__file__).resolve().parents[2] / "bin" / "mail_threats" / "commands" / "allowlist.py"
    for name in ("pentest", "migration", "backup", "other"):
        days = macros[f"mail_threats_allowlist_{name}_days"]["definition"]
        assert f"{name}_days = Option(require=False, default={days}," in source.read_text(encoding="utf-8")


# what comes out


def test_rows_with_different_columns_keep_them_all(call: Caller) -> None:
    rows = [{**FINDING, "only_first": "1"}, {**OTHER, "only_second": "2"}, {**OTHER, "only_third": ["3", "4"]}]
    result = call(ALLOW, [*rows, PENTEST], chunk_rows=2)
    kept = [
        {name: value for name, value in row.items() if not name.startswith("allow_") or name == "allow_row"}
        for row in result.rows
    ]
    assert kept == rows


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("$5 and $6$", id="dollars"),
        pytest.param("a;b;$c$;$d$", id="semicolons"),
        pytest.param("two\nlines\r\nthree", id="newlines"),
        pytest.param('say "no", twice', id="quotes-and-comma"),
        pytest.param("jörg 山田 😀", id="any-script"),
        pytest.param("{0} {name} %s", id="braces"),
        pytest.param(r"C:\new\table", id="backslashes"),
        pytest.param(["$a$", "b;c", 'd"e', "f\ng", "h,i"], id="multivalue"),
        pytest.param("x" * 200_000, id="long"),
    ],
)
def test_values_survive(call: Caller, value: str | list[str]) -> None:
    result = call(ALLOW, [{**FINDING, "seen": value}, {**OTHER, "seen": value}, PENTEST])
    assert [row["seen"] for row in result.rows] == [value, value]


def test_rows_keep_their_order(call: Caller) -> None:
    rows = [{**FINDING, "n": str(number)} for number in range(500)]
    result = call(ALLOW, [PENTEST, *rows], chunk_rows=100)
    assert [row["n"] for row in result.rows] == [str(number) for number in range(500)]


def test_drop_removes_what_is_allowed_and_says_how_much(call: Caller) -> None:
    result = call(f"{ALLOW} mode=drop", [FINDING, OTHER, FINDING, PENTEST], chunk_rows=2)
    assert [row["src"] for row in result.rows] == [OTHER["src"]]
    assert said(result, "INFO") == ["allowlist removed 2 rows"]


# bad entries


MALFORMED = {
    "class": {"_key": "bad-class", "class": "friends", "source": "203.0.113.9"},
    "condition": {"_key": "bad-empty", "class": "other"},
    "source": {"_key": "bad-source", "class": "pentest", "source": "203.0.113.x"},
    "time": {**PENTEST, "_key": "bad-time", "valid_until": "2026-03-09"},
    "life": {"_key": "bad-life", "class": "pentest", "source": "203.0.113.9", "valid_until": "2026-03-09T00:00:00Z"},
    "cap": {**PENTEST, "_key": "bad-cap", "cap": "{many}"},
}


@pytest.mark.parametrize("kind", list(MALFORMED))
def test_a_malformed_entry_never_matches_is_named_and_stops_nothing(call: Caller, kind: str) -> None:
    bad = MALFORMED[kind]
    result = call(ALLOW, [FINDING, OTHER, bad])
    assert statuses(result.rows) == ["none", "none"]
    (warning,) = said(result, "WARN")
    assert warning.startswith(f"allowlist entry {bad['_key']} never matches: ")
    assert statuses(call(ALLOW, [FINDING, bad, PENTEST]).rows) == ["allowed"]


def test_a_malformed_entry_in_the_collection_is_named_too(call: Caller) -> None:
    for entry in (*MALFORMED.values(), PENTEST):
        call.allowlist.insert(dict(entry))
    result = call("allowlist", [{name: value for name, value in FINDING.items() if name != "allow_row"}])
    assert statuses(result.rows) == ["allowed"]
    named = " ".join(said(result, "WARN"))
    assert all(entry["_key"] in named for entry in MALFORMED.values())


def test_many_malformed_entries_are_summed_up(call: Caller) -> None:
    bad = [{"_key": f"bad{number:02}", "class": "other"} for number in range(25)]
    warnings = said(call(ALLOW, [FINDING, *bad]), "WARN")
    assert len(warnings) == 11
    assert warnings[-1] == "15 more allowlist entries never match"


def test_check_says_what_is_wrong_with_each_entry(call: Caller) -> None:
    entries = [{**PENTEST, "ticket": "PT-7"}, *MALFORMED.values()]
    result = call("allowlist mode=check", entries, chunk_rows=2)
    assert [row["entry_key"] for row in result.rows] == [entry["_key"] for entry in entries]
    errors = [str(row.get("entry_error", "")) for row in result.rows]
    assert result.rows[0]["entry_debt"][0].startswith("entry_owner must be")
    assert "entry_debt" not in result.rows[1]
    assert errors[0] == ""
    for error, word in zip(
        errors[1:], ("class", "no condition", "source", "valid_until", "valid_from is empty", "cap"), strict=True
    ):
        assert word in error
    assert result.rows[0]["ticket"] == "PT-7"
    assert result.messages == []


# options


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        pytest.param("entries=file", "entries", id="entries"),
        pytest.param("mode=hide", "mode", id="mode"),
        pytest.param("user=who", "user", id="unknown-option"),
    ],
)
def test_a_bad_option_ends_the_search_and_is_named(call: Caller, options: str, complaint: str) -> None:
    with pytest.raises(SearchFailure) as failure:
        call(f"allowlist {options}", [FINDING])
    assert "allowlist" in str(failure.value)
    assert complaint in str(failure.value)
