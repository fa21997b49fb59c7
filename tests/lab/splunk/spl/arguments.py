"""A cursor over the argument text of one command. Every error that it raises carries the place in the search."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from .errors import SplSyntaxError, Unsupported
from .times import Span, parse_span
from .tokens import Kind, Token, skip_space, token_at

if TYPE_CHECKING:
    from .compiler import Compiler, Pipeline
    from .eval.expression import Expression
    from .search_expression import SearchExpression

OptionKind: TypeAlias = "Callable[[Arguments, Token], Any]"
"""Turns the token of an option's value into the value, or raises `args.error(...)`."""

_TRUE = ("true", "t", "1", "yes")
_FALSE = ("false", "f", "0", "no")


class Arguments:
    """Cursor over `text[start:end]`, the text behind a command's name.

    command: its name, for messages; text: the whole search after macro expansion; position: where the cursor stands;
    first: whether the command is the first of a pipeline that no rows go into.
    """

    def __init__(
        self, compiler: Compiler, command: str, text: str, start: int, end: int, *, first: bool = False
    ) -> None:
        self.compiler = compiler
        self.command = command
        self.text = text
        self.start = start
        self.end = end
        self.position = start
        self.first = first

    # -- tokens

    def peek(self) -> Token:
        """The next token, which stays."""
        return token_at(self.text, self.position, self.end)

    def peek_after(self, token: Token) -> Token:
        """The token behind another one."""
        return token_at(self.text, token.end, self.end)

    def next(self) -> Token:
        """The next token, taken. Of kind END when there is none."""
        token = self.peek()
        self.position = token.end
        return token

    @property
    def at_end(self) -> bool:
        return self.peek().kind is Kind.END

    def accept(self, punctuation: str) -> bool:
        """Take this punctuation if it is next."""
        token = self.peek()
        if token.is_punctuation(punctuation):
            self.position = token.end
            return True
        return False

    def expect(self, punctuation: str) -> Token:
        token = self.next()
        if not token.is_punctuation(punctuation):
            raise self.error(f"expected {punctuation!r}", token)
        return token

    def accept_word(self, *words: str) -> str | None:
        """Take the next token if it is one of these unquoted words (lower case here, any case there)."""
        token = self.peek()
        if token.is_word(*words):
            self.position = token.end
            return token.text.lower()
        return None

    def next_is_word(self, *words: str) -> bool:
        return self.peek().is_word(*words)

    def expect_end(self) -> None:
        token = self.peek()
        if token.kind is not Kind.END:
            raise self.error(f"unexpected {self.text[token.start : token.end]!r}", token)

    def rest(self) -> str:
        """All the text that is left, raw, without the white space round it; the cursor goes to the end."""
        taken = self.text[self.position : self.end].strip()
        self.position = self.end
        return taken

    # -- errors

    def error(self, message: str, at: Token | int | None = None) -> SplSyntaxError:
        """`raise args.error("...")`: a syntax error at a token or offset (default: the cursor)."""
        return SplSyntaxError(f"Error in '{self.command}' command: {message}.", self.text, self._place(at))

    def unsupported(self, what: str, at: Token | int | None = None) -> Unsupported:
        """`raise args.unsupported("option sparkline")`: good SPL that this engine does not do."""
        message = f"The '{self.command}' command here does not support {what}."
        return Unsupported(what, message, self.text, self._place(at))

    def _place(self, at: Token | int | None) -> int:
        if isinstance(at, Token):
            return at.start
        return self.peek_start() if at is None else at

    def peek_start(self) -> int:
        """Where the next token begins."""
        return skip_space(self.text, self.position, self.end)

    # -- words, fields, numbers

    def word(self, what: str = "a word") -> str:
        """An unquoted word or a double-quoted string."""
        token = self.next()
        if token.kind not in (Kind.WORD, Kind.STRING):
            raise self.error(f"expected {what}", token)
        return token.text

    def string(self, what: str = "a quoted string") -> str:
        token = self.next()
        if token.kind is not Kind.STRING:
            raise self.error(f"expected {what}", token)
        return token.text

    def integer(self, what: str = "an integer") -> int:
        return integer(self, self.next(), what)

    def field(self, what: str = "a field name") -> str:
        """A field name, unquoted or in double quotes."""
        return field(self, self.next(), what)

    def field_list(self, stop: Collection[str] = (), *, what: str = "a field name") -> list[str]:
        """Field names or patterns, separated by commas or spaces, up to a stop word, `name=`, punctuation or the end.

        Empty when there is none. stop: keywords in lower case.
        """
        fields: list[str] = []
        while True:
            token = self.peek()
            if token.kind not in (Kind.WORD, Kind.STRING, Kind.FIELD) or token.is_word(*stop):
                break
            if self.peek_after(token).is_punctuation("=", "=="):
                break
            fields.append(field(self, self.next(), what))
            if self.accept(",") and self.peek().kind not in (Kind.WORD, Kind.STRING, Kind.FIELD):
                raise self.error(f"expected {what} behind the comma")
        return fields

    # -- options

    def options(self, kinds: Mapping[str, OptionKind], *, unsupported: Collection[str] = ()) -> dict[str, Any]:
        """The `name=value` pairs that stand next, as a dict; call it again where a command allows options later.

        kinds: name in lower case -> `boolean`, `integer`, `string`, `span`, `one_of(...)`, ... (functions of this
        module). An option that is neither in kinds nor given twice is an error; one in `unsupported` is refused by
        name.
        """
        found: dict[str, Any] = {}
        while True:
            token = self.peek()
            if token.kind is not Kind.WORD or not self.peek_after(token).is_punctuation("="):
                return found
            name = token.text.lower()
            if name not in kinds:
                if name in unsupported:
                    raise self.unsupported(f"the option {name}", token)
                raise self.error(f"unknown option {token.text!r}", token)
            if name in found:
                raise self.error(f"the option {name!r} is given twice", token)
            self.next()
            self.expect("=")
            found[name] = kinds[name](self, self.next())

    # -- bigger things

    def expression(self) -> Expression:
        """The eval expression that begins here, as far as it goes: up to `,`, `)`, a word such as AS, or the end."""
        from .eval.parser import parse_expression

        compiled, self.position = parse_expression(self.compiler, self.command, self.text, self.position, self.end)
        return compiled

    def search_expression(self, stop: Collection[str] = (), *, reads_index: bool = False) -> SearchExpression:
        """The search expression (grammar of the `search` command) up to a stop word or the end; for `where` clauses of
        inputlookup, tstats and the like. reads_index: it selects stored events, so that time modifiers are allowed."""
        from .search_expression import parse_search

        compiled, self.position = parse_search(
            self.compiler, self.command, self.text, self.position, self.end, stop=stop, reads_index=reads_index
        )
        return compiled

    def subsearch(self, *, leading_rows: bool = False) -> Pipeline:
        """The `[ ... ]` that stands next, parsed. leading_rows: rows go into it (appendpipe), so that any command may
        be first."""
        token = self.next()
        if token.kind is not Kind.BRACKET:
            raise self.error("expected a subsearch in [ ]", token)
        return self.compiler.pipeline(self.text, token.start + 1, token.end - 1, takes_rows=leading_rows)

    def bracket(self) -> Token:
        """The `[ ... ]` that stands next, unparsed (foreach templates); `.text` is what is between the brackets."""
        token = self.next()
        if token.kind is not Kind.BRACKET:
            raise self.error("expected [ ]", token)
        return token


