"""The index finds what asking every entry finds, whatever the entries and rows."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from mail_threats.allowlist.entry import CLASSES, CONDITIONS, Entry, EntryError, read_entry
from mail_threats.allowlist.index import EntryIndex
from mail_threats.allowlist.matching import Subject, decide

DAY = 86400
MARCH = 1_772_323_200  # 2026-03-01T00:00:00Z
# Few letters and names, so that what is drawn meets often.
NAMES = st.sampled_from(["svc-a", "svc-b", "svc-", "a", "svc-ab", "Svc-A", "svc-\u0430", ""])
DOMAINS = st.sampled_from(["contoso.com", "emea.contoso.com", "contoso.co.uk", "CONTOSO.com", "fabrikam.com"])
PROGRAMS = st.sampled_from([r"C:\Tools\a.exe", r"c:\tools\b\a.exe", r"D:\apps\a.exe", "a.exe", "/opt/tools/a"])
HOSTS = st.sampled_from(["files01", "files01.contoso.com", "FILES02.contoso.com", "files01.fabrikam.com", "srv"])
APPS = st.sampled_from(["11111111-2222-3333-4444-555555555555", "app two", "APP TWO", "App"])
ADDRESSES = st.one_of(
    st.integers(0xCB007100, 0xCB0071FF).map(lambda number: str(ipaddress.IPv4Address(number))),
    st.integers(0, 0xFFFF).map(lambda number: str(ipaddress.IPv6Address((0x20010DB8 << 96) + number))),
    st.integers(0xCB007100, 0xCB0071FF).map(lambda number: f"::ffff:{ipaddress.IPv4Address(number)}"),
    st.sampled_from(["", "unknown", "fe80::1%eth0"]),
)
PREFIXES = st.tuples(st.integers(0, 255), st.integers(16, 32)).map(lambda drawn: "203.0.113.{}/{}".format(*drawn))
RANGES = st.tuples(st.integers(0, 255), st.integers(0, 255)).map(
    lambda ends: "203.0.113.{}-203.0.113.{}".format(*sorted(ends))
)
BLOCKS = st.one_of(ADDRESSES, PREFIXES, RANGES, st.integers(32, 128).map(lambda bits: f"2001:db8::1/{bits}"))


@st.composite
def starred(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """A text with some of its characters turned into stars."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + "*" + text[draw(st.integers(start, len(text))) :]
    return text


UPNS = st.tuples(NAMES, DOMAINS).map("@".join)
ACCOUNTS = st.one_of(UPNS, NAMES.map(lambda name: "CONTOSO\\" + name), NAMES)
VALUES = {
    "account": ACCOUNTS, "source": ADDRESSES, "app_id": APPS, "process_path": PROGRAMS, "signer": APPS, "host": HOSTS,
}  # fmt: skip
WRITTEN = {
    "account": starred(ACCOUNTS), "source": BLOCKS, "app_id": APPS, "process_path": starred(PROGRAMS), "signer": APPS,
    "host": starred(HOSTS),
}  # fmt: skip
DAYS = st.sampled_from(["", "2026-03-02T00:00:00Z", "2026-03-05T00:00:00+02:00", "2026-03-09T00:00:00Z"])


HOURS = st.sampled_from(["", "22:00-06:00"])
SCOPES = st.sampled_from(["", "some_detection", "T1114"])
TECHNIQUES = st.sampled_from(["T1114.002", "T1589.002, T1114.003"])


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    read = []
    for number in range(draw(st.integers(0, 25))):
        columns = draw(st.lists(st.sampled_from(list(CONDITIONS)), min_size=1, max_size=3, unique=True))
        row = {column: draw(WRITTEN[column]) for column in columns}
        row |= {"_key": str(number), "class": draw(st.sampled_from(CLASSES)), "detection": draw(SCOPES)}
        row |= {"valid_from": draw(DAYS), "valid_until": draw(DAYS), "hours": draw(HOURS)}
        row |= {"cap": draw(st.sampled_from(["", "3"])), "created_at": "2026-03-01T00:00:00Z"}
        try:
            read.append(read_entry(row))
        except EntryError:
            continue
    return read


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    values: dict[str, Sequence[str]] = {column: draw(st.lists(VALUES[column], max_size=2)) for column in CONDITIONS}
    first = MARCH + draw(st.integers(0, 10 * DAY))
    last = first + draw(st.integers(0, DAY))
    count = draw(st.sampled_from([None, 1.0, 5.0]))
    return Subject(values, first, last, count, draw(st.sampled_from(["", "some_detection", "other"])), draw(TECHNIQUES))


@settings(max_examples=300, deadline=None)
@given(entries(), st.lists(subjects(), min_size=1, max_size=6))
def test_the_index_changes_no_decision(given_entries: list[Entry], rows: list[Subject]) -> None:
    index = EntryIndex(given_entries)
    for row in rows:
        assert decide(row, index.candidates(row.values)) == decide(row, given_entries)


def test_of_ten_thousand_entries_a_row_is_compared_with_a_few() -> None:
    texts = [{"account": f"svc-{n:05}-*@contoso.com"} for n in range(2500)]
    texts += [{"source": str(ipaddress.IPv4Address(0xC6120000 + n))} for n in range(2500)]
    texts += [{"app_id": f"app {n}", "source": f"10.{n // 250}.{n % 250}.0/24"} for n in range(2500)]
    texts += [{"process_path": rf"C:\Tools\{n}\*", "account": f"CONTOSO\\svc-{n}"} for n in range(2500)]
    index = EntryIndex(read_entry({"class": "other", "valid_from": "2026-03-01T00:00:00Z", **text}) for text in texts)
    row = {
        "account": ["svc-00077-x@contoso.com"],
        "source": ["198.18.0.5"],
        "app_id": ["app 3"],
        "process_path": [r"c:\tools\9\a.exe"],
    }
    assert len(index.candidates(row)) == 4
