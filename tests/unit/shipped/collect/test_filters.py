"""Filters at collection: what a list matches, what cannot be left out, and which rules would go blind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.errors import ConfigError
from mail_threats.feeds.filtering import FilteredDelivery
from mail_threats.feeds.raw_event import RawEvent, RawEvents
from mail_threats.inputs import entra_sign_ins, filters, o365_management_activity, parameters
from mail_threats.wildcards import Patterns
from mail_threats.wire.tally import Tally

MATCHES = [
    pytest.param("FileAccessed", "FileAccessed", True, id="the same"),
    pytest.param("fileaccessed", "FileAccessed", True, id="other capitals"),
    pytest.param("FileAccessed", "FileAccessedExtended", False, id="more than that"),
    pytest.param("File*", "FileAccessedExtended", True, id="a beginning"),
    pytest.param("*@contoso.com", "ann@contoso.com", True, id="an end"),
    pytest.param("svc-*@*.contoso.com", "svc-scan@eu.contoso.com", True, id="both"),
    pytest.param("svc.*", "svcx", False, id="no regular expression"),
    pytest.param("a,b", "b", True, id="one of several"),
    pytest.param("a\nb", "b", True, id="one of several lines"),
    pytest.param("Add user.", "Add user.", True, id="blanks and a full stop"),
    pytest.param("a", "", False, id="nothing is never matched"),
    pytest.param("", "a", False, id="no entry matches nothing"),
    pytest.param("a", "a\n", False, id="a line break is text"),
]


@pytest.mark.parametrize(("entries", "text", "matched"), MATCHES)
def test_list_matches(entries: str, text: str, matched: bool) -> None:
    assert Patterns(entries).match(text) is matched


@given(st.text(min_size=1, max_size=20).filter(lambda text: not set(text) & set("*,\n") and text.strip() == text))
def test_text_without_a_star_matches_itself(text: str) -> None:
    assert Patterns(text).match(text)
    assert not Patterns(text).match(text + "x")


ACTIVITY = tuple(o365_management_activity.FILTERS)
REFUSED = [
    pytest.param({"drop_operations": "*"}, "leaves out everything", id="everything"),
    pytest.param({"drop_users": "FileAccessed, ** "}, "leaves out everything", id="everything, among others"),
    pytest.param({"drop_record_types": "SharePoint"}, "not a number", id="a record type by name"),
    pytest.param({"drop_record_types": "1*"}, "not a number", id="record types by their beginning"),
    pytest.param({"drop_operations": "x," * 300}, "longer than", id="too many"),
    pytest.param({"drop_users": "x" * 5000}, "longer than", id="too long"),
]


@pytest.mark.parametrize(("stanza", "words"), REFUSED)
def test_filter_that_cannot_work_is_refused_with_words(stanza: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        filters.check(stanza, ACTIVITY)
    assert refused.value.advice


def test_filter_that_an_input_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigError, match="no filter drop_record_types"):
        filters.check({"drop_record_types": "6"}, tuple(entra_sign_ins.FILTERS))


BLINDING = [
    pytest.param({"drop_operations": "MailItemsAccessed"}, "Remote Mailbox Collection: MailItemsAccessed", id="named"),
    pytest.param({"drop_operations": "mailitems*"}, "Remote Mailbox Collection: MailItemsAccessed", id="matched"),
    pytest.param({"drop_operations": "New-InboxRule"}, "Mail Forwarding: InboxRule", id="named by a part"),
    pytest.param(
        {"drop_operations": "UserLoginFailed"},
        "Address Enumeration By Source: UserLoginFailed",
        id="in a macro, which compares small letters",
    ),
    pytest.param(
        {"drop_operations": "Add registered owner to device."},
        "Remote Mailbox Collection: registered owner to device",
        id="named by a part in small letters",
    ),
    pytest.param({"drop_record_types": "6,15"}, "record type 15: sign-ins", id="record type"),
]


@pytest.mark.parametrize(("stanza", "words"), BLINDING)
def test_filter_that_makes_a_rule_blind_is_refused_until_it_is_accepted(stanza: dict[str, str], words: str) -> None:
    """What the rules read is found in the searches and macros of the app itself."""
    assert words in filters.blinded(stanza)
    with pytest.raises(ConfigError, match="leave out what rules read"):
        filters.refuse_blinding(stanza)
    filters.refuse_blinding({**stanza, "drop_what_rules_read": "1"})


HARMLESS = [
    pytest.param({}, id="no filter"),
    pytest.param({"drop_operations": "FileAccessed,FilePreviewed*"}, id="files"),
    pytest.param({"drop_record_types": "6,25"}, id="record types of files and Teams"),
    pytest.param({"drop_users": "svc-backup@contoso.com"}, id="a user"),
]


@pytest.mark.parametrize("stanza", HARMLESS)
def test_filter_that_no_rule_minds_is_accepted(stanza: dict[str, str]) -> None:
    filters.check(stanza, ACTIVITY)
    filters.refuse_blinding(stanza)
    assert filters.blinded(stanza) == []


# What is delivered


class FakeMemory:
    """Knows every key that was asked about."""

    def __init__(self) -> None:
        self.keys: set[bytes] = set()

    def unseen(self, keys: Any) -> list[bool]:
        new = [key not in self.keys for key in keys]
        self.keys.update(keys)
        return new

    def commit(self) -> None:
        pass


class FakeOutlet:
    def __init__(self) -> None:
        self.raws: list[Any] = []

    def write(self, events: list[RawEvent]) -> int:
        self.raws += [event.raw for event in events]
        return 1

    def write_raw(self, events: RawEvents) -> int:
        self.raws += [raw.decode() for raw in events.raws]
        return 1

    def push(self) -> None:
        pass

    def flush(self) -> None:
        pass


class Filtered:
    """A delivery with filters, on fakes."""

    def __init__(self, stanza: dict[str, str], paths: Any = o365_management_activity.FILTERS) -> None:
        self.memory, self.outlet, self.tally = FakeMemory(), FakeOutlet(), Tally()
        asked = filters.filters_of(stanza, paths)
        self.delivery = FilteredDelivery(self.outlet, self.memory, self.tally, asked)  # type: ignore[arg-type]

    def deliver(self, *raws: str, columns: bool) -> None:
        if columns:
            keys = [raw.encode() for raw in raws]
            self.delivery.deliver_raw(RawEvents("s", "t", keys, keys, [b"1"] * len(raws), set()))
        else:
            self.delivery.deliver([RawEvent("1", "s", "t", raw, raw) for raw in raws])


def record(number: int, **fields: Any) -> str:
    return json.dumps(
        {"Id": str(number), "RecordType": 6, "Operation": "FileAccessed", "UserId": "ann@contoso.com", **fields}
    )


WAYS = pytest.mark.parametrize("columns", [pytest.param(True, id="columns"), pytest.param(False, id="one by one")])


@WAYS
def test_each_filter_counts_what_it_left_out_once(columns: bool) -> None:
    filtered = Filtered({"drop_operations": "File*", "drop_record_types": "25", "drop_users": "svc-*"})
    kept = [record(1, Operation="New-InboxRule", RecordType=1), record(2, Operation="Set-User", RecordType=8)]
    dropped = [record(3), record(4, Operation="FileModified"), record(5, Operation="MemberAdded", RecordType=25),
               record(6, Operation="Send", RecordType=2, UserId="SVC-scan@contoso.com")]  # fmt: skip
    for _ in range(3):  # windows are read again
        filtered.deliver(kept[0], *dropped, kept[1], columns=columns)
    assert filtered.outlet.raws == kept
    counts = filtered.tally.take()
    assert {name: count for name, count in counts.items() if name.startswith("dropped:")} == {
        "dropped:drop_operations": 2,
        "dropped:drop_record_types": 1,
        "dropped:drop_users": 1,
    }
    assert (counts["events"], counts["duplicates"]) == (2, 4)


@WAYS
def test_what_was_left_out_is_collected_once_the_filter_is_gone(columns: bool) -> None:
    filtered = Filtered({"drop_operations": "File*"})
    filtered.deliver(record(1), columns=columns)
    assert filtered.outlet.raws == []
    filtered.delivery._filters = ()
    filtered.deliver(record(1), columns=columns)
    assert filtered.outlet.raws == [record(1)]


@WAYS
def test_what_cannot_be_read_is_kept(columns: bool) -> None:
    filtered = Filtered({"drop_operations": "File*"})
    odd = ['"FileAccessed"', "7", "[1]", '{"Operation": 7}', '{"Operation": null}', '{"Operation": ', "{}"]
    filtered.deliver(*odd, columns=columns)
    assert filtered.outlet.raws == odd


def test_users_of_directory_audits_are_found_where_graph_has_them() -> None:
    filtered = Filtered({"drop_users": "svc-*"}, entra_sign_ins.FILTERS)
    by_app = json.dumps({"initiatedBy": {"app": {"displayName": "svc-sync"}, "user": None}})
    by_user = json.dumps({"initiatedBy": {"app": None, "user": {"userPrincipalName": "svc-sync@contoso.com"}}})
    sign_in = json.dumps({"userPrincipalName": "svc-sync@contoso.com"})
    filtered.deliver(by_app, by_user, sign_in, columns=False)
    assert filtered.outlet.raws == [by_app]


# Sourcetypes


def test_sourcetype_is_the_usual_one_until_another_is_set() -> None:
    assert parameters.sourcetype({}, "activity_sourcetype", "usual") == "usual"
    assert (
        parameters.sourcetype({"activity_sourcetype": " contoso:o365 "}, "activity_sourcetype", "usual")
        == "contoso:o365"
    )


@pytest.mark.parametrize(
    "name", ["two words", "mail_threats:health", "mail_threats:finding", "<x>", "é", ":x", "x" * 101]
)
def test_sourcetype_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        parameters.sourcetype({"activity_sourcetype": name}, "activity_sourcetype", "usual")
