r"""The sed expressions of `rex mode=sed`: `s/<regex>/<replacement>/<flags>` and `y/<characters>/<characters>/`.

Search Reference, rex: flags are `g` (every match) or a number (that match only). The replacement knows `\1` to `\9`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..regex import Regex, RegexError, compiled

_REFERENCE = re.compile(r"\\(\d)|\\(.)", re.DOTALL)


class SedError(ValueError):
    """A text that is no sed expression, in words."""


@dataclass(frozen=True, slots=True)
class SedExpression:
    """One expression. `which`: 0 replaces every match, n only the n-th. table: the characters of a `y` expression."""

    regex: Regex | None = None
    replacement: str = ""
    which: int = 1
    table: dict[int, str] | None = None

    def apply(self, value: str) -> str:
        """The text, rewritten."""
        if self.table is not None:
            return value.translate(self.table)
        assert self.regex is not None
        parts: list[str] = []
        end = 0
        for count, match in enumerate(self.regex.finditer(value), start=1):
            if self.which in (0, count):
                parts += [value[end : match.start()], self._filled(match)]
                end = match.end()
            if count == self.which:
                break
        return "".join([*parts, value[end:]])

    def _filled(self, match: re.Match[str]) -> str:
        def fill(found: re.Match[str]) -> str:
            if found[1] is not None:
                return match.group(int(found[1])) or ""
            return {"n": "\n", "t": "\t"}.get(found[2], found[2])

        return _REFERENCE.sub(fill, self.replacement)


def parse_sed(text: str) -> SedExpression:
    """The expression in a text. Raises SedError."""
    if len(text) < 2 or text[0] not in "sy" or text[1].isalnum() or text[1].isspace() or text[1] == "\\":
        raise SedError("a sed expression is s/<regex>/<replacement>/<flags> or y/<characters>/<characters>/")
    delimiter = text[1]
    parts = _split(text[2:], delimiter)
    if len(parts) != 3:
        raise SedError(f"the sed expression needs three {delimiter!r}")
    first, second, flags = parts
    if text[0] == "y":
        if flags or len(first) != len(second):
            raise SedError("y/// needs as many characters on the right as on the left, and takes no flags")
        return SedExpression(table={ord(old): new for old, new in zip(first, second, strict=True)})
    if flags not in ("", "g") and not (flags.isdigit() and int(flags)):
        raise SedError(f"the sed flag {flags!r} is neither g nor a number")
    try:
        regex = compiled(first)
    except RegexError as error:
        raise SedError(f"the regular expression does not compile: {error}") from error
    which = 0 if flags == "g" else int(flags or 1)
    for reference in re.findall(r"\\(\d)", second):
        if int(reference) > regex.groups:
            raise SedError(f"\\{reference} is used, but the regular expression has {regex.groups} groups")
    return SedExpression(regex=regex, replacement=second, which=which)


def _split(text: str, delimiter: str) -> list[str]:
    """The parts between unescaped delimiters; an escaped delimiter stands for itself."""
    parts = [""]
    place = 0
    while place < len(text):
        if text[place] == "\\" and place + 1 < len(text):
            pair = text[place : place + 2]
            parts[-1] += delimiter if pair[1] == delimiter else pair
            place += 2
            continue
        if text[place] == delimiter and len(parts) < 3:
            parts.append("")
        else:
            parts[-1] += text[place]
        place += 1
    return parts
