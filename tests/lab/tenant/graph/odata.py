"""$filter and $orderby of the report endpoints.

The OData grammar is odata-query's; here its tree becomes a `ReportFilter`. What OData allows and Graph refuses is
GraphError 400; what Graph allows and the lab does not simulate is NotSimulated, never a guess.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from lab.tenant.exchange import NotSimulated
from lab.tenant.graph.errors import GraphError
from lab.tenant.records import SIGN_IN_KINDS, Record
from lab.tenant.vendor_time import parse_offset_time

Test = Callable[[Record, int], bool]
"""(record, its time in ticks) to whether it matches."""

_COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_KIND_OF = {value: kind for kind, value in SIGN_IN_KINDS.items()}


@dataclass
class ReportFilter:
    """A parsed $filter.

    low, high: inclusive bounds in ticks that every match lies in. kinds: sign-in kinds asked for, None when the filter
    names none. tests: what else a record must pass.
    """

    low: int = -(2**63)
    high: int = 2**63
    kinds: set[str] | None = None
    tests: list[Test] = field(default_factory=list)

    def matches(self, record: Record, ticks: int) -> bool:
        return all(test(record, ticks) for test in self.tests)


@dataclass(frozen=True)
class FilterReader:
    """Reads the $filter of one report. time_field: its date property. kinds_allowed: signInEventTypes exists there."""

    time_field: str
    kinds_allowed: bool

    def read(self, text: str) -> ReportFilter:
        """Raises: GraphError for what Graph refuses, NotSimulated for what the lab lacks."""
        try:
            tree = ODataParser().parse(ODataLexer().tokenize(text))
        except ODataException as error:
            raise GraphError("bad_filter", f"Syntax error in '{text}'.") from error
        if tree is None:
            raise GraphError("bad_filter", "Syntax error: the expression is empty.")
        result = ReportFilter()
        self._conjunct(tree, result)
        return result

    def _conjunct(self, node: Any, result: ReportFilter) -> None:
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            self._conjunct(node.left, result)
            self._conjunct(node.right, result)
        elif isinstance(node, ast.CollectionLambda):
            kinds = self._kinds(node)
            result.kinds = kinds if result.kinds is None else result.kinds & kinds
        else:
            if isinstance(node, ast.Compare) and self._is_time(node.left):
                self._narrow(node, result)
            result.tests.append(self._test(node))

    def _narrow(self, node: ast.Compare, result: ReportFilter) -> None:
        ticks = self._ticks(node.right)
        if isinstance(node.comparator, (ast.GtE, ast.Gt, ast.Eq)):
            result.low = max(result.low, ticks)
        if isinstance(node.comparator, (ast.LtE, ast.Lt, ast.Eq)):
            result.high = min(result.high, ticks)

    def _test(self, node: Any) -> Test:
        if isinstance(node, ast.BoolOp):
            left, right = self._test(node.left), self._test(node.right)
            if isinstance(node.op, ast.And):
                return lambda record, ticks: left(record, ticks) and right(record, ticks)
            return lambda record, ticks: left(record, ticks) or right(record, ticks)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Call) and node.func.name == "startswith" and len(node.args) == 2:
            path, prefix = _path(node.args[0]), _literal(node.args[1])
            return lambda record, ticks: str(_property(record, path)).lower().startswith(str(prefix).lower())
        raise NotSimulated(f"$filter with {type(node).__name__} at this place")

    def _comparison(self, node: ast.Compare) -> Test:
        compare = _COMPARE.get(type(node.comparator))
        if compare is None:
            raise NotSimulated(f"$filter operator {type(node.comparator).__name__}")
        if self._is_time(node.left):
            bound = self._ticks(node.right)
            return lambda record, ticks: compare(ticks, bound)
        if not isinstance(node.comparator, ast.Eq):
            raise GraphError("bad_filter", f"only eq and startswith are supported on property '{_dotted(node.left)}'.")
        path, value = _path(node.left), _literal(node.right)
        return lambda record, ticks: _same(_property(record, path), value)

    def _is_time(self, node: Any) -> bool:
        return isinstance(node, ast.Identifier) and node.name == self.time_field

    def _ticks(self, node: Any) -> int:
        ticks = parse_offset_time(node.val) if isinstance(node, ast.DateTime) else None
        if ticks is None:
            shown = getattr(node, "val", type(node).__name__)
            raise GraphError(
                "bad_filter",
                f"The DateTimeOffset text '{shown}' should be in format "
                "'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range.",
            )
        return ticks

    def _kinds(self, node: ast.CollectionLambda) -> set[str]:
        owner = _dotted(node.owner)
        if owner != "signInEventTypes" or not self.kinds_allowed:
            raise GraphError(
                "bad_filter", f"Could not find a property named '{owner}' on type 'microsoft.graph.signIn'."
            )
        if not isinstance(node.operator, ast.Any) or node.lambda_ is None:
            raise NotSimulated("signInEventTypes with anything but any(x: ...)")
        return self._lambda_kinds(node.lambda_.expression, node.lambda_.identifier.name)

    def _lambda_kinds(self, node: Any, variable: str) -> set[str]:
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return self._lambda_kinds(node.left, variable) | self._lambda_kinds(node.right, variable)
        if isinstance(node, ast.Compare) and isinstance(node.comparator, ast.Eq) and _dotted(node.left) == variable:
            value = _literal(node.right)
            if value not in _KIND_OF:
                raise GraphError("bad_filter", f"'{value}' is no member of 'microsoft.graph.signInEventType'.")
            return {_KIND_OF[value]}
        raise NotSimulated("signInEventTypes/any() with anything but `or` of `t eq '...'`")


def read_orderby(text: str, time_field: str) -> bool:
    """True for ascending, False for descending time. Raises: GraphError for any other property."""
    words = text.split()
    if (
        not words
        or words[0] != time_field
        or len(words) > 2
        or (len(words) == 2 and words[1].lower() not in ("asc", "desc"))
    ):
        raise GraphError("bad_request", f"Unsupported $orderby '{text}': only {time_field} can be sorted by.")
    return len(words) == 1 or words[1].lower() == "asc"


def _path(node: Any) -> tuple[str, ...]:
    if isinstance(node, ast.Identifier):
        return (node.name,)
    if isinstance(node, ast.Attribute):
        return (*_path(node.owner), node.attr)
    raise GraphError("bad_filter", "a property name is expected on the left side.")


def _dotted(node: Any) -> str:
    return "/".join(_path(node))


def _literal(node: Any) -> Any:
    if isinstance(node, ast.Null):
        return None
    if isinstance(node, (ast.String, ast.GUID)):
        return node.val
    if isinstance(node, ast.Integer):
        return int(node.val)
    if isinstance(node, ast.Boolean):
        return node.val.lower() == "true"
    raise NotSimulated(f"$filter with a {type(node).__name__} literal")


def _property(record: Record, path: tuple[str, ...]) -> Any:
    value: Any = record.document()
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.lower() == wanted.lower()
    return bool(value == wanted)
