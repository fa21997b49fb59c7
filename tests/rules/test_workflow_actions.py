"""Menus on findings: their searches run with what a real finding holds, and show something."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from rules.firing import Fired
from rules.shipped import Settings, conf, rules

from lab.rules import APP, stem_of
from lab.splunk.spl.values import Row, text

ACTIONS = conf("workflow_actions")
each_action = pytest.mark.parametrize("name", list(ACTIONS))
each_search = pytest.mark.parametrize("name", [name for name in ACTIONS if ACTIONS[name]["type"] == "search"])
Fire = Callable[..., Fired]


def listed(settings: Settings, key: str) -> list[str]:
    return [name for name in re.split(r"[,\s]+", settings[key]) if name]


def filled(template: str, event: Mapping[str, object], field: str) -> str:
    values = {"@field_value": event[field], **event}
    return re.sub(r"\$([@\w]+)\$", lambda found: text(values[found[1]]), template)  # type: ignore[arg-type]


@each_action
def test_event_types_exist(name: str) -> None:
    for event_type in listed(ACTIONS[name], "eventtypes"):
        pattern = re.compile(event_type.replace("*", ".*"))
        assert any(pattern.fullmatch(known) for known in conf("eventtypes")), f"workflow_actions.conf [{name}]"


@each_search
def test_it_opens_in_the_app_and_in_a_new_window(name: str) -> None:
    """Macros are found there whatever app the event is looked at from."""
    given = (ACTIONS[name]["search.app"], ACTIONS[name]["search.target"])
    assert given == (APP, "blank"), f"workflow_actions.conf [{name}]"


@each_search
def test_nothing_is_written_by_a_click(name: str) -> None:
    commands = re.sub(r'"[^"]*"', "", ACTIONS[name]["search.search_string"])
    assert not re.search(r"\|\s*(outputlookup|collect|delete|sendemail)\b", commands), f"workflow_actions.conf [{name}]"


def finding_of(rule: str, fired: Fire) -> tuple[Fired, Row]:
    found = fired(rule)
    search = 'search index=* sourcetype="mail_threats:finding" | head 1 | fields *'
    (event,) = found.splunk.search(search, earliest="", latest="", app="search", user="admin").rows
    return found, event


@pytest.mark.parametrize("rule", list(rules()))
@each_action
def test_a_finding_has_the_fields_that_the_menu_needs(name: str, rule: str, fired: Fire) -> None:
    _, event = finding_of(rule, fired)
    if ACTIONS[name]["display_location"] == "event_menu":
        assert set(listed(ACTIONS[name], "fields")) <= set(event), f"workflow_actions.conf [{name}] fields"


@pytest.mark.parametrize("rule", list(rules()))
@each_search
def test_it_shows_something_of_a_finding(name: str, rule: str, fired: Fire) -> None:
    found, event = finding_of(rule, fired)
    settings = ACTIONS[name]
    shown = found.splunk.search(
        filled(settings["search.search_string"], event, "entity"),
        earliest=filled(settings["search.earliest"], event, "entity"),
        latest=filled(settings["search.latest"], event, "entity"),
        now=float(text(event["evidence_latest"])) + 60,
        app=settings["search.app"],
        user="admin",
    )
    assert not [message for message in shown.messages if message.level != "INFO"]
    if name == "mail_threats_raw_records":
        assert shown.rows, f"workflow_actions.conf [{name}] finds nothing for {text(event['entity'])} of {rule}"


@pytest.mark.parametrize("rule", list(rules()))
def test_link_to_the_allowlist_names_the_finding(rule: str, fired: Fire) -> None:
    """What the page makes of it: tests/package/test_allowlist_tab.py."""
    _, event = finding_of(rule, fired)
    settings = ACTIONS["mail_threats_allow"]
    assert (settings["link.method"], settings["link.target"]) == ("get", "blank")
    address = urlsplit(re.sub(r"\$(\w+)\$", lambda found: quote(text(event[found[1]]), safe=""), settings["link.uri"]))
    assert address.path == f"/app/{APP}/configuration"
    assert dict(parse_qsl(address.query)) == {
        "tab": "allowlist",
        "allow_detection": stem_of(rule),
        "allow_type": text(event["entity_type"]),
        "allow_entity": text(event["entity"]),
    }
