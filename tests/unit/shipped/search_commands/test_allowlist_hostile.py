"""Entries and files by which somebody means harm, or has no luck."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.shipped.search_commands.allowlist_cases import PROPER

from mail_threats.allowlist.admission import debts, problems
from mail_threats.allowlist.csv_file import FILE_COLUMNS, MOST_ROWS, FileRefused, read_file
from mail_threats.allowlist.entry import CONDITIONS, Entry, EntryError, read_entry
from mail_threats.allowlist.lives import Lives
from mail_threats.allowlist.matching import Subject, decide

HEADER = ",".join(FILE_COLUMNS)
GOOD = "pentest,,,203.0.113.9,,,,ann@contoso.com,PT-1,booked,2026-03-01T00:00:00Z,2026-03-09T00:00:00Z,"
OTHER = GOOD.replace("203.0.113.9", "203.0.113.10")


@pytest.mark.parametrize(
    ("lines", "line", "says"),
    [
        pytest.param([], 1, "the header lacks class", id="empty"),
        pytest.param([HEADER], 1, "holds no entry", id="only a header"),
        pytest.param([HEADER.replace("source,", ""), GOOD], 1, "lacks source", id="a column missing"),
        pytest.param([HEADER + ",acount", GOOD + ","], 1, "nobody knows: acount", id="a column misspelt"),
        pytest.param([HEADER + ",cap", GOOD + ","], 1, "repeats cap", id="a column twice"),
        pytest.param([HEADER, OTHER, GOOD + ",x"], 3, "14 cells, and the header has 13", id="a cell too many"),
        pytest.param([HEADER, OTHER, GOOD.rsplit(",", 1)[0]], 3, "12 cells", id="a cell too few"),
        pytest.param([HEADER, OTHER, GOOD.replace("booked", '"boo"ked')], 3, "no CSV", id="a quote inside"),
        pytest.param([HEADER, OTHER, GOOD.replace("booked", '"booked')], 3, "no CSV", id="a quote that does not end"),
        pytest.param([HEADER, OTHER, GOOD.replace("booked", "boo\0ked")], 3, "NUL", id="a NUL"),
        pytest.param([HEADER, OTHER, GOOD.replace("booked", "boo\x1bked")], 3, "U+001B", id="a control character"),
        pytest.param([HEADER, OTHER, GOOD.replace("booked", '"two\nlines"')], 3, "U+000A", id="a line end in a cell"),
        pytest.param([HEADER, OTHER, GOOD.replace("booked", "+1")], 3, "formula", id="a formula"),
        pytest.param([HEADER, OTHER, GOOD.replace("booked", "x" * 1001)], 3, "1001 characters", id="a huge cell"),
        pytest.param([HEADER, OTHER, GOOD.replace("203.0.113.9", "0.0.0.0/0")], 3, "more than a /16", id="everybody"),
        pytest.param([HEADER, OTHER, GOOD, GOOD], 4, "line 3 says the same", id="a line twice"),
        pytest.param([HEADER, *[GOOD] * (MOST_ROWS + 1)], MOST_ROWS + 2, "split the file", id="too many lines"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_nothing_is_taken(lines: list[str], line: int, says: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_file("\n".join(lines))
    assert [bad.line for bad in refused.value.lines if says in bad.reason] == [line]


def test_every_bad_line_is_named_at_once() -> None:
    lines = [HEADER, GOOD.replace("pentest", "friends"), OTHER, GOOD.replace("ann@contoso.com", "")]
    with pytest.raises(FileRefused) as refused:
        read_file("\r\n".join(lines))
    assert [bad.line for bad in refused.value.lines] == [2, 4]


def test_a_file_that_was_loaded_is_not_loaded_twice() -> None:
    text = f"\ufeff{HEADER}\r\n{GOOD}\r\n\r\n{OTHER}\r\n"
    loaded = read_file(text)
    assert [row["source"] for row in loaded] == ["203.0.113.9", "203.0.113.10"]
    present = [{**row, "_key": str(number), "ticket": "PT-2"} for number, row in enumerate(loaded)]
    with pytest.raises(FileRefused, match="the entry 0 is there already"):
        read_file(text, present=present)


def test_who_created_an_entry_is_not_taken_from_a_file() -> None:
    (row,) = read_file(f"{HEADER},created_by,created_at\n{GOOD},mallory,2020-01-01T00:00:00Z\n")
    assert "created_by" not in row
    assert "created_at" not in row


def test_lives_of_an_administrator_count() -> None:
    row = {**PROPER, "class": "pentest", "source": "203.0.113.9"}
    assert problems(row, Lives({"pentest": 19, "other": 1})) == []
    (problem,) = problems(row, Lives({"pentest": 18, "other": 1}))
    assert "lives at most 18 days, here until 2026-03-19T00:00:00Z" in problem
    assert "at most 7 days" in problems({**row, "class": "helpdesk"}, Lives({"pentest": 18, "other": 7}))[0]


def test_debts_are_those_of_entries_that_match() -> None:
    bare = {"class": "pentest", "source": "203.0.113.9", "created_at": "2026-03-01T00:00:00Z"}
    assert [debt.split()[0] for debt in debts(bare)] == ["entry_owner", "ticket", "reason", "valid_from", "valid_until"]
    assert debts({**bare, "source": "*"}) == []
    (late,) = [debt for debt in debts({**bare, "valid_until": "2026-12-31T00:00:00Z"}) if "too late" in debt]
    assert "lives at most 30 days, here until 2026-03-31T00:00:00Z" in late
    assert debts({**PROPER, **bare}) == []


def test_windows_that_overlap_cover_as_one_only_if_one_of_them_covers_all() -> None:
    def entry(key: str, start: str, end: str) -> dict[str, str]:
        return {"_key": key, "class": "migration", "source": "203.0.113.9", "valid_from": start, "valid_until": end}

    entries = [
        read_entry(entry("one", "2026-03-01T00:00:00Z", "2026-03-03T12:00:00Z")),
        read_entry(entry("two", "2026-03-03T00:00:00Z", "2026-03-05T00:00:00Z")),
    ]

    def asked(first: float, last: float) -> tuple[str, str | None, tuple[str, ...]]:
        found = decide(Subject({"source": ["203.0.113.9"]}, first, last), entries)
        return found.status, found.entry, found.also

    hour, noon = 3600.0, 1_772_539_200.0  # 2026-03-03T12:00:00Z
    assert asked(noon - 2 * hour, noon - hour) == ("allowed", "one", ("two",))
    assert asked(noon, noon + hour) == ("allowed", "two", ())
    assert asked(noon - 40 * hour, noon + hour) == ("not_held", "one", ())


COLUMNS = ["class", "detection", *CONDITIONS, "hours", "timezone", "valid_from", "valid_until", "cap", "created_at"]
LETTERS = st.sampled_from("aZ09*@\\.-/:;,|\"'`$[]{}() \t\n\r\0\u200b\u202e\u0430\u212a\ufeff")
WHOLE = ["*", "`x`", "$x$", "[search *]", '" OR 1=1', "(?i).*", "{0}", "%00", "../..", "1" * 5000, "::/0", "0/0"]
TEXTS = st.text(LETTERS, max_size=40) | st.sampled_from(WHOLE)


@given(st.dictionaries(st.sampled_from(COLUMNS), TEXTS), st.booleans())
def test_any_text_is_read_or_refused_in_words(row: dict[str, str], of_a_class: bool) -> None:
    row = {"valid_from": "2026-03-01T00:00:00Z", **row, "class": "other"} if of_a_class else row
    entry, words = read_or_words(row)
    if entry is None:
        assert 0 < len(words) < 3000
        assert problems(row)[0] == words
    else:
        decide(Subject({column: ["x@contoso.com"] for column in CONDITIONS}, 0.0, 1.0), [entry])


def read_or_words(row: dict[str, str]) -> tuple[Entry | None, str]:
    try:
        return read_entry(row), ""
    except EntryError as error:
        return None, str(error)


@given(st.text(LETTERS))
def test_any_file_is_read_or_refused_with_lines(text: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_file(text)
    assert all(bad.line >= 1 and bad.reason for bad in refused.value.lines)


@pytest.mark.parametrize(
    ("conditions", "owed"),
    [
        pytest.param({"account": "*@contoso.com"}, True, id="everybody of a domain"),
        pytest.param({"account": "**@*.contoso.com"}, True, id="everybody of its parts"),
        pytest.param({"host": "*.contoso.com"}, True, id="every host of a domain"),
        pytest.param({"account": r"CONTOSO\*"}, True, id="everybody of a Windows domain"),
        pytest.param({"account": r"CONTOSO\svc-*"}, False, id="Windows accounts of a kind"),
        pytest.param({"account": "svc-*@contoso.com"}, False, id="accounts of a kind"),
        pytest.param({"account": "*.moss@contoso.com"}, False, id="a family"),
        pytest.param({"account": "*@contoso.com", "source": "203.0.113.9"}, False, id="everybody from one source"),
        pytest.param({"source": "203.0.113.0/24"}, False, id="a block"),
    ],
)
def test_a_whole_domain_and_nothing_else_is_owed_for(conditions: dict[str, str], owed: bool) -> None:
    found = debts({**PROPER, "class": "other", "detection": "one_of_ours", **conditions})
    assert [debt for debt in found if "alone covers all of a domain" in debt] == (found if owed else [])
    assert bool(found) == owed
