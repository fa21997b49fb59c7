"""Menus on findings: their searches run with what a real finding holds, and show something."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest
from rules.firing import Fired
from rules.shipped import Settings, conf, rules

from lab.rules import APP
from lab.splunk.spl.values import text

ACTIONS = conf("workflow_actions")
each_action = pytest.mark.parametrize("name", list(ACTIONS))
Fire = Callable[[str], Fired]
# What kind of entity goes into which column of an allowlist entry; the entity of a network of sources goes into none.
COLUMNS = {"user": "account", "address": "source", "app": "app_id", "system": "host"}


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


@each_action
def test_it_opens_in_the_app_and_in_a_new_window(name: str) -> None:
    """Macros are found there whatever app the event is looked at from."""
    given = (ACTIONS[name]["type"], ACTIONS[name]["search.app"], ACTIONS[name]["search.target"])
    assert given == ("search", APP, "blank"), f"workflow_actions.conf [{name}]"


@each_action
def test_nothing_is_written_by_a_click(name: str) -> None:
    commands = re.sub(r'"[^"]*"', "", ACTIONS[name]["search.search_string"])
    assert not re.search(r"\|\s*(outputlookup|collect|delete|sendemail)\b", commands), f"workflow_actions.conf [{name}]"


@pytest.mark.parametrize("rule", list(rules()))
@each_action
def test_it_shows_something_of_a_finding(name: str, rule: str, fired: Fire) -> None:
    found = fired(rule)
    settings = ACTIONS[name]
    search = 'search index=* sourcetype="mail_threats:finding" | head 1 | fields *'
    (event,) = found.splunk.search(search, earliest="", latest="", app="search", user="admin").rows
    needed = [field for field in listed(settings, "fields") if settings["display_location"] == "event_menu"]
    assert set(needed) <= set(event), f"workflow_actions.conf [{name}] fields"
    shown = found.splunk.search(
        filled(settings["search.search_string"], event, "entity"),
        earliest=filled(settings["search.earliest"], event, "entity"),
        latest=filled(settings["search.latest"], event, "entity"),
        now=float(text(event["evidence_latest"])) + 60,
        app=settings["search.app"],
        user="admin",
    )
    assert not [message for message in shown.messages if message.level != "INFO"]
    if name == "mail_threats_allow":
        column = COLUMNS.get(text(event["entity_type"]))
        for key in COLUMNS.values():
            assert text(shown.rows[0][key]) == (text(event["entity"]) if key == column else ""), key
    elif name == "mail_threats_raw_records":
        assert shown.rows, f"workflow_actions.conf [{name}] finds nothing for {text(event['entity'])} of {rule}"
