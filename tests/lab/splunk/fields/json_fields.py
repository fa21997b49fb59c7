"""The fields of a JSON event: nested names joined with dots, `{}` behind the name of an array.

Rules: Search Reference, spath, and Knowledge Manager Manual, KV_MODE = json. Numbers keep the text they have in the
event; null is the text "null"; an empty string makes no value, as automatic extraction ignores empty values (spec of
KEEP_EMPTY_VALS). What is cut off or malformed ends the extraction; the fields that were complete before it stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS = ("true", "false", "null")
_BEHIND_A_VALUE = (",", "]", "}", " ", "\t", "\r", "\n")


class _Object(list[tuple[str, Any]]):
    """The members of an object, repeated names included."""


_decode = json.JSONDecoder(object_pairs_hook=_Object, parse_int=str, parse_float=str, parse_constant=str).decode


class _Broken(Exception):
    """The text ends or goes wrong here."""


def json_pairs(text: str) -> Iterator[tuple[str, str]]:
    """(name, value) of every leaf of a JSON object or array, in the order of the text; nothing for any other text."""
    stripped = text.lstrip()
    if not stripped.startswith(("{", "[")):
        return
    try:
        tree = _decode(text)
    except (ValueError, RecursionError):
        yield from _leading_pairs(text)
        return
    yield from _flatten("", tree)


def _flatten(path: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, _Object):
        prefix = f"{path}." if path else ""
        for name, value in node:
            if isinstance(value, str):
                if value:
                    yield prefix + name, value
            else:
                yield from _flatten(prefix + name, value)
    elif isinstance(node, list):
        for value in node:
            yield from _flatten(f"{path}{{}}", value)
    elif isinstance(node, str):
        if node:
            yield path, node
    else:
        yield path, {True: "true", False: "false", None: "null"}[node]


def _leading_pairs(text: str) -> Iterator[tuple[str, str]]:
    """The pairs that are complete before the place where the text ends or goes wrong."""
    found: list[tuple[str, str]] = []
    try:
        _value(text, _skip(text, 0), "", found)
    except (_Broken, RecursionError):
        pass
    return iter(found)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, path: str, found: list[tuple[str, str]]) -> int:
    start = text[at : at + 1]
    if start == "{":
        return _object(text, at + 1, path, found)
    if start == "[":
        return _array(text, at + 1, path, found)
    if start == '"':
        value, at = _string(text, at)
        if value:
            found.append((path, value))
        return at
    word = next((word for word in _WORDS if text.startswith(word, at)), None)
    if word is None:
        number = _NUMBER.match(text, at)
        if number is None:
            raise _Broken
        word = number[0]
    if text[at + len(word) : at + len(word) + 1] not in _BEHIND_A_VALUE:
        # Nothing that ends it follows, so nobody can know whether the number goes on.
        raise _Broken
    found.append((path, word))
    return at + len(word)


def _object(text: str, at: int, path: str, found: list[tuple[str, str]]) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == "}":
        return at + 1
    prefix = f"{path}." if path else ""
    while True:
        if text[at : at + 1] != '"':
            raise _Broken
        name, at = _string(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise _Broken
        at = _skip(text, _value(text, _skip(text, at + 1), prefix + name, found))
        if text[at : at + 1] == "}":
            return at + 1
        at = _comma(text, at)


def _array(text: str, at: int, path: str, found: list[tuple[str, str]]) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        at = _skip(text, _value(text, at, f"{path}{{}}", found))
        if text[at : at + 1] == "]":
            return at + 1
        at = _comma(text, at)


def _comma(text: str, at: int) -> int:
    if text[at : at + 1] != ",":
        raise _Broken
    return _skip(text, at + 1)


def _string(text: str, at: int) -> tuple[str, int]:
    try:
        value, end = scanstring(text, at + 1, True)
    except ValueError as error:
        raise _Broken from error
    return value, end
