"""How a rule's search is written: from the source macro to the filter macro, one command a line, numbers in macros."""

from __future__ import annotations

import re

import pytest
from rules.shipped import Spl, conf, macro_calls, rules, segments, without_strings

from lab.rules import stem_of
from lab.splunk.spl.tokens import split_pipeline

PLACE = "default/savedsearches.conf [{}] search"
SOURCES = {"mail_threats_signins", "mail_threats_audit"}
# Between the allowlist and the finding rows may be joined to one finding; none may leave, or it would leave no trace.
MAY_FOLLOW_ALLOWLIST = {"eval", "fields", "rename", "sort", "stats"}
WRITTEN = [
    Spl(f"default/{name}.conf [{stanza}] {key}", settings[key])
    for name, key in (("savedsearches", "search"), ("macros", "definition"))
    for stanza, settings in conf(name).items()
]
each_rule = pytest.mark.parametrize("rule", list(rules()))
each_text = pytest.mark.parametrize("spl", [pytest.param(spl, id=spl.where) for spl in WRITTEN])


def search_of(rule: str) -> str:
    return rules()[rule]["search"]


@each_rule
def test_rule_reads_a_source_macro_first(rule: str) -> None:
    called = {call.name for call in macro_calls(segments(search_of(rule))[0])}
    assert any(name in SOURCES or name.startswith("mail_threats_index_") for name in called), (
        f"{PLACE.format(rule)}: the first command calls {sorted(called)}; begin with a source or an index macro"
    )


@each_rule
def test_rule_ends_with_finding_record_filter_and_what_is_new(rule: str) -> None:
    stem = stem_of(rule)
    allowlist = [segment for segment in segments(search_of(rule)) if segment.startswith("`mail_threats_allowlist(")]
    technique = macro_calls(allowlist[0])[0].arguments[1] if allowlist else "TECHNIQUE"
    assert segments(search_of(rule))[-4:] == [
        f"`mail_threats_finding({stem}, {technique}, {rule})`",
        "`mail_threats_record`",
        f"`{stem}_filter`",
        'where finding_status="new"',
    ], f"{PLACE.format(rule)}: these four end every rule, in this order"


@each_rule
def test_rule_asks_the_allowlist_once_before_the_finding_and_drops_nothing_after(rule: str) -> None:
    stem, texts = stem_of(rule), segments(search_of(rule))
    asked = [place for place, text in enumerate(texts) if text.startswith(f"`mail_threats_allowlist({stem}, ")]
    assert len(asked) == 1, (
        f"{PLACE.format(rule)}: `mail_threats_allowlist({stem}, ...)` stands {len(asked)} times, not once"
    )
    between = texts[asked[0] + 1 : -4]
    others = [text for text in between if text.split()[0] not in MAY_FOLLOW_ALLOWLIST]
    assert not others, (
        f"{PLACE.format(rule)}: {others} between the allowlist and the finding may drop rows that were to be recorded"
    )
    for text in between:
        if text.startswith("stats "):
            assert re.search(r"\bBY\b.*\bfinding_status\b", text), (
                f"{PLACE.format(rule)}: `{text}` joins allowed rows with others; add finding_status after BY"
            )


@each_text
def test_one_command_a_line(spl: Spl) -> None:
    lines = spl.text.split("\n")
    pipes = {spl.text.count("\n", 0, end) for _, end in split_pipeline(spl.text, 0, len(spl.text))[:-1]}
    starting = {number for number, line in enumerate(lines) if line.lstrip().startswith("|")}
    crowded = sorted(pipes - starting)
    assert not crowded, (
        f"{spl.where}, line {crowded[0] + 1}: a pipe inside the line; begin a new line with each command"
    )
    assert len(split_pipeline(spl.text, 0, len(spl.text))) - 1 <= len(lines)


@each_text
def test_an_index_is_named_by_a_macro_only(spl: Spl) -> None:
    if "[mail_threats_index_" in spl.where:
        return
    found = re.findall(r"\bindex\s*(?:=|::|\bIN\b)\s*(?!`mail_threats_index_)\S+", without_strings(spl.text))
    assert not found, f"{spl.where}: {found} names an index; use the macro mail_threats_index_*, which an admin sets"


@each_rule
def test_thresholds_are_macros(rule: str) -> None:
    """0 and 1 ask whether there is any; everything above is a number that an admin may want to change."""
    found = re.findall(r"\S+\s*>=?\s*(?:[2-9]|\d{2,}|\d+\.\d+)\b\S*", without_strings(search_of(rule)))
    assert not found, (
        f"{PLACE.format(rule)}: {found} compares with a number; write a macro `{stem_of(rule)}_<what>_<unit>` instead"
    )


