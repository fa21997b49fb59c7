"""What stats, eventstats, streamstats, chart, timechart and tstats share: aggregate terms, and feeding rows to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from ..aggregates import UNSUPPORTED, Aggregate, NewAggregate, find
from ..command import Needed
from ..tokens import Kind, Token
from ..values import Row, Scalar, Value, number, text
from .field_names import check_wildcards, renamed

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..eval.expression import Expression
    from ..search import Search

Key: TypeAlias = tuple[str, ...]
"""The BY values of a group."""


@dataclass(frozen=True, slots=True)
class Term:
    """One `<function>(<field> | eval(<expression>)) [AS <name>]`.

    field None and expression None: the rows themselves are counted. field and output may hold `*`.
    """

    function: str
    new: NewAggregate
    output: str
    field: str | None = None
    expression: Expression | None = None

    @property
    def wildcarded(self) -> bool:
        return self.field is not None and "*" in self.field

    @property
    def fields(self) -> Needed:
        """The fields that it reads; None when it cannot tell."""
        if self.expression is not None:
            reads = self.expression.fields
        elif self.field is None:
            reads = frozenset()
        else:
            reads = None if self.wildcarded else frozenset((self.field,))
        return None if reads is None else reads | ({"_time"} if self.needs_time else frozenset())

    @property
    def needs_time(self) -> bool:
        return self.new().needs_time


def parse_terms(args: Arguments, compiler: Compiler, stop: Collection[str], extra: Collection[str] = ()) -> list[Term]:
    """The aggregate terms up to a stop word, an option or the end. extra: functions that this command alone has.

    Raises args.error for what is no function, Unsupported for functions that Splunk has and the engine has not.
    """
    terms: list[Term] = []
    while True:
        token = args.peek()
        if token.kind is not Kind.WORD or token.is_word(*stop) or args.peek_after(token).is_punctuation("="):
            return terms
        terms.append(parse_term(args, compiler, stop, extra))
        args.accept(",")


def parse_term(args: Arguments, compiler: Compiler, stop: Collection[str] = (), extra: Collection[str] = ()) -> Term:
    """One aggregate term with its AS clause."""
    token = args.next()
    function = token.text
    if function in UNSUPPORTED:
        raise args.unsupported(f"the function {function} ({UNSUPPORTED[function]})", token)
    new = find(function, compiler.environment.limit)
    if new is None or (function.startswith("per_") and function not in extra):
        raise args.error(f"there is no statistical function {function!r}", token)
    field: str | None = None
    expression: Expression | None = None
    written = function
    if args.accept("("):
        field, expression, written = _argument(args, token)
    if field is None and expression is None and function not in ("c", "count"):
        raise args.unsupported(f"{function} without a field; write {function}(*)", token)
    output = written
    if args.accept_word("as"):
        at = args.peek()
        output = _output_name(args)
        check_wildcards(args, field or "", output, at)
    return Term(function, new, output, field, expression)


def _output_name(args: Arguments) -> str:
    """The name behind AS; Splunk takes it in single quotes as well, which are part of no name."""
    return args.field()


def _argument(args: Arguments, function: Token) -> tuple[str | None, Expression | None, str]:
    """What stands in the parentheses: a field, or an expression, or nothing; and the default name of the column."""
    if args.accept(")"):
        return None, None, function.text
    token = args.peek()
    if token.is_word("eval") and args.peek_after(token).is_punctuation("("):
        args.next()
        args.expect("(")
        start = args.position
        expression = args.expression()
        inside = args.text[start : args.position].strip()
        args.expect(")")
        args.expect(")")
        if expression.boolean and function.text not in ("c", "count"):
            expression.require_value(args.command)
        return None, expression, f"{function.text}(eval({inside}))"
    field = args.next().text if token.kind is Kind.FIELD else args.field()
    args.expect(")")
    return field, None, f"{function.text}({field})"


def by_fields(args: Arguments, stop: Collection[str] = ()) -> list[str]:
    """The fields behind `BY`; empty when there is no BY clause. Wildcards are no group fields."""
    if not args.accept_word("by", "groupby"):
        return []
    token = args.peek()
    fields = args.field_list(stop)
    if not fields:
        raise args.error("expected a field name behind BY", token)
    for field in fields:
        if "*" in field:
            raise args.error(f"a BY clause takes no wildcards, but {field!r} has one", token)
    return list(dict.fromkeys(fields))


def needed_fields(terms: Iterable[Term], *more: Iterable[str]) -> Needed:
    """All the fields that terms and BY clauses read; None when a term cannot tell."""
    fields: frozenset[str] = frozenset(name for names in more for name in names)
    for term in terms:
        reads = term.fields
        if reads is None:
            return None
        fields |= reads
    return fields


def expand(terms: list[Term], rows: Iterable[Row], exclude: Collection[str]) -> tuple[list[Term], Iterable[Row]]:
    """The terms with wildcards replaced by one term per matching field of the rows, and the rows, still to be read.

    `exclude`: the BY fields, which a wildcard does not name. Without wildcards nothing is read.
    """
    if not any(term.wildcarded for term in terms):
        return terms, rows
    kept = list(rows)
    seen: dict[str, None] = {}
    for row in kept:
        seen.update(dict.fromkeys(row))
    return [one for term in terms for one in _expanded(term, seen, exclude)], kept


def _expanded(term: Term, fields: Iterable[str], exclude: Collection[str]) -> Iterator[Term]:
    if term.field is None or not term.wildcarded:
        yield term
        return
    for name in fields:
        output = renamed(term.field, term.output, name) if name not in exclude else None
        if output is not None:
            yield replace(term, field=name, output=output)


Feed: TypeAlias = "Callable[[Sequence[Callable[[Scalar, float], None]], Row], None]"


def feeder(terms: Sequence[Term], search: Search) -> Feed:
    """A function that gives one row to the `add` functions of a group's aggregates, one per term.

    Every value of a multivalue field is given. A field that is absent gives nothing, a row without a `_time` gives
    nothing to functions of time. A condition gives its TRUE rows only.
    """
    plan = [(term.field, term.expression and term.expression.evaluate, term.needs_time, term) for term in terms]
    timed = any(term.needs_time for term in terms)

    def feed(adds: Sequence[Callable[[Scalar, float], None]], row: Row) -> None:
        moment = number(row.get("_time")) if timed else None
        for add, (field, evaluate, needs_time, term) in zip(adds, plan, strict=True):
            value: Value | None
            if field is not None:
                value = row.get(field)
            else:
                value = "" if evaluate is None else evaluate(row, search)
            if value is None or value is False:
                continue
            time: float | None = moment if needs_time else 0.0
            if time is None:
                continue
            if type(value) is str:
                add(value, time)
            elif isinstance(value, list):
                for item in value:
                    add(item, time)
            elif value is True and term.function not in ("c", "count"):
                raise search.fail(f"{term.output}: a statistic cannot take a boolean; use if(condition, 1, 0).")
            else:
                add(value, time)

    return feed


def results(terms: Sequence[Term], aggregates: Sequence[Aggregate], search: Search) -> Row:
    """The fields that a group's aggregates answer with; what a limit cut off is said in a warning."""
    row: Row = {}
    for term, aggregate in zip(terms, aggregates, strict=True):
        value = aggregate.result()
        if value is not None:
            row[term.output] = value
        if aggregate.truncated:
            search.warn(f"{term.output}: {aggregate.truncated} (limits.conf); the others are dropped.")
    return row


