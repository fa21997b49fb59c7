"""Another add-on for the same sourcetypes is installed beside the app: what it says stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from cim.conftest import NOW
from cim.test_fields import AUDIT, CHANGE, ENTRA, LOGIN, PLACES, SIGN_IN

from lab.splunk.spl.values import Row
from lab.splunk.stand_in import StandIn

AddApp = Callable[[str, Mapping[str, str]], None]
# As the Azure and Office 365 add-ons write their mapping: unprefixed fields, on the sourcetype.
ADD_ON = {
    "default/props.conf": """
[azure:aad:signin]
EVAL-user = upper(userPrincipalName)
EVAL-app = replace(lower(appDisplayName), " ", ":")
EVAL-action = if('status.errorCode'=0, "allowed", "blocked")
FIELDALIAS-theirs = ipAddress AS src
EVAL-their_own = "theirs"

[o365:management:activity]
EVAL-user = "theirs:".UserId
EVAL-dest = "theirs"
EXTRACT-theirs = "Operation":"(?<command>[^"]+)
EVAL-their_own = "theirs"
""",
    "default/eventtypes.conf": '[their_sign_in]\nsearch = sourcetype="azure:aad:signin"\n',
    "default/tags.conf": "[eventtype=their_sign_in]\nauthentication = enabled\n",
}
# Attributes of one name: search time goes by the names of apps, so both orders are tried.
NAMES = ("AAA_add_on", "zzz_add_on")
RECORDS = {AUDIT: CHANGE, ENTRA: SIGN_IN}


def read(splunk: StandIn, stanza: str, *, ours: bool) -> Row:
    own, foreign, sourcetype = PLACES[stanza]
    splunk.index.clear()
    short = {key: value for key, value in RECORDS[stanza].items() if key != "Padding"}
    splunk.index.add(json.dumps(short), time=NOW, source=own if ours else foreign, sourcetype=sourcetype, whole=True)
    return splunk.search("search index=main | fields *", earliest="", latest="").rows[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stanza", [AUDIT, ENTRA])
def test_records_that_the_add_on_collected_keep_its_fields(
    splunk: StandIn, add_app: AddApp, tmp_path: Path, name: str, stanza: str
) -> None:
    add_app(name, ADD_ON)
    beside_us = read(splunk, stanza, ours=False)
    alone = StandIn(tmp_path / "alone", now=lambda: NOW)
    try:
        for relative, text in {**ADD_ON, "metadata/default.meta": "[]\nexport = system\n"}.items():
            path = alone.home / "etc" / "apps" / name / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        alone.set_local("props", PLACES[stanza][2], {"KV_MODE": "json", "SHOULD_LINEMERGE": "0"})
        assert beside_us == read(alone, stanza, ours=False)
    finally:
        alone.close()
    assert beside_us["their_own"] == "theirs"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stanza", [AUDIT, ENTRA])
def test_records_that_our_inputs_collected_have_our_fields(
    splunk: StandIn, add_app: AddApp, name: str, stanza: str
) -> None:
    before = read(splunk, stanza, ours=True)
    add_app(name, ADD_ON)
    after = read(splunk, stanza, ours=True)
    added = {"their_own", "tag", "eventtype", "tag::eventtype"}
    assert {key: value for key, value in after.items() if key not in added} == {
        key: value for key, value in before.items() if key not in added
    }


@pytest.mark.parametrize(
    ("record", "stanza", "event_type"),
    [
        pytest.param(SIGN_IN, ENTRA, "mail_threats_sign_in", id="sign-in"),
        pytest.param(LOGIN, AUDIT, "mail_threats_audit_sign_in", id="audit sign-in"),
        pytest.param(CHANGE, AUDIT, "mail_threats_mailbox_change", id="change"),
    ],
)
def test_an_event_type_that_is_switched_off_gives_no_tags(
    splunk: StandIn, record: dict[str, object], stanza: str, event_type: str
) -> None:
    """The switch of docs/cim.md for whoever leaves the mapping to another add-on."""
    source, _, sourcetype = PLACES[stanza]
    splunk.index.add(json.dumps(record), time=NOW, source=source, sourcetype=sourcetype, whole=True)
    spl = "search index=main | fields *"
    assert "tag" in splunk.search(spl, earliest="", latest="").rows[0]
    splunk.set_local("eventtypes", event_type, {"disabled": "1"}, app="m365_mail_threats")
    assert "tag" not in splunk.search(spl, earliest="", latest="").rows[0]