# Numbers in steps of rules that an admin would not set, each by itself: another one beside it is found.
NO_THRESHOLDS = {
    # How much of a list a text shows.
    "mail_threats_opened_remembered": {"mvcount(folder)>=2"},
    "mail_threats_quiet_reading": {"mvcount(others)>5", "mvcount(signed_others)>5"},
    "mail_threats_second_session": {"mvcount(mvdedup(inside))>3"},
    # How long a memory is, and how long an address can be.
    "mail_threats_mailbox_clients_learned": {
        "mvcount(address_now)>100",
        "mvcount(app_hours)>192",
        "mvcount(app_hours)>120",
        "mvcount(client_now)>40",
        "mvcount(session_now)>60",
        "mvcount(beside_now)>60",
    },
    "mail_threats_mail_sessions": {"mvcount(browsers)>40", "mvcount(begun_at)>40"},
    "mail_threats_strange_factors": {"mvcount(factor)>10"},
    "mail_threats_address(1)": {"len($address$)>100"},
    # The scale of points and of severities, and when a finding is written again.
    "mail_threats_score": {"score>100"},
    "mail_threats_level(1)": {"$points$<20", "$points$<40", "$points$<70", "$points$<90"},
    "mail_threats_finding(3)": {"score<40", "evidence>=2*told_evidence"},
    "mail_threats_habitual": {"evidence<3*tonumber(mvindex(split(state_told"},
    # An hour more or less, twice what was missed or the runs make, half as much again as a week's: the page says it.
    "mail_threats_application_signs": {"(now_hour-tonumber(app_hour)+1)%24<=2"},
    "mail_threats_unknown_application": {"(now_hour%24-stray_read+26)%24<=4"},
    "mail_threats_application_catches_up": {"<=2*(missed_days+1)", "<=2*(odd_runs+1)"},
    "mail_threats_application_days": {"2*amount>3*coalesce(tonumber(mvindex(week"},
    # The shape of a list of names, as `scoreenum` has it too.
    "mail_threats_guess_evidence": {"tried_until-tried_from<=86400", "names_once>=0.8*list_names"},
    "mail_threats_guess_list(2)": {"list_names>=7"},
    "mail_threats_exercise(1)": {"same_names>=3"},
}


def bare_numbers(definition: str) -> list[str]:
    """What is compared with a number. A factor before a macro (`2*`) scales its threshold, seconds make days."""
    text = without_strings(definition)
    found = re.findall(r"\S+\s*[<>]=?\s*(?:[2-9]|\d{2,}|\d+\.\d+)\b\S*", text)
    return [hit for hit in found if not re.search(r"[<>]=?\s*(\d+\*`|86400\*|3600\*)", hit)]


@pytest.mark.parametrize("stanza", list(conf("macros")))
def test_thresholds_in_steps_of_rules_are_macros(stanza: str) -> None:
    definition, allowed = conf("macros")[stanza]["definition"], NO_THRESHOLDS.get(stanza, set())
    found = [hit for hit in bare_numbers(definition) if not any(known in hit for known in allowed)]
    assert not found, f"default/macros.conf [{stanza}]: {found} compares with a number; write a macro for it"


@pytest.mark.parametrize("stanza", list(NO_THRESHOLDS))
def test_number_that_is_no_threshold_is_still_there(stanza: str) -> None:
    hits = bare_numbers(conf("macros")[stanza]["definition"])
    gone = {known for known in NO_THRESHOLDS[stanza] if not any(known in hit for hit in hits)}
    assert not gone, f"default/macros.conf [{stanza}] has no {gone} any more: take it off the list"


@pytest.mark.parametrize("stanza", list(conf("macros")))
def test_macro_name_says_what_its_number_counts(stanza: str) -> None:
    """A bare number in a definition is a threshold: its name ends with the unit."""
    if not re.fullmatch(r"\d+(\.\d+)?", conf("macros")[stanza]["definition"].strip()):
        return
    units = r"(names|sources|hosts|calls|items|files|mailboxes|points|days|min|s)(_per_(hour|day|\d+m))?"
    assert re.search(rf"_{units}$", stanza), (
        f"default/macros.conf [{stanza}]: a threshold's name ends with its unit, such as _names or _min"
    )