# -- kinds of option values; each takes (args, token)


def boolean(args: Arguments, token: Token, what: str = "a boolean (t or f)") -> bool:
    """true/t/1/yes or false/f/0/no, in any case."""
    if token.kind in (Kind.WORD, Kind.STRING):
        if token.text.lower() in _TRUE:
            return True
        if token.text.lower() in _FALSE:
            return False
    raise args.error(f"expected {what}", token)


def integer(args: Arguments, token: Token, what: str = "an integer") -> int:
    if token.kind in (Kind.WORD, Kind.STRING) and re.fullmatch(r"[+-]?\d+", token.text):
        return int(token.text)
    raise args.error(f"expected {what}", token)


def number(args: Arguments, token: Token, what: str = "a number") -> int | float:
    if token.kind in (Kind.WORD, Kind.STRING):
        if re.fullmatch(r"[+-]?\d+", token.text):
            return int(token.text)
        if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", token.text):
            return float(token.text)
    raise args.error(f"expected {what}", token)


def string(args: Arguments, token: Token, what: str = "a value") -> str:
    """A word or a quoted string."""
    if token.kind in (Kind.WORD, Kind.STRING):
        return token.text
    raise args.error(f"expected {what}", token)


def field(args: Arguments, token: Token, what: str = "a field name") -> str:
    """A word or a quoted string that can name a field."""
    if token.kind is Kind.FIELD:
        raise args.unsupported("a field name in single quotes (use double quotes)", token)
    if token.kind in (Kind.WORD, Kind.STRING) and token.text:
        return token.text
    raise args.error(f"expected {what}", token)


def fields(args: Arguments, token: Token, what: str = "a list of field names") -> list[str]:
    """Field names in one token, separated by commas or spaces: `"a, b"`."""
    names = [name for name in re.split(r"[,\s]+", string(args, token, what)) if name]
    if not names:
        raise args.error(f"expected {what}", token)
    return names


def span(args: Arguments, token: Token, what: str = "a time span such as 5m") -> Span:
    """A time span; a bare integer means seconds."""
    if token.kind in (Kind.WORD, Kind.STRING):
        found = parse_span(token.text + "s" if token.text.isdigit() else token.text)
        if found:
            return found
    raise args.error(f"expected {what}", token)


def one_of(*names: str) -> OptionKind:
    """A kind: one of these words, in any case; the value is the word in lower case."""

    def kind(args: Arguments, token: Token) -> str:
        if token.kind in (Kind.WORD, Kind.STRING) and token.text.lower() in names:
            return token.text.lower()
        raise args.error(f"expected one of {', '.join(names)}", token)

    return kind
