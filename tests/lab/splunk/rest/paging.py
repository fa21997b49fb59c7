"""The arguments that every collection understands: ``count``, ``offset`` and ``search``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lab.splunk.rest.answers import Entry, Page
from lab.splunk.rest.requests import Request

_DEFAULT_COUNT = 30
_TERM = re.compile(r'"((?:\\.|[^"\\])*)"|((?:\\.|\S)+)')
_PAIR = re.compile(r"((?:\\.|[^=\\])+)=(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def page_of(entries: Iterable[Entry], request: Request) -> Page:
    """The entries that fit ``search``, sorted by name; 30 of them unless ``count`` says otherwise (0, -1: all)."""
    terms = [_unquote(match) for match in _TERM.finditer(request.argument("search"))]
    found = sorted((entry for entry in entries if all(_fits(entry, term) for term in terms)), key=_by_name)
    count = request.number("count", _DEFAULT_COUNT)
    offset = request.number("offset", 0)
    shown = found[offset:] if count <= 0 else found[offset : offset + count]
    return Page(shown, len(found), count, offset)


def _by_name(entry: Entry) -> tuple[str, str]:
    return entry.name.lower(), entry.app


def _unquote(match: re.Match[str]) -> str:
    return match[1] if match[1] is not None else match[2]


def _fits(entry: Entry, term: str) -> bool:
    """``field=value`` compares one field, a bare word looks into the name and every text; * is a wildcard."""
    pair = _PAIR.fullmatch(term)
    if pair is None:
        word = _ESCAPE.sub(r"\1", term).lower()
        texts = [entry.name, *(value for value in entry.content.values() if isinstance(value, str))]
        return any(word in text.lower() for text in texts)
    field, wanted = (_ESCAPE.sub(r"\1", part) for part in pair.groups())
    pattern = ".*".join(re.escape(part) for part in wanted.lower().split("*"))
    return re.fullmatch(pattern, _field(entry, field).lower(), re.DOTALL) is not None


def _field(entry: Entry, field: str) -> str:
    if field in ("name", "title"):
        return entry.name
    if field.startswith("eai:acl."):
        return str(entry.acl().get(field.removeprefix("eai:acl."), ""))
    value = entry.content.get(field, "")
    return value if isinstance(value, str) else str(value)
