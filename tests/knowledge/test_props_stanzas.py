"""Which props.conf stanzas apply to an event, and in which order."""

from __future__ import annotations

import pytest
from knowledge.fixture_apps import AddApp

from lab.splunk.conf.files import ConfError
from lab.splunk.conf.props_stanzas import PropsStanzas
from lab.splunk.stand_in import StandIn


def stanzas(splunk: StandIn, add_app: AddApp, text: str) -> PropsStanzas:
    add_app("AA", {"default/props.conf": text})
    return PropsStanzas(splunk.conf("props", app="AA"))


@pytest.mark.parametrize(
    ("name", "source", "applies"),
    [
        pytest.param("source::/var/log/a.log", "/var/log/a.log", True, id="literal"),
        pytest.param("source::/var/log/a.log", "/var/log/A.log", False, id="literal is case-sensitive"),
        pytest.param("source::/var/log/a.log", "/var/log/axlog", False, id="a dot is a dot"),
        pytest.param("source::/var/*/a.log", "/var/log/a.log", True, id="star inside a segment"),
        pytest.param("source::/var/*/a.log", "/var/log/deep/a.log", False, id="star does not cross a slash"),
        pytest.param("source::.../a.log", "/var/log/deep/a.log", True, id="dots cross slashes"),
        pytest.param("source::...stash", "x.stash", True, id="dots at the front"),
        pytest.param("source::.../a.log", "/var/a.log.1", False, id="the whole name has to match"),
        pytest.param("source::....(gz|bz2)", "/x/y.bz2", True, id="alternatives"),
        pytest.param("source::....(?<!tar.)(gz|bz2)", "/x/y.tar.gz", False, id="look-behind"),
        pytest.param(
            "source::WinEventLog:(s|S)ecurity*", "WinEventLog:Security", True, id="group in the wildcard segment"
        ),
        pytest.param("source::a(b)/x*", "a(b)/xy", True, id="a group in front of the wildcard segment is literal"),
        pytest.param(r"source::c:\\logs\\a.txt", r"c:\logs\a.txt", True, id="escaped backslashes"),
        pytest.param("source::AuditLogs.SignIns", "AuditLogs.SignIns", True, id="literal with a dot"),
    ],
)
def test_source_patterns(splunk: StandIn, add_app: AddApp, name: str, source: str, applies: bool) -> None:
    found = stanzas(splunk, add_app, f"[{name}]\na = 1\n").names("st", source, "h")
    assert (found == (name,)) is applies


@pytest.mark.parametrize(
    ("name", "host", "applies"),
    [
        pytest.param("host::foo", "FOO", True, id="hosts ignore case"),
        pytest.param("host::(?-i)bar", "BAR", False, id="unless told not to"),
        pytest.param("host::(?-i)bar", "bar", True, id="and then match exactly"),
        pytest.param("host::web*", "web01", True, id="star"),
    ],
)
def test_host_patterns(splunk: StandIn, add_app: AddApp, name: str, host: str, applies: bool) -> None:
    found = stanzas(splunk, add_app, f"[{name}]\na = 1\n").names("st", "s", host)
    assert (found == (name,)) is applies


@pytest.mark.parametrize(
    ("name", "applies"),
    [
        pytest.param("o365:management:activity", True, id="literal"),
        pytest.param("O365:management:activity", False, id="sourcetypes are case-sensitive"),
        pytest.param("o365:*", False, id="a star is no wildcard in a sourcetype"),
        pytest.param("(?::){0}o365:*", True, id="unless the name is made a pattern"),
    ],
)
def test_sourcetype_patterns(splunk: StandIn, add_app: AddApp, name: str, applies: bool) -> None:
    found = stanzas(splunk, add_app, f"[{name}]\na = 1\n").names("o365:management:activity", "s", "h")
    assert (found == (name,)) is applies


@pytest.mark.parametrize(
    ("text", "winner"),
    [
        pytest.param("[st]\nv = type\n[host::h]\nv = host\n", "host", id="host beats sourcetype"),
        pytest.param("[source::s]\nv = source\n[host::h]\nv = host\n", "source", id="source beats host"),
        pytest.param(
            "[source::s*]\nv = source\npriority = 1\n[st]\nv = type\npriority = 1000\n", "source",
            id="priority does not cross kinds",
        ),
        pytest.param("[source::s*]\nv = pattern\n[source::s]\nv = literal\n", "literal", id="literal before pattern"),
        pytest.param(
            "[source::s*]\nv = pattern\npriority = 101\n[source::s]\nv = literal\n", "pattern",
            id="a pattern above 100 beats a literal",
        ),
        pytest.param("[source::...s]\nv = a\n[source::s*]\nv = b\n", "a", id="first in ASCII order"),
        pytest.param(
            "[source::...s]\nv = a\npriority = 5\n[source::s*]\nv = b\npriority = 10\n", "b", id="higher priority"
        ),
    ],
)  # fmt: skip
def test_collisions(splunk: StandIn, add_app: AddApp, text: str, winner: str) -> None:
    matched = stanzas(splunk, add_app, text)
    assert matched.settings(matched.names("st", "s", "h"))["v"].value == winner


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("[source::...(x]\na = 1\n", "not a pattern", id="broken pattern"),
        pytest.param("[source::s*]\npriority = high\n", "not a whole number", id="priority"),
    ],
)
def test_what_cannot_be_used_is_named(splunk: StandIn, add_app: AddApp, text: str, words: str) -> None:
    with pytest.raises(ConfError, match=rf"apps/AA/default/props\.conf \[.*{words}"):
        stanzas(splunk, add_app, text)
