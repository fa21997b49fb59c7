"""Comments and search macros: the text that a search has after expansion (macros.conf.spec, Search Manual).

Neither works inside double quotes. An argument may be quoted, to hold commas; its outer quotes are not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from .errors import SplSyntaxError
from .tokens import string_end, unescape

if TYPE_CHECKING:
    from .environment import Environment, Macro

EvaluateText = "Callable[[str, str, int], object]"
"""(expression, whole text, place) -> its value without any fields; None for null."""

_CALL = re.compile(r"\s*([\w.:\- ]+?)\s*(?:\((.*)\))?\s*\Z", re.DOTALL)
_COMMENT = "```"


def strip_comments(text: str) -> str:
    """The text with each ```comment``` replaced by blanks, so that places stay; not inside double quotes."""
    if _COMMENT not in text:
        return text
    kept: list[str] = []
    place = 0
    while place < len(text):
        if text[place] == '"':
            stop = _quoted(text, place)
            kept.append(text[place:stop])
            place = stop
        elif text.startswith(_COMMENT, place):
            closing = text.find(_COMMENT, place + 3)
            if closing < 0:
                raise SplSyntaxError("A ``` comment is opened and never closed.", text, place)
            kept.append(re.sub(r"[^\n]", " ", text[place : closing + 3]))
            place = closing + 3
        else:
            size = 2 if text[place] == "\\" else 1
            kept.append(text[place : place + size])
            place += size
    return "".join(kept)


def expand(
    text: str,
    environment: Environment,
    evaluate: Callable[[str, str, int], object],
    *,
    calls: tuple[tuple[str, int], ...] = (),
) -> str:
    """The text with every `macro` replaced by what it stands for, nested ones too.

    calls: the macros that are being expanded round this text. Raises SplSyntaxError for an unknown macro, a wrong
    number of arguments, a failed validation, and a macro that contains itself.
    """
    text = strip_comments(text)
    if "`" not in text:
        return text
    kept: list[str] = []
    place = 0
    while place < len(text):
        char = text[place]
        if char == '"':
            stop = _quoted(text, place)
            kept.append(text[place:stop])
            place = stop
        elif char == "`":
            closing = _closing_backtick(text, place)
            kept.append(_expand_call(text, place, text[place + 1 : closing], environment, evaluate, calls))
            place = closing + 1
        else:
            size = 2 if char == "\\" else 1
            kept.append(text[place : place + size])
            place += size
    return "".join(kept)


def _quoted(text: str, place: int) -> int:
    return string_end(text, place, len(text))


def _closing_backtick(text: str, start: int) -> int:
    place = start + 1
    while place < len(text):
        if text[place] == '"':
            place = _quoted(text, place)
            continue
        if text[place] == "`":
            return place
        place += 1
    raise SplSyntaxError("A macro's ` is opened and never closed.", text, start)


def _expand_call(
    text: str,
    place: int,
    call: str,
    environment: Environment,
    evaluate: Callable[[str, str, int], object],
    calls: tuple[tuple[str, int], ...],
) -> str:
    found = _CALL.match(call)
    if not found:
        raise SplSyntaxError(f"`{call}` is not a macro call.", text, place)
    name, given = found[1], [] if found[2] is None else split_arguments(found[2])
    macro = environment.macro(name, len(given))
    if macro is None:
        raise SplSyntaxError(_not_found(name, len(given), environment), text, place)
    if (name, len(given)) in calls:
        chain = " > ".join([*(called for called, _ in calls), name])
        raise SplSyntaxError(f"The macro '{name}' contains itself: {chain}.", text, place)
    if len(macro.args) != len(given):
        raise SplSyntaxError(
            f"The macro '{name}' is called with {len(given)} arguments, but its args setting names {len(macro.args)}.",
            text,
            place,
        )
    values = dict(zip(macro.args, given, strict=True))
    _validate(name, macro, values, evaluate, text, place)
    definition = _substitute(macro.definition, values)
    if macro.iseval:
        result = evaluate(definition, text, place)
        if not isinstance(result, str):
            raise SplSyntaxError(
                f"The macro '{name}' is an eval expression, and must return a string; it returned {result!r}.",
                text,
                place,
            )
        definition = result
    return expand(definition, environment, evaluate, calls=(*calls, (name, len(given))))


def _not_found(name: str, arity: int, environment: Environment) -> str:
    others = environment.macro_arities(name)
    if others:
        known = ", ".join(str(other) for other in sorted(others))
        return f"The macro '{name}' does not take {arity} arguments (it is defined for {known})."
    return (
        f"The search specifies a macro '{name}' that cannot be found: it does not exist or is not shared with this app."
    )


def _validate(
    name: str,
    macro: Macro,
    values: dict[str, str],
    evaluate: Callable[[str, str, int], object],
    text: str,
    place: int,
) -> None:
    if not macro.validation:
        return
    verdict = evaluate(_substitute(macro.validation, values), text, place)
    if verdict is True:
        return
    if isinstance(verdict, str):
        raise SplSyntaxError(f"The macro '{name}' refuses its arguments: {verdict}", text, place)
    if verdict is None and not _is_predicate(macro.validation):
        return
    said = macro.errormsg or f"the validation {macro.validation} failed"
    raise SplSyntaxError(f"The macro '{name}' refuses its arguments: {said}", text, place)


def _is_predicate(validation: str) -> bool:
    """Whether a validation that came out null is a failed condition; `case`, `if` and `validate` return a message or
    null."""
    return not re.match(r"\s*(validate|case|if|nullif|coalesce)\s*\(", validation)


def _substitute(definition: str, values: dict[str, str]) -> str:
    if not values:
        return definition
    names = "|".join(re.escape(name) for name in sorted(values, key=len, reverse=True))
    return re.sub(rf"\$({names})\$", lambda found: values[found[1]], definition)


def split_arguments(text: str) -> list[str]:
    """The arguments of a macro call: split at commas that are in neither quotes nor brackets; outer quotes removed."""
    if not text.strip():
        return []
    arguments: list[str] = []
    depth = begin = place = 0
    while place < len(text):
        char = text[place]
        if char == '"':
            place = _quoted(text, place)
            continue
        if char == "\\":
            place += 2
            continue
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            arguments.append(_argument(text[begin:place]))
            begin = place + 1
        place += 1
    arguments.append(_argument(text[begin:]))
    return arguments


def _argument(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == '"' and string_end(text, 0, len(text)) == len(text):
        return unescape(text[1:-1])
    return text
