"""The lexer of command arguments: words, quoted strings, punctuation and bracketed subsearches, with their places.

Eval expressions and search expressions have lexers of their own (`eval/lexer.py`, `search_expression.py`); all three
share the rules of quotes and brackets of this file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from .errors import SplSyntaxError


class Kind(Enum):
    """What a token is. BRACKET is a whole `[ ... ]`, FIELD a single-quoted name."""

    WORD = "word"
    STRING = "string"
    FIELD = "field"
    PUNCTUATION = "punctuation"
    BRACKET = "bracket"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token. text: decoded (quotes and escapes gone; of a BRACKET the text between the brackets).

    start, end: offsets into the whole search text, quotes and brackets included.
    """

    kind: Kind
    text: str
    start: int
    end: int

    def is_word(self, *names: str) -> bool:
        """Whether this is the unquoted word, whatever its case."""
        return self.kind is Kind.WORD and self.text.lower() in names

    def is_punctuation(self, *texts: str) -> bool:
        return self.kind is Kind.PUNCTUATION and self.text in texts


_WORD = re.compile(r"""(?:\\.|!(?!=)|[^\s,=()"\[\]|<>!])+""", re.DOTALL)
_PUNCTUATION = re.compile(r"==|!=|<=|>=|[=<>(),|]")
_SPACE = re.compile(r"\s*")
_ESCAPE = re.compile(r'\\(["\\])')


def unescape(body: str) -> str:
    r"""The text that a double-quoted literal stands for: `\"` and `\\` lose their backslash, all else stays.

    A regular expression such as "\d+" therefore reaches the regex engine as it was written.
    """
    return _ESCAPE.sub(r"\1", body) if "\\" in body else body


def string_end(text: str, start: int, end: int) -> int:
    """The offset after the closing quote of the literal that opens at `start` (double or single quote).

    Raises SplSyntaxError when the quote is never closed.
    """
    quote = text[start]
    place = start + 1
    while place < end:
        char = text[place]
        if char == "\\":
            place += 2
            continue
        if char == quote:
            return place + 1
        place += 1
    raise SplSyntaxError(f"Unbalanced quotes: {quote} is opened and never closed.", text, start)


def bracket_end(text: str, start: int, end: int) -> int:
    """The offset after the `]` that closes the bracket opened at `start`; brackets inside double quotes do not
    count."""
    depth = 0
    place = start
    while place < end:
        char = text[place]
        if char == "\\":
            place += 2
            continue
        if char == '"':
            place = string_end(text, place, end)
            continue
        if char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
            if depth == 0:
                return place + 1
        place += 1
    raise SplSyntaxError("Unbalanced brackets: [ is opened and never closed.", text, start)


def skip_space(text: str, start: int, end: int) -> int:
    """The offset of the first character from `start` on that is not white space, or `end`."""
    found = _SPACE.match(text, start, end)
    assert found is not None
    return found.end()


def token_at(text: str, start: int, end: int) -> Token:
    """The argument token that begins at or after `start`; a token of kind END when there is none before `end`."""
    start = skip_space(text, start, end)
    if start >= end:
        return Token(Kind.END, "", end, end)
    char = text[start]
    if char == '"':
        stop = string_end(text, start, end)
        return Token(Kind.STRING, unescape(text[start + 1 : stop - 1]), start, stop)
    if char == "[":
        stop = bracket_end(text, start, end)
        return Token(Kind.BRACKET, text[start + 1 : stop - 1], start, stop)
    if char == "]":
        raise SplSyntaxError("Unbalanced brackets: ] closes nothing.", text, start)
    if char == "'":
        closing = text.find("'", start + 1, end)
        if closing > start + 1:
            return Token(Kind.FIELD, text[start + 1 : closing], start, closing + 1)
    found = _PUNCTUATION.match(text, start, end)
    if found:
        return Token(Kind.PUNCTUATION, found.group(), start, found.end())
    found = _WORD.match(text, start, end)
    if not found:
        raise SplSyntaxError(f"Unexpected character {char!r}.", text, start)
    return Token(Kind.WORD, found.group(), start, found.end())


def split_pipeline(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The spans between the pipes of `text[start:end]`; pipes inside double quotes or brackets do not count."""
    spans: list[tuple[int, int]] = []
    begin = place = start
    while place < end:
        char = text[place]
        if char == "\\":
            place += 2
        elif char == '"':
            place = string_end(text, place, end)
        elif char == "[":
            place = bracket_end(text, place, end)
        elif char == "]":
            raise SplSyntaxError("Unbalanced brackets: ] closes nothing.", text, place)
        else:
            if char == "|":
                spans.append((begin, place))
                begin = place + 1
            place += 1
    spans.append((begin, end))
    return spans
