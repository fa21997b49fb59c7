"""Every setting in default/ is one that Splunk 9.3.2 and 10.2.3 know, written once."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
import yaml
from ksconf.conf.parser import DUP_EXCEPTION, ConfParserException, parse_conf
from rules.shipped import DEFAULT, FACTS, conf, conf_names

VERSIONS = {"9.3.2", "10.2.3"}
# savedsearches.conf takes any parameter of any action, so that these say nothing about a name.
TAKES_ANYTHING = ("action.<action_name>", "action.<action_name>.<parameter>")


@cache
def spec_settings() -> dict[str, dict[str, list[str]]]:
    """{conf: {setting or pattern: versions whose spec file has it}}."""
    facts: dict[str, dict[str, list[str]]] = json.loads((FACTS / "conf-settings.json").read_text(encoding="utf-8"))
    return facts


@cache
def reviewed() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((FACTS / "reviewed_settings.yml").read_text(encoding="utf-8"))
    return entries


def known_in(name: str, setting: str) -> set[str]:
    """The versions whose spec file of a conf has a setting; all of them for a reviewed one."""
    if any(entry["conf"] == name and setting in entry["settings"] for entry in reviewed()):
        return VERSIONS
    versions: set[str] = set()
    for pattern, here in spec_settings().get(name, {}).items():
        literal = ".+".join(re.escape(part) for part in re.split(r"<[^>]*>", pattern))
        if pattern not in TAKES_ANYTHING and re.fullmatch(literal, setting):
            versions |= set(here)
    return versions


def written() -> list[tuple[str, str, str]]:
    """(conf, stanza, setting), all of default/."""
    return [(name, stanza, key) for name in conf_names() for stanza, settings in conf(name).items() for key in settings]


@pytest.mark.parametrize("name", conf_names())
def test_settings_exist_in_every_supported_version(name: str) -> None:
    known = name in spec_settings() or any(entry["conf"] == name for entry in reviewed())
    assert known, f"default/{name}.conf: no facts about this conf; add them to tests/rules/facts"
    wrong = []
    for conf_name, stanza, setting in written():
        missing = VERSIONS - known_in(conf_name, setting)
        if conf_name == name and missing:
            wrong.append(
                f"default/{name}.conf [{stanza}] {setting}: not in Splunk {' and '.join(sorted(missing))}. Spell it as "
                "the spec file does, or add it to tests/rules/facts/reviewed_settings.yml with the reason."
            )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", conf_names())
def test_no_stanza_or_setting_is_written_twice(name: str) -> None:
    """Splunk would take the last one and say nothing."""
    profile = {"keep_comments": False, "dup_stanza": DUP_EXCEPTION, "dup_key": DUP_EXCEPTION, "strict": True}
    try:
        parse_conf(str(DEFAULT / f"{name}.conf"), profile=profile)
    except ConfParserException as error:
        pytest.fail(f"default/{name}.conf: {error}. Keep one of the two.")


@pytest.mark.parametrize("entry", reviewed(), ids=lambda entry: entry["reason"].split(":")[0])
def test_every_exception_is_needed_and_has_a_reason(entry: dict[str, Any]) -> None:
    used = {setting for name, _, setting in written() if name == entry["conf"]}
    assert len(entry["reason"]) > 20
    assert set(entry["settings"]) <= used, (
        f"reviewed_settings.yml {entry['conf']}: {sorted(set(entry['settings']) - used)} are unused; remove them."
    )


@pytest.mark.parametrize("entry", reviewed(), ids=lambda entry: entry["reason"].split(":")[0])
def test_no_exception_covers_what_the_spec_files_have(entry: dict[str, Any]) -> None:
    patterns = {name: here for name, here in spec_settings().get(entry["conf"], {}).items() if "<" not in name}
    plain = [setting for setting in entry["settings"] if VERSIONS <= set(patterns.get(setting, []))]
    assert not plain, f"reviewed_settings.yml {entry['conf']}: {plain} need no exception; remove them."
