"""The XML that splunkd writes to a modular input's stdin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree


@dataclass(frozen=True)
class Server:
    """What an input is told of the instance it runs on."""

    host: str
    uri: str
    session_key: str
    checkpoint_dir: Path


@dataclass(frozen=True)
class InputStanza:
    """A stanza of inputs.conf with everything merged, and the app it is kept in."""

    name: str
    app: str
    settings: Mapping[str, str]


def run_definition(server: Server, stanzas: Iterable[InputStanza]) -> bytes:
    """``<input>``: run these stanzas."""
    root = _root("input", server)
    configuration = etree.SubElement(root, "configuration")
    for stanza in stanzas:
        _parameters(etree.SubElement(configuration, "stanza", name=stanza.name, app=stanza.app), stanza.settings)
    return _document(root)


def validation_definition(server: Server, name: str, settings: Mapping[str, str]) -> bytes:
    """``<items>``: would these settings do for an input of this name?"""
    root = _root("items", server)
    _parameters(etree.SubElement(root, "item", name=name), settings)
    return _document(root)


def _root(tag: str, server: Server) -> etree._Element:
    root = etree.Element(tag)
    for name, text in (
        ("server_host", server.host),
        ("server_uri", server.uri),
        ("session_key", server.session_key),
        ("checkpoint_dir", str(server.checkpoint_dir)),
    ):
        etree.SubElement(root, name).text = text
    return root


def _parameters(parent: etree._Element, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        etree.SubElement(parent, "param", name=name).text = value


def _document(root: etree._Element) -> bytes:
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document
