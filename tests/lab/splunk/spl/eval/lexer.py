"""The lexer of eval expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from ..errors import SplSyntaxError
from ..tokens import skip_space, string_end, unescape


class Kind(Enum):
    NUMBER = "number"
    STRING = "string"
    FIELD = "field"
    NAME = "name"
    OPERATOR = "operator"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token of an expression. text: decoded; FIELD is a single-quoted field name, NAME a bare word."""

    kind: Kind
    text: str
    start: int
    end: int

    def is_operator(self, *texts: str) -> bool:
        return self.kind is Kind.OPERATOR and self.text in texts

    def is_name(self, *names: str) -> bool:
        """Whether this is the bare word (given in upper case), whatever its case."""
        return self.kind is Kind.NAME and self.text.upper() in names


_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w])")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r"==|!=|<=|>=|[-+*/%.=<>(),!]")


def token_at(text: str, start: int, end: int, *, after_operand: bool = False) -> Token:
    """The token that begins at or after `start`; of kind END when there is none before `end`.

    after_operand: a value stands before it, so that `.5` is the operator `.` and a 5.
    """
    start = skip_space(text, start, end)
    if start >= end:
        return Token(Kind.END, "", end, end)
    char = text[start]
    if char == '"':
        stop = string_end(text, start, end)
        return Token(Kind.STRING, unescape(text[start + 1 : stop - 1]), start, stop)
    if char == "'":
        stop = string_end(text, start, end)
        return Token(Kind.FIELD, text[start + 1 : stop - 1].replace("\\'", "'"), start, stop)
    if char == "." and after_operand:
        return Token(Kind.OPERATOR, ".", start, start + 1)
    for kind, pattern in ((Kind.NUMBER, _NUMBER), (Kind.NAME, _NAME), (Kind.OPERATOR, _OPERATOR)):
        found = pattern.match(text, start, end)
        if found:
            return Token(kind, found.group(), start, found.end())
    if char.isdigit():
        raise SplSyntaxError(
            "A name that begins with a digit has to stand in single quotes (a field) or double quotes (text).",
            text,
            start,
        )
    raise SplSyntaxError(f"Unexpected character {char!r} in an expression.", text, start)
