"""A detection is one unit with one stem: its rule, its macros, its scenarios and its page."""

from __future__ import annotations

import csv
import re

import pytest
from rules.shipped import DETECTION_PAGES, DETECTIONS, LOOKUPS, conf, macro_calls, rules

from lab.rules import stem_of
from lab.scenarios import loader

OF_THE_APP = "mail_threats_"
STEMS = {stem_of(rule): rule for rule in rules()}
each_stem = pytest.mark.parametrize("stem", list(STEMS))


def test_there_are_rules() -> None:
    assert STEMS, "default/savedsearches.conf has no stanza that ends with ` - Rule`"


@pytest.mark.parametrize("rule", list(rules()))
def test_rule_name_follows_the_scheme(rule: str) -> None:
    scheme = f"Mail Threats - {stem_of(rule).replace('_', ' ').title()} - Rule"
    assert rule == scheme, f"default/savedsearches.conf [{rule}]: write it as [{scheme}]"
    label = rules()[rule].get("action.correlationsearch.label")
    assert label == rule, f"default/savedsearches.conf [{rule}] action.correlationsearch.label: differs from the stanza"


@each_stem
def test_rule_has_a_test_event(stem: str) -> None:
    """What day one sends through the rule; tests/detections/test_test_events.py runs it to the notable."""
    with (LOOKUPS / "mail_threats_test_events.csv").open(encoding="utf-8", newline="") as file:
        stems = {row["detection"] for row in csv.DictReader(file)}
    assert stem in stems, f"lookups/mail_threats_test_events.csv: no event sets off [{STEMS[stem]}]"
    assert stems <= set(STEMS), f"lookups/mail_threats_test_events.csv: {sorted(stems - set(STEMS))} are no rules"


def macros_of(stem: str) -> set[str]:
    return {name for name in conf("macros") if name.startswith(f"{stem}_")}


def reached(text: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """The stanzas of macros.conf that a text uses, through other macros too."""
    found: set[str] = set()
    for call in macro_calls(text):
        if call.stanza not in seen and call.stanza in conf("macros"):
            found |= {call.stanza} | reached(conf("macros")[call.stanza]["definition"], seen | {call.stanza})
    return found


@each_stem
def test_rule_has_a_filter_macro_that_lets_everything_pass(stem: str) -> None:
    macro = conf("macros").get(f"{stem}_filter")
    assert macro is not None, f"default/macros.conf: [{stem}_filter] is missing; an admin narrows the rule there"
    assert macro["definition"] == "search *", f"default/macros.conf [{stem}_filter]: ships as `search *`"


@each_stem
def test_every_macro_of_the_stem_is_used_by_its_rule(stem: str) -> None:
    unused = macros_of(stem) - reached(rules()[STEMS[stem]]["search"])
    assert not unused, (
        f"default/macros.conf {sorted(unused)}: [{STEMS[stem]}] uses none of these; who sets one changes nothing"
    )


@pytest.mark.parametrize("macro", [name for name in conf("macros") if not name.startswith(OF_THE_APP)])
def test_every_macro_belongs_to_a_rule(macro: str) -> None:
    assert any(macro.startswith(f"{stem}_") for stem in STEMS), (
        f"default/macros.conf [{macro}]: no rule has this stem; name it {OF_THE_APP}* or remove it"
    )


@each_stem
def test_rule_has_its_scenarios(stem: str) -> None:
    path = DETECTIONS / f"{stem}.yml"
    assert path.is_file(), f"tests/detections/{stem}.yml is missing: [{STEMS[stem]}] has no scenarios"
    missing = set(loader.REQUIRED_IDS) - {text.id for text in loader.load(path)}
    assert not missing, f"tests/detections/{stem}.yml lacks the scenarios {sorted(missing)}"


@each_stem
def test_rule_has_its_page(stem: str) -> None:
    path = DETECTION_PAGES / f"{stem}.md"
    assert path.is_file(), f"docs/detections/{stem}.md is missing: the page of [{STEMS[stem]}]"
    text = path.read_text(encoding="utf-8")
    unnamed = [name for name in [STEMS[stem], *sorted(macros_of(stem))] if name not in text]
    assert not unnamed, f"docs/detections/{stem}.md does not name {unnamed}"


@pytest.mark.parametrize("path", sorted(DETECTIONS.glob("*.yml")), ids=lambda path: path.stem)
def test_scenarios_belong_to_a_rule(path: object) -> None:
    stem = getattr(path, "stem", "")
    assert stem in STEMS, f"tests/detections/{stem}.yml: no rule in default/savedsearches.conf has this stem"


def test_pages_belong_to_rules() -> None:
    pages = {path.stem for path in DETECTION_PAGES.glob("*.md")} - {"README", "index"}
    assert pages <= set(STEMS), f"docs/detections: {sorted(pages - set(STEMS))} describe no rule"


@each_stem
def test_the_search_says_the_technique_of_the_stem_once(stem: str) -> None:
    techniques = set(re.findall(r"\bT\d{4}(?:\.\d{3})?\b", rules()[STEMS[stem]]["search"]))
    assert len(techniques) == 1, f"default/savedsearches.conf [{STEMS[stem]}] search names {sorted(techniques)}"
