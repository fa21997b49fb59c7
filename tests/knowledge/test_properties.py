"""What holds for any input: cut JSON gives a beginning of what the whole gives, and indexes find what a scan finds."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.splunk.fields.extractors import first_bytes
from lab.splunk.fields.json_fields import json_pairs
from lab.splunk.lookups.table import LookupTable, MatchRules

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
leaves = st.none() | st.booleans() | numbers | st.text(max_size=8)
keys = st.text(max_size=5)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)
containers = st.lists(documents, max_size=4) | st.dictionaries(keys, documents, max_size=4)


@given(containers, st.data())
def test_cut_json_gives_the_first_pairs_of_the_whole(document: Any, data: st.DataObject) -> None:
    text = json.dumps(document, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 1])))
    whole = list(json_pairs(text))
    cut = list(json_pairs(text[: data.draw(st.integers(0, len(text)))]))
    assert cut == whole[: len(cut)]


@given(containers)
def test_text_behind_json_changes_nothing(document: Any) -> None:
    text = json.dumps(document)
    assert list(json_pairs(text + " rest")) == list(json_pairs(text))


@given(st.text(alphabet="aé€😀", max_size=30), st.integers(0, 60))
def test_first_bytes_never_cuts_a_character(text: str, count: int) -> None:
    cut = first_bytes(text, count)
    assert text.startswith(cut)
    assert len(cut.encode()) <= count
    assert cut == text or len((cut + text[len(cut)]).encode()) > count


words = st.text(alphabet="aAb*", max_size=3)
addresses = st.sampled_from(["192.0.2.1", "192.0.2.200", "198.51.100.7", "2001:db8::1", "none"])
networks = st.sampled_from(["192.0.2.0/24", "192.0.2.1", "0.0.0.0/0", "2001:db8::/32", "broken"])
rows = st.lists(
    st.fixed_dictionaries({"name": words, "kind": words, "net": networks}).map(
        lambda row: {name: value for name, value in row.items() if value}
    ),
    max_size=12,
)


def scan(table: list[dict[str, str]], inputs: dict[str, str], rules: MatchRules) -> list[dict[str, str]]:
    def matches(row: dict[str, str], name: str, value: str) -> bool:
        if name not in row:
            return False
        kind = rules.types.get(name, "EXACT")
        if kind == "CIDR":
            try:
                return ipaddress.ip_address(value) in ipaddress.ip_network(row[name])
            except ValueError:
                return False
        stored, asked = (row[name], value) if rules.case_sensitive else (row[name].lower(), value.lower())
        pattern = re.escape(stored).replace(r"\*", ".*") if kind == "WILDCARD" else re.escape(stored)
        return re.fullmatch(pattern, asked, re.DOTALL) is not None

    return [row for row in table if all(matches(row, *pair) for pair in inputs.items())][: rules.max_matches]


@given(
    rows,
    st.dictionaries(st.sampled_from(["name", "kind"]), words, min_size=1),
    addresses | st.none(),
    st.sampled_from([{}, {"name": "WILDCARD"}, {"name": "WILDCARD", "kind": "WILDCARD"}]),
    st.booleans(),
    st.sampled_from([1, 2, 100]),
)
def test_a_lookup_finds_what_a_scan_of_the_table_finds(
    table: list[dict[str, str]],
    inputs: dict[str, str],
    address: str | None,
    types: dict[str, str],
    case_sensitive: bool,
    max_matches: int,
) -> None:
    rules = MatchRules(types={**types, "net": "CIDR"}, case_sensitive=case_sensitive, max_matches=max_matches)
    asked = inputs if address is None else {**inputs, "net": address}
    assert LookupTable(["name", "kind", "net"], table, rules).match(asked) == scan(table, asked, rules)
