"""JSON text in fields: parsed once for the expressions that read it one after another, paths such as `a{}.b{0}."c d"`.

Numbers keep the text they were written with where that matters: 1.0 stays 1.0, and large integers stay exact.
"""

from __future__ import annotations

import json
import json.encoder
import re
from functools import lru_cache
from typing import Any


class Number(float):
    """A JSON number with a fraction or exponent, and the text it was written with."""

    text: str

    def __new__(cls, text: str) -> Number:
        made = super().__new__(cls, text)
        made.text = text
        return made


class _Invalid:
    """What `parse` returns for text that is not JSON; there is one."""

    def __repr__(self) -> str:
        return "INVALID"


INVALID = _Invalid()
MISSING = _Invalid()

_NOT_JSON = re.compile(r"\s*[^\s{\[\"\-0-9tfn]")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_float=Number, parse_constant=_refuse)


@lru_cache(maxsize=8)
def _parse_cached(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return INVALID


def parse(text: str) -> Any:
    """The value of a JSON text, or INVALID. The result is shared: do not change it (use `parse_fresh`)."""
    if not text or _NOT_JSON.match(text):
        return INVALID
    return _parse_cached(text)


def parse_fresh(text: str) -> Any:
    """The value of a JSON text, or INVALID; the caller may change it."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return INVALID


def dump(value: Any) -> str:
    """Compact JSON text, keys in their order, non-ASCII characters as they are."""
    return _write(value)


def _write(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join([f"{_quote(key)}:{_write(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_write(item) for item in value]) + "]"
    if isinstance(value, Number):
        return value.text
    if isinstance(value, str):
        return _quote(value)
    return json.dumps(value)


# What json.dumps(text, ensure_ascii=False) comes down to; records are written out often enough for its detour to show.
_quote = json.encoder.encode_basestring


def scalar_text(value: Any) -> str | None:
    """A JSON value as the text of a field: null is None, objects and arrays are compact JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return None
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, Number):
        return value.text
    return _write(value)


class PathError(ValueError):
    """A path that is not one."""


ALL = -1
"""The step `{}`: every element."""

_STEP = re.compile(r"\{(\d*)\}|\{@([^}]+)\}|\.|((?:\\.|[^.{\\])+)", re.DOTALL)


@lru_cache(maxsize=512)
def steps(path: str) -> tuple[str | int, ...]:
    r"""The steps of a path: keys as text, `{n}` as n, `{}` as ALL. A dot that belongs to a key is written `\.`.

    Raises PathError.
    """
    made: list[str | int] = []
    place = 0
    while place < len(path):
        found = _STEP.match(path, place)
        if not found or found[2]:
            raise PathError(f"the path {path!r} is malformed at {path[place:]!r}")
        if found[1] is not None:
            made.append(int(found[1]) if found[1] else ALL)
        elif found[3] is not None:
            made.append(re.sub(r"\\(.)", r"\1", found[3]))
        place = found.end()
    return tuple(made)


def walk(value: Any, path: tuple[str | int, ...]) -> list[Any]:
    """All values at the path, in document order; JSON null counts as a value."""
    found = [value]
    for step in path:
        below: list[Any] = []
        for item in found:
            if isinstance(step, str):
                if isinstance(item, dict) and step in item:
                    below.append(item[step])
            elif isinstance(item, list):
                if step == ALL:
                    below.extend(item)
                elif step < len(item):
                    below.append(item[step])
        found = below
        if not found:
            break
    return found


def extract(value: Any, path: str) -> list[Any]:
    """`walk` with a path as text. Raises PathError."""
    return walk(value, steps(path))