def keys_of(row: Row, by: Sequence[str], *, distinct: bool = False) -> list[Key]:
    """The groups that a row belongs to: none without all BY fields, several with a multivalue BY field.

    distinct: count a value that occurs twice in one field of one row once (dedup_splitvals=true).
    """
    single: list[str] = []
    for field in by:
        value = row.get(field)
        if value is None:
            return []
        if isinstance(value, list):
            return _keys_of_many(row, by, distinct=distinct)
        single.append(value if type(value) is str else text(value))
    return [tuple(single)]


def _keys_of_many(row: Row, by: Sequence[str], *, distinct: bool) -> list[Key]:
    columns: list[list[str]] = []
    for field in by:
        value = row.get(field)
        if value is None:
            return []
        if isinstance(value, list):
            texts = [text(item) for item in value]
            columns.append(list(dict.fromkeys(texts)) if distinct else texts)
        else:
            columns.append([value if type(value) is str else text(value)])
    return list(product(*columns))


def natural(value: str) -> tuple[int, float, str]:
    """A sort key: numbers by their size, before all other text by code point."""
    amount = number(value)
    return (1, 0.0, value) if amount is None else (0, amount, value)


def natural_key(key: Key) -> tuple[tuple[int, float, str], ...]:
    return tuple([natural(value) for value in key])


def group_rows(
    rows: Iterable[Row], terms: Sequence[Term], by: Sequence[str], search: Search, *, distinct: bool = False
) -> dict[Key, list[Aggregate]]:
    """The aggregates of every group, groups in the order in which they were first seen.

    Without BY there is one group, also when there is no row.
    """
    groups: dict[Key, list[Aggregate]] = {}
    adds: dict[Key, list[Callable[[Scalar, float], None]]] = {}
    feed = feeder(terms, search)

    def open_group(key: Key) -> list[Callable[[Scalar, float], None]]:
        groups[key] = [term.new() for term in terms]
        adds[key] = [aggregate.add for aggregate in groups[key]]
        return adds[key]

    if not by:
        sole = open_group(())
        for row in rows:
            feed(sole, row)
        return groups
    for row in rows:
        for key in keys_of(row, by, distinct=distinct):
            feed(adds.get(key) or open_group(key), row)
    return groups


def fields_of(rows: Iterable[Row]) -> list[str]:
    """All fields of some rows, in the order in which they first occur."""
    seen: dict[str, None] = {}
    for row in rows:
        seen.update(dict.fromkeys(row))
    return list(seen)


def single_key(row: Row, by: Sequence[str], command: str, search: Search) -> Key | None:
    """The one group of a row for commands that add to rows; None when a BY field is missing.

    A multivalue BY field puts a row into several groups, of which such a command could add only one: the search fails.
    """
    values: list[str] = []
    for field in by:
        value = row.get(field)
        if value is None:
            return None
        if isinstance(value, list):
            raise search.fail(
                f"Error in '{command}' command: the BY field {field!r} has {len(value)} values in one row, which is "
                "not supported here. Expand it with mvexpand first."
            )
        values.append(value if type(value) is str else text(value))
    return tuple(values)
