"""A value of an event in a pattern is literal: whoever writes a log would else write the pattern, and one that does not
compile ends the search for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rules.shipped import Spl, conf

from lab.splunk.spl.tokens import string_end

WRITTEN = [
    Spl(f"default/{name}.conf [{stanza}] {key}", settings[key])
    for name, key in (("savedsearches", "search"), ("macros", "definition"))
    for stanza, settings in conf(name).items()
    if key in settings
]
# Values that are numbers, names of our own stanzas and sourcetypes, or cells of our own lookups.
OURS = {"hour_now", "(hours%24)", "steps", "rule", 'replace(sourcetype, "([.()/])", "\\\\\\1")', "signer"}
_CALL = re.compile(r"\b(?:match|mvfind|replace)\(")


def split(text: str, start: int, separator: str) -> list[str]:
    """What stands between separators, from `start` to the bracket that closes it, or to the end."""
    depth, begun, found, place = 0, start, [], start
    while place < len(text):
        letter = text[place]
        if letter == '"':
            place = string_end(text, place, len(text))
            continue
        depth += (letter in "([") - (letter in ")]")
        if depth < 0:
            break
        if depth == 0 and letter == separator:
            found.append(text[begun:place].strip())
            begun = place + 1
        place += 1
    return [*found, text[begun:place].strip()]


def values(pattern: str) -> Iterator[tuple[str, bool]]:
    """Each part of a pattern that is no text and no macro, and whether a text before it began to be literal."""
    literal = False
    for part in split(pattern, 0, "."):
        if part.startswith('"'):
            for sign in re.findall(r"(?:\\\\)*\\([QE])", part):
                literal = sign == "Q"
        elif not part.startswith("`") or part.startswith("`mail_threats_given"):
            yield part, literal


@pytest.mark.parametrize("spl", [pytest.param(spl, id=spl.where) for spl in WRITTEN])
def test_value_in_a_pattern_is_literal(spl: Spl) -> None:
    for call in _CALL.finditer(spl.text):
        given = split(spl.text, call.end(), ",")
        open_values = [value for value, literal in values(given[1]) if not literal and value not in OURS]
        assert not open_values, f"{spl.where}: {given[1]} takes {open_values} for a pattern; put it between \\Q and \\E"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ('"^\\Q".network."\\E$"', [("network", True)]),
        ('"^".network."$"', [("network", False)]),
        ('"^\\\\\\\\".ltrim(host, "\\\\")."[.]"', [('ltrim(host, "\\\\")', False)]),
        ('"^\\\\\\\\\\Q".host."\\E[.]".tail', [("host", True), ("tail", False)]),
        ('"plain"', []),
    ],
)
def test_values_of_a_pattern_are_seen(pattern: str, found: list[tuple[str, bool]]) -> None:
    assert list(values(pattern)) == found
