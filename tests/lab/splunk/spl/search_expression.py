"""The grammar of the `search` command: text in, predicate and index scope out.

OR binds tighter than AND, which is what two conditions without an operator mean; NOT takes the one condition behind it.
Values compare case-insensitively, `*` is a wildcard, an address may be compared with a CIDR network. A condition on a
field that is absent does not hold; one on a multivalue field holds when one value meets it. AND, OR and NOT are words
only in capitals.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .conditions import All, AnyOf, Compare, Condition, Not, Predicate, Term, TimeModifier
from .environment import IndexScope
from .errors import SplError, SplSyntaxError, Unsupported
from .subsearch_text import condition
from .times import time_of
from .tokens import bracket_end, skip_space, string_end

if TYPE_CHECKING:
    from .compiler import Compiler, Pipeline
    from .search import Search

_SCOPE_FIELDS = ("index", "sourcetype", "source", "host")
_TIME_FIELDS = ("earliest", "latest", "_index_earliest", "_index_latest")
_OTHER_TIME_FIELDS = frozenset(
    """daysago enddaysago endhoursago endminutesago endmonthsago endtime endtimeu hoursago minutesago monthsago
    searchtimespandays searchtimespanhours searchtimespanminutes searchtimespanmonths startdaysago starthoursago
    startminutesago startmonthsago starttime starttimeu timeformat earliest_time latest_time""".split()
)
_REFUSED_FIELDS = frozenset(("savedsearch", "savedsplunk", "eventtypetag", "hosttag", "splunk_federated_provider"))


@dataclass(slots=True)
class Subsearch(Condition):
    """`[ ... ]`: the rows of a subsearch, as a condition."""

    pipeline: Pipeline
    compiler: Compiler
    source: str
    position: int
    reads_index: bool
    fields = None

    def predicate(self, search: Search) -> Predicate:
        return self.resolved(search).predicate(search)

    def resolved(self, search: Search) -> Condition:
        words = condition(search.subsearch(self.pipeline))
        try:
            tree, _ = _Parser(self.compiler, "search", words, 0, len(words), self.reads_index).whole()
        except SplError as error:
            raise search.fail(f"The result of a subsearch is not a search: {error.message} ({words})") from error
        return tree


@dataclass(slots=True)
class SearchExpression:
    """A parsed search expression. fields: what it reads, None when it may be any."""

    tree: Condition

    @property
    def fields(self) -> frozenset[str] | None:
        return self.tree.fields

    def resolve(self, search: Search) -> Predicate:
        """The predicate for one run; subsearches are run now."""
        return self.resolved(search).predicate(search)

    def resolved(self, search: Search) -> Condition:
        """The tree for one run; subsearches are run now."""
        return self.tree.resolved(search)

    def scope(self, search: Search) -> IndexScope:
        """Where an index read with this expression may look."""
        return scope_of(self.tree, search)


def scope_of(tree: Condition, search: Search) -> IndexScope:
    """The index scope of a resolved tree. `earliest` alone searches up to now, `latest` alone from the beginning of
    time."""
    earliest, latest = tree.bound("earliest", search), tree.bound("latest", search)
    if earliest is None and latest is None:
        earliest, latest = search.earliest, search.latest
    indexes, sourcetypes, sources, hosts = (tree.patterns(field) for field in _SCOPE_FIELDS)
    return IndexScope(
        earliest=0.0 if earliest is None else earliest,
        latest=search.now if latest is None else latest,
        index_earliest=tree.bound("_index_earliest", search),
        index_latest=tree.bound("_index_latest", search),
        indexes=indexes,
        sourcetypes=sourcetypes,
        sources=sources,
        hosts=hosts,
    )


def parse_search(
    compiler: Compiler,
    command: str,
    source: str,
    start: int,
    end: int,
    *,
    stop: Collection[str] = (),
    reads_index: bool = False,
) -> tuple[SearchExpression, int]:
    """The search expression in `source[start:end]`, up to a stop word (lower case), and where it ends.

    reads_index: it selects stored events: time modifiers are allowed, event types stand for their searches.
    Raises SplSyntaxError and Unsupported with the place in `source`.
    """
    tree, place = _Parser(compiler, command, source, start, end, reads_index, stop).whole()
    return SearchExpression(tree), place


# -- parsing

_DEEPEST = 60
_WORD = re.compile(r"""(?:\\.|!(?!=)|[^\s()"\[\]|=<>!\\])+""", re.DOTALL)
_LIST_WORD = re.compile(r"""(?:\\.|[^\s(),"\[\]|])+""", re.DOTALL)
_OPERATOR = re.compile(r"==|!=|<=|>=|[=<>]")
_ESCAPED = re.compile(r'\\(["\\])')
_ESCAPED_TERM = re.compile(r"\\([^\w\s*])")


class _Parser:
    def __init__(
        self,
        compiler: Compiler,
        command: str,
        source: str,
        start: int,
        end: int,
        reads_index: bool,
        stop: Collection[str] = (),
    ) -> None:
        self.compiler = compiler
        self.command = command
        self.source = source
        self.place = start
        self.end = end
        self.reads_index = reads_index
        self.stop = stop
        self.depth = 0

    def whole(self) -> tuple[Condition, int]:
        tree = self.conjunction()
        self.space()
        if self.place < self.end and not self.at_stop():
            raise self.error(f"unexpected {self.source[self.place]!r}")
        return tree, self.place

    # -- characters

    def space(self) -> None:
        self.place = skip_space(self.source, self.place, self.end)

    def peek(self) -> str:
        self.space()
        return self.source[self.place] if self.place < self.end else ""

    def word_at(self) -> str:
        """The plain word that stands next, which stays; "" when something else does."""
        self.space()
        found = _WORD.match(self.source, self.place, self.end)
        return found.group() if found else ""

    def at_stop(self) -> bool:
        return bool(self.stop) and self.word_at().lower() in self.stop and not self._is_field(len(self.word_at()))

    def _is_field(self, size: int) -> bool:
        after = skip_space(self.source, self.place + size, self.end)
        return _OPERATOR.match(self.source, after, self.end) is not None

    def accept_word(self, word: str) -> bool:
        if self.word_at() == word and not self._is_field(len(word)):
            self.place += len(word)
            return True
        return False

    def error(self, message: str, place: int | None = None) -> SplSyntaxError:
        at = min(self.place if place is None else place, len(self.source))
        return SplSyntaxError(
            f"Error in '{self.command}' command: Unable to parse the search: {message}.", self.source, at
        )

    def unsupported(self, what: str, place: int) -> Unsupported:
        return Unsupported(
            what, f"Error in '{self.command}' command: {what} is not supported here.", self.source, place
        )

    # -- grammar

    def conjunction(self) -> Condition:
        parts: list[Condition] = []
        while True:
            char = self.peek()
            if char in ("", ")") or self.at_stop():
                break
            if parts and self.accept_word("AND") and (self.peek() in ("", ")") or self.at_stop()):
                raise self.error("a condition is missing behind AND")
            parts.append(self.disjunction())
        return parts[0] if len(parts) == 1 else All(parts)

    def disjunction(self) -> Condition:
        parts = [self.negation()]
        while self.accept_word("OR"):
            if self.peek() in ("", ")") or self.at_stop():
                raise self.error("a condition is missing behind OR")
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else AnyOf(parts)

    def negation(self) -> Condition:
        if self.accept_word("NOT"):
            if self.peek() in ("", ")") or self.at_stop():
                raise self.error("a condition is missing behind NOT")
            with self.deeper():
                return Not(self.negation())
        return self.primary()

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error("it is nested too deeply")
        yield
        self.depth -= 1

    def primary(self) -> Condition:
        char = self.peek()
        start = self.place
        if char == "(":
            self.place += 1
            with self.deeper():
                inner = self.conjunction()
            if self.peek() != ")":
                raise self.error("unbalanced parentheses: ( is opened and never closed", start)
            self.place += 1
            # `NOT ()` is what an empty subsearch becomes; `()` means nothing that must not hold.
            return inner
        if char == "[":
            return self.subsearch()
        if char == '"':
            stop = string_end(self.source, start, self.end)
            body = self.source[start + 1 : stop - 1]
            self.place = stop
            if self._operator_follows():
                return self.comparison(_ESCAPED.sub(r"\1", body), start)
            return Term(_term_text(body))
        found = _WORD.match(self.source, start, self.end)
        if not found:
            raise self.error(f"unexpected {char!r}")
        word = found.group()
        if word in ("AND", "OR"):
            raise self.error(f"a condition is missing before {word}")
        self.place = found.end()
        if self.source[self.place : self.place + 1] == "(" and word in ("TERM", "CASE"):
            return self.directive(word)
        if self._operator_follows() or self._list_follows():
            return self.comparison(word, start)
        if "::" in word:
            return self.indexed(word, start)
        return Term(_term_text(word))

    def subsearch(self) -> Condition:
        start = self.place
        stop = bracket_end(self.source, start, self.end)
        pipeline = self.compiler.pipeline(self.source, start + 1, stop - 1)
        self.place = stop
        return Subsearch(pipeline, self.compiler, self.source, start, self.reads_index)

    def directive(self, name: str) -> Condition:
        start = self.place
        stop = self.source.find(")", start, self.end)
        if stop < 0:
            raise self.error(f"{name}( is never closed", start)
        body = self.source[start + 1 : stop].strip()
        if len(body) > 1 and body[0] == body[-1] == '"':
            body = body[1:-1]
        if not body:
            raise self.error(f"{name}() needs a term", start)
        self.place = stop + 1
        return Term(_term_text(body), case=name == "CASE", whole=name == "TERM")

    def indexed(self, word: str, start: int) -> Condition:
        field, _, value = word.partition("::")
        if field in (*_SCOPE_FIELDS, "eventtype", "tag"):
            return self.compare(field, "=", value, start)
        raise self.unsupported(f"the indexed field {word}", start)

    def _operator_follows(self) -> bool:
        after = skip_space(self.source, self.place, self.end)
        return _OPERATOR.match(self.source, after, self.end) is not None

    def _list_follows(self) -> bool:
        return re.compile(r"\s+IN\s*\(", re.IGNORECASE).match(self.source, self.place, self.end) is not None

    def comparison(self, field: str, start: int) -> Condition:
        self.space()
        found = _OPERATOR.match(self.source, self.place, self.end)
        if not found:
            return self.value_list(field, start)
        operator = "=" if found.group() == "==" else found.group()
        self.place = found.end()
        return self.compare(field, operator, self.value(), start)

    def value_list(self, field: str, start: int) -> Condition:
        self.place = self.source.index("(", self.place) + 1
        values: list[str] = []
        while True:
            self.space()
            values.append(self.value(_LIST_WORD))
            char = self.peek()
            self.place += 1
            if char == ")":
                return AnyOf([self.compare(field, "=", value, start) for value in values])
            if char != ",":
                raise self.error("expected ',' or ')' in the list of values", self.place - 1)

    def value(self, words: re.Pattern[str] = _WORD) -> str:
        char = self.peek()
        if char == '"':
            stop = string_end(self.source, self.place, self.end)
            body = self.source[self.place + 1 : stop - 1]
            self.place = stop
            return _ESCAPED.sub(r"\1", body)
        found = words.match(self.source, self.place, self.end)
        if not found:
            raise self.error("a value is missing")
        self.place = found.end()
        return re.sub(r'\\(["\\=,()\[\]|<>! ])', r"\1", found.group())

    def compare(self, field: str, operator: str, value: str, start: int) -> Condition:
        if field in _REFUSED_FIELDS:
            raise self.unsupported(f"the search modifier {field}", start)
        if self.reads_index:
            if field in _TIME_FIELDS:
                return self.time_modifier(field, operator, value, start)
            if field in _OTHER_TIME_FIELDS:
                raise self.unsupported(f"the time modifier {field}", start)
            if field == "eventtype" and operator in ("=", "!=") and "*" not in value:
                expanded = self.eventtype(value, start)
                return expanded if operator == "=" else Not(expanded)
        return Compare(field, operator, value)

    def time_modifier(self, name: str, operator: str, value: str, start: int) -> Condition:
        if operator != "=":
            raise self.error(f"the time modifier {name} takes '='", start)
        if time_of(value, 0.0, self.compiler.environment.tz) is None:
            raise self.error(f"Invalid value '{value}' for time term '{name}'", start)
        return TimeModifier(name, value)

    def eventtype(self, name: str, start: int) -> Condition:
        words = self.compiler.environment.eventtype(name)
        if words is None:
            raise self.error(f"Eventtype '{name}' does not exist or is disabled", start)
        with self.compiler.inside_eventtype(name, self.source, start):
            return self.compiler.search_expression(words, reads_index=True).tree


def _term_text(body: str) -> str:
    r"""A bare term or phrase: a backslash before punctuation is not part of it, except before `*`."""
    return _ESCAPED_TERM.sub(r"\1", body)
