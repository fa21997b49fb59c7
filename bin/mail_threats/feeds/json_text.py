"""Cutting pages of JSON into records without writing them anew: what is indexed is the text that the vendor sent.

Control characters inside strings are accepted, bytes that are not UTF-8 become lone surrogates, and a byte order mark
is dropped, since all of these were seen in answers; the output makes them safe.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from mail_threats.errors import ContentUnreadable
from mail_threats.feeds.array_cutter import Number

_SPACE = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder(strict=False, parse_int=Number, parse_float=Number, parse_constant=Number).raw_decode


class Record(NamedTuple):
    """`raw` is the record's own text, `value` what it says; a number in it is a `Number`, which is no text: 7 is not
    "7"."""

    raw: str
    value: Any


class Page(NamedTuple):
    """A page of records inside an object; `other` holds the object's remaining members."""

    records: list[Record]
    other: dict[str, Any]


def page_records(body: bytes, member: str, what: str) -> Page:
    """The records of the array `member` of a JSON object, and the object's other members.

    Raises: ContentUnreadable when the text is not an object with such a member.
    """
    text = _text(body)
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ContentUnreadable(f"{what} is not a JSON object but {_kind(text, at)}.")
    walk = _Walk(text, what)
    records: list[Record] | None = None
    other: dict[str, Any] = {}
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        quoted = text[at : at + 1] == '"'
        name, at = walk.value(at)
        at = _skip(text, at)
        if not quoted or text[at : at + 1] != ":":
            raise walk.broken(at)
        at = _skip(text, at + 1)
        if name == member and text[at : at + 1] == "[":
            records = list(walk.array(at))
            at = walk.end
        else:
            other[name], at = walk.value(at)
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "}":
            raise walk.broken(at)
    if records is None:
        raise ContentUnreadable(f"{what} has no array {member!r}.")
    return Page(records, other)


class _Walk:
    """A position in a JSON text; `end` is where the last array ended."""

    def __init__(self, text: str, what: str) -> None:
        self._text = text
        self._what = what
        self.end = 0

    def array(self, at: int) -> Iterator[Record]:
        text = self._text
        at = _skip(text, at + 1)
        if text[at : at + 1] == "]":
            self.end = at + 1
            return
        while True:
            value, end = self.value(at)
            yield Record(text[at:end], value)
            at = _skip(text, end)
            mark = text[at : at + 1]
            if mark == "]":
                self.end = at + 1
                return
            if mark != ",":
                raise self.broken(at)
            at = _skip(text, at + 1)

    def value(self, at: int) -> tuple[Any, int]:
        try:
            return _decode(self._text, at)
        except ValueError:
            raise self.broken(at) from None
        except RecursionError:
            raise ContentUnreadable(f"{self._what} is nested too deeply, at character {at}.") from None

    def broken(self, at: int) -> ContentUnreadable:
        return ContentUnreadable(f"{self._what} is not whole JSON; it breaks off or is malformed after character {at}.")


def _text(body: bytes) -> str:
    text = body.decode("utf-8", "surrogateescape")
    return text[1:] if text.startswith("\ufeff") else text


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _kind(text: str, at: int) -> str:
    if at == len(text):
        return "empty"
    return {"{": "an object", "[": "an array", '"': "a string", "<": "markup"}.get(text[at], "something else")
