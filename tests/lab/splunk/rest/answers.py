"""Answers as splunkd gives them: an Atom feed, or JSON when the caller asks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import quote

from lxml import etree

VERSION = "10.2.3"
BUILD = "000000000000"
_ATOM = "http://www.w3.org/2005/Atom"
_REST = "http://dev.splunk.com/ns/rest"
_SEARCH = "http://a9.com/-/spec/opensearch/1.1/"
_NAMESPACES = {None: _ATOM, "s": _REST, "opensearch": _SEARCH}

Content: TypeAlias = "str | int | float | bool | None | Sequence[Content] | Mapping[str, Content]"


@dataclass(frozen=True)
class Answer:
    """A finished answer."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One object of a feed. ``endpoint`` is its collection's path without the namespace (``configs/conf-macros``)."""

    name: str
    endpoint: str
    content: Mapping[str, Content]
    app: str = "system"
    owner: str = "nobody"
    sharing: str = "app"
    read: tuple[str, ...] = ("*",)
    write: tuple[str, ...] = ("*",)
    removable: bool = False

    @property
    def link(self) -> str:
        # splunkd encodes a slash in a name twice, so that it survives clients that decode the link once.
        name = quote(self.name.replace("/", "%2F"), safe="")
        return f"/servicesNS/{quote(self.owner)}/{quote(self.app)}/{self.endpoint}/{name}"

    def acl(self) -> dict[str, Content]:
        """The access control list beside the content."""
        return {
            "app": self.app,
            "can_list": True,
            "can_write": True,
            "modifiable": True,
            "owner": self.owner,
            "perms": {"read": list(self.read), "write": list(self.write)},
            "removable": self.removable,
            "sharing": self.sharing,
        }


@dataclass(frozen=True)
class Page:
    """The part of a collection that was asked for."""

    entries: Sequence[Entry]
    total: int
    count: int = 30
    offset: int = 0


def feed(title: str, page: Page, origin: str, *, as_json: bool, status: int = 200) -> Answer:
    """A collection, or one object as a collection of one."""
    if as_json:
        return json_answer(_feed_json(page, origin), status)
    return Answer(status, _feed_xml(title, page, origin), "text/xml; charset=UTF-8")


def entry_document(entry: Entry, origin: str) -> Answer:
    """One entry that is no feed: how a search job is shown."""
    return Answer(200, _serialise(_entry_xml(entry, origin)), "text/xml; charset=UTF-8")


def json_answer(document: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), "application/json; charset=UTF-8")


def message(status: int, level: str, text: str, *, as_json: bool) -> Answer:
    """What splunkd says when there is nothing to show: mostly errors."""
    if as_json:
        return json_answer({"messages": [{"type": level, "text": text}]}, status)
    root = etree.Element("response")
    etree.SubElement(etree.SubElement(root, "messages"), "msg", type=level).text = text
    return Answer(status, _serialise(root), "text/xml; charset=UTF-8")


def _feed_json(page: Page, origin: str) -> dict[str, object]:
    return {
        "links": {},
        "origin": origin,
        "updated": _now(),
        "generator": {"build": BUILD, "version": VERSION},
        "entry": [_entry_json(entry, origin) for entry in page.entries],
        "paging": {"total": page.total, "perPage": page.count, "offset": page.offset},
        "messages": [],
    }


def _entry_json(entry: Entry, origin: str) -> dict[str, object]:
    return {
        "name": entry.name,
        "id": _authority(origin) + entry.link,
        "updated": "1970-01-01T00:00:00+00:00",
        "links": {"alternate": entry.link, "list": entry.link, "edit": entry.link, "remove": entry.link},
        "author": entry.owner,
        "acl": entry.acl(),
        "content": {"eai:acl": None, **entry.content},
    }


def _feed_xml(title: str, page: Page, origin: str) -> bytes:
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap=_NAMESPACES)  # type: ignore[arg-type]
    _text(root, "title", title)
    _text(root, "id", origin)
    _text(root, "updated", _now())
    etree.SubElement(root, f"{{{_ATOM}}}generator", build=BUILD, version=VERSION)
    _text(etree.SubElement(root, f"{{{_ATOM}}}author"), "name", "Splunk")
    for name, number in (("totalResults", page.total), ("itemsPerPage", page.count), ("startIndex", page.offset)):
        etree.SubElement(root, f"{{{_SEARCH}}}{name}").text = str(number)
    etree.SubElement(root, f"{{{_REST}}}messages")
    for entry in page.entries:
        root.append(_entry_xml(entry, origin))
    return _serialise(root)


def _entry_xml(entry: Entry, origin: str) -> etree._Element:
    element = etree.Element(f"{{{_ATOM}}}entry", nsmap=_NAMESPACES)  # type: ignore[arg-type]
    _text(element, "title", entry.name)
    _text(element, "id", _authority(origin) + entry.link)
    _text(element, "updated", "1970-01-01T00:00:00+00:00")
    for relation in ("alternate", "list", "edit", "remove"):
        etree.SubElement(element, f"{{{_ATOM}}}link", href=entry.link, rel=relation)
    _text(etree.SubElement(element, f"{{{_ATOM}}}author"), "name", entry.owner)
    content = etree.SubElement(element, f"{{{_ATOM}}}content", type="text/xml")
    _value(content, {"eai:acl": entry.acl(), **entry.content})
    return element


def _value(parent: etree._Element, value: Content) -> None:
    """A value as ``s:dict``, ``s:list`` or text. Booleans are 1 and 0, null is empty."""
    if isinstance(value, Mapping):
        holder = etree.SubElement(parent, f"{{{_REST}}}dict")
        for key, item in value.items():
            _value(etree.SubElement(holder, f"{{{_REST}}}key", name=key), item)
    elif isinstance(value, bool):
        parent.text = str(int(value))
    elif isinstance(value, (str, int, float)):
        parent.text = _xml_text(str(value))
    elif value is not None:
        holder = etree.SubElement(parent, f"{{{_REST}}}list")
        for item in value:
            _value(etree.SubElement(holder, f"{{{_REST}}}item"), item)


def _text(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{_ATOM}}}{name}").text = _xml_text(text)


def _xml_text(text: str) -> str:
    """XML has no control characters; splunkd leaves them out."""
    return "".join(character for character in text if character >= " " or character in "\t\n\r")


def _serialise(root: etree._Element) -> bytes:
    serialised: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return serialised


def _authority(origin: str) -> str:
    scheme, _, rest = origin.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0]}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
