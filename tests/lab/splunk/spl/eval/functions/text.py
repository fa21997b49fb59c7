"""Text functions. Positions count characters (code points), the first is 1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ...json_paths import INVALID, PathError, extract, parse, scalar_text, steps
from ...regex import Regex
from ...values import Value, from_list, number, text
from ..function import Call, Function, not_multivalue, of_texts, of_values
from ..node import Node, Type

if TYPE_CHECKING:
    from ...search import Search

_BLANKS = " \t"
_GROUP = re.compile(r"\\(\d)")


def _substr(value: str, start: str, length: str | None = None) -> Value | None:
    """From the start-th character (negative: from the end), length characters or all of the rest."""
    first = number(start)
    size = None if length is None else number(length)
    if first is None or (length is not None and size is None):
        return None
    begin = int(first) - 1 if first > 0 else len(value) + int(first) if first < 0 else 0
    begin = max(begin, 0)
    stop = len(value) if size is None else begin + max(int(size), 0)
    return value[begin:stop]


def substitute(regex: Regex, subject: str, replacement: str) -> str:
    r"""Every match replaced; `\1` in the replacement is a group, empty when it did not take part."""
    if not regex.matches(subject):
        # No JSON any more, whatever it was.
        return str(subject)
    pieces: list[str] = []
    place = 0
    for found in regex.finditer(subject):
        begin, stop = found.span()
        pieces.append(subject[place:begin])
        pieces.append(_GROUP.sub(lambda digit, hit=found: _group(hit, int(digit[1])), replacement))  # type: ignore[misc]
        place = stop
    pieces.append(subject[place:])
    return "".join(pieces)


def _group(found: Any, number_of_group: int) -> str:
    try:
        return found.group(number_of_group) or ""
    except IndexError:
        return ""


def _replace(call: Call) -> Node:
    if call.args[0].type is Type.NUMBER:
        raise call.error("The arguments to the 'replace' function are invalid: it takes a text.", call.args[0])
    subject, regex, replacement = call.args[0].evaluate, call.regex(call.args[1]), call.args[2].evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        value = subject(row, search)
        if value is None:
            return None
        pattern, new = regex(row, search), replacement(row, search)
        if pattern is None or new is None:
            return None
        if isinstance(value, list):
            not_multivalue(search, "replace")
            return None
        return substitute(pattern, text(value), text(new))

    return call.node(evaluate, Type.STRING)


def _spath(call: Call) -> Node:
    """The values at a JSON path; several make a multivalue result. XML is refused."""
    path = call.args[1]
    if path.literal:
        try:
            steps(text(path.value or ""))
        except PathError as error:
            raise call.error(f"spath: {error}.", path) from error

    def find(value: Value, where: Value) -> Value | None:
        document = parse(text(value))
        if document is INVALID:
            return None
        try:
            found = extract(document, text(where))
        except PathError:
            return None
        texts = [scalar_text(item) for item in found]
        return from_list([item for item in texts if item is not None])

    inner = of_values("spath", 2, 2, find).build(call).evaluate
    subject = call.args[0].evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        value = subject(row, search)
        if isinstance(value, list):
            not_multivalue(search, "spath")
            return None
        if isinstance(value, str) and value.lstrip()[:1] == "<":
            raise search.fail("The spath function on XML is not supported; use the rex or xpath command.")
        return inner(row, search)

    return call.node(evaluate)


FUNCTIONS = (
    of_texts("len", 1, 1, len, result=Type.NUMBER),
    of_texts("length", 1, 1, len, result=Type.NUMBER),
    of_texts("lower", 1, 1, str.lower, multivalue=True),
    of_texts("upper", 1, 1, str.upper, multivalue=True),
    of_texts("trim", 1, 2, lambda value, chars=_BLANKS: value.strip(chars), numbers=True),
    of_texts("ltrim", 1, 2, lambda value, chars=_BLANKS: value.lstrip(chars), numbers=True),
    of_texts("rtrim", 1, 2, lambda value, chars=_BLANKS: value.rstrip(chars), numbers=True),
    of_texts("urldecode", 1, 1, lambda value: unquote(value, errors="replace")),
    of_texts("substr", 2, 3, _substr),
    Function("replace", 3, 3, _replace),
    Function("spath", 2, 2, _spath),
)
