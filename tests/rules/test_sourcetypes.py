"""What props.conf may say of a sourcetype that other add-ons use too: how it is stored, nothing about its fields."""

from __future__ import annotations

import re

import pytest
from rules.shipped import conf

OWN = "mail_threats:"
# What the app's inputs write into `source`: nobody else writes these, so a field given to them collides with nobody's.
OWN_SOURCES = (
    "source::o365_management_activity:*",
    "source::entra_sign_ins:*:(interactive|non_interactive|service_principal|managed_identity)",
    "source::entra_sign_ins:*:directory_audits",
)
# Time and line breaking only; KV_MODE = json is what every add-on that writes these sourcetypes sets.
ALLOWED = {
    "SHOULD_LINEMERGE", "LINE_BREAKER", "TRUNCATE", "TIME_PREFIX", "TIME_FORMAT", "MAX_TIMESTAMP_LOOKAHEAD", "TZ",
    "MAX_DAYS_AGO", "MAX_DAYS_HENCE", "EVENT_BREAKER", "EVENT_BREAKER_ENABLE", "CHARSET", "KV_MODE",
}  # fmt: skip
SHARED = [stanza for stanza in conf("props") if not stanza.startswith(OWN) and stanza not in OWN_SOURCES]
SOURCETYPES = [stanza for stanza in conf("props") if stanza not in OWN_SOURCES]


@pytest.mark.parametrize("stanza", SHARED)
def test_shared_sourcetype_has_no_field_of_ours(stanza: str) -> None:
    odd = sorted(set(conf("props")[stanza]) - ALLOWED)
    assert not odd, (
        f"default/props.conf [{stanza}] {odd}: attributes of one name collide with other add-ons', and could change "
        "everybody's fields; normalise in the source macro instead"
    )


@pytest.mark.parametrize("stanza", SHARED)
def test_shared_sourcetype_keeps_the_usual_extraction(stanza: str) -> None:
    assert conf("props")[stanza].get("KV_MODE", "json") == "json", f"default/props.conf [{stanza}] KV_MODE: set json"


@pytest.mark.parametrize("stanza", SOURCETYPES)
def test_stanzas_are_sourcetypes(stanza: str) -> None:
    """A stanza for a host, a source or a pattern would reach data that is not ours."""
    assert not re.search(r"^(host|source|rule|delayedrule)::|\*|^default$", stanza), f"default/props.conf [{stanza}]"


@pytest.mark.parametrize("stanza", OWN_SOURCES)
def test_source_stanzas_give_fields_and_nothing_else(stanza: str) -> None:
    """Time and line breaking belong to the sourcetype; extractions would run on text that json_extract reads anyway."""
    odd = [key for key in conf("props")[stanza] if not key.startswith("EVAL-")]
    assert not odd, f"default/props.conf [{stanza}] {odd}"


@pytest.mark.parametrize("stanza", SOURCETYPES)
def test_time_and_lines_are_said_outright(stanza: str) -> None:
    """Guessing costs time on every event and goes wrong in silence."""
    wanted = {
        "SHOULD_LINEMERGE",
        "LINE_BREAKER",
        "TRUNCATE",
        "TIME_PREFIX",
        "TIME_FORMAT",
        "MAX_TIMESTAMP_LOOKAHEAD",
        "TZ",
    }
    missing = sorted(wanted - set(conf("props")[stanza]))
    assert not missing, f"default/props.conf [{stanza}] lacks {missing}"
    assert conf("props")[stanza]["SHOULD_LINEMERGE"] == "false", f"default/props.conf [{stanza}] SHOULD_LINEMERGE"
