"""Placeholders in story and scenario files.

`{name}`, `{name.attribute}`, `{name[2]}` and `{i}` (the repetition's number, from 0) are replaced in every text; a
format may follow a colon (`{i:03}`, `{user.given:.1}`, with `!l` for lower case). Where a value on the way is a list,
its element number i (modulo its length) is taken, so one entry with `count` walks through a list. A text that is one
placeholder and nothing else becomes the value itself, number or list element; anything else becomes text. Braces that
do not look like a placeholder (JSON, GUIDs) are left alone; an unknown name is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*|\[\d+\])*)(!l)?(?::([^{}]*))?\}")
_STEP = re.compile(r"\.([a-z_][a-z0-9_]*)|\[(\d+)\]")


class ScriptError(Exception):
    """A story or scenario file that cannot be understood; the text says file, entry and key."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


def fill(value: Any, names: Mapping[str, Any], i: int, where: str) -> Any:
    """`value` with every placeholder in its texts replaced, keys included; lists and mappings are walked."""
    if isinstance(value, str):
        whole = _PLACEHOLDER.fullmatch(value)
        if whole:
            return _formatted(whole, names, i, where)
        return _PLACEHOLDER.sub(lambda match: str(_formatted(match, names, i, where)), value)
    if isinstance(value, list):
        return [fill(item, names, i, f"{where}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, dict):
        return {fill(key, names, i, where): fill(item, names, i, f"{where}.{key}") for key, item in value.items()}
    return value


def _formatted(match: re.Match[str], names: Mapping[str, Any], i: int, where: str) -> Any:
    path, lower, form = match.groups()
    value = _look_up(path, names, i, where)
    if lower:
        value = str(value).lower()
    if form is None:
        return value
    try:
        return format(value, form)
    except (ValueError, TypeError) as error:
        raise ScriptError(where, f"{match.group()}: {error}") from None


def _look_up(path: str, names: Mapping[str, Any], i: int, where: str) -> Any:
    head = re.match(r"[a-z_][a-z0-9_]*", path)
    assert head is not None
    name = head.group()
    if name == "i":
        return i
    if name not in names:
        known = ", ".join(sorted(names)) or "none"
        raise ScriptError(where, f"{{{path}}} names nothing; names known here: i, {known}")
    value = names[name]
    for step in _STEP.finditer(path, head.end()):
        attribute, number = step.groups()
        if number is not None:
            value = _element(value, int(number), path, where)
            continue
        value = _attribute(_member(value, i), attribute, path, where)
    return _member(value, i)


def _element(value: Any, number: int, path: str, where: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise ScriptError(where, f"{{{path}}}: there is no list to take number {number} of")
    if number >= len(value):
        raise ScriptError(where, f"{{{path}}}: the list has {len(value)} members, numbered from 0")
    return value[number]


def _member(value: Any, i: int) -> Any:
    return value[i % len(value)] if isinstance(value, (list, tuple)) and value else value


def _attribute(value: Any, attribute: str, path: str, where: str) -> Any:
    if isinstance(value, Mapping) and attribute in value:
        return value[attribute]
    if not isinstance(value, (Mapping, str, int, float)) and hasattr(value, attribute):
        return getattr(value, attribute)
    raise ScriptError(where, f"{{{path}}}: there is no {attribute!r} in it")
