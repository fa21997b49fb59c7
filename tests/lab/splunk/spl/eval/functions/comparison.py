"""Comparison and conditional functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import SplError
from ...networks import address, contains, network
from ...values import Value, as_list, text
from ..function import Call, Function, of_values, refused
from ..node import Evaluate, Node, Type
from ..operators import equal, like

if TYPE_CHECKING:
    from ...search import Search


def _condition(call: Call, node: Node) -> Evaluate:
    """An argument that has to be a condition. Raises SplSyntaxError for a number or a text."""
    if node.type in (Type.NUMBER, Type.STRING):
        raise call.error(f"The arguments to the '{call.name}' function are invalid: a boolean is expected here.", node)
    return node.evaluate


def _common_type(nodes: list[Node]) -> Type:
    """The type that all results share, null ones aside. One boolean result makes the whole a boolean."""
    types = {node.type for node in nodes} - {Type.NULL}
    if Type.BOOLEAN in types:
        return Type.BOOLEAN
    return types.pop() if len(types) == 1 else Type.ANY


def _if(call: Call) -> Node:
    condition = _condition(call, call.args[0])
    yes, no = call.args[1].evaluate, call.args[2].evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        return yes(row, search) if condition(row, search) is True else no(row, search)

    return call.node(evaluate, _common_type(list(call.args[1:])))


def _pairs(call: Call) -> list[tuple[Evaluate, Evaluate]]:
    if len(call.args) % 2:
        raise call.error(
            f"The arguments to the '{call.name}' function are invalid: it takes pairs of condition and value."
        )
    return [
        (_condition(call, call.args[place]), call.args[place + 1].evaluate) for place in range(0, len(call.args), 2)
    ]


def _case(call: Call) -> Node:
    pairs = _pairs(call)

    def evaluate(row: Any, search: Search) -> Value | None:
        for condition, value in pairs:
            if condition(row, search) is True:
                return value(row, search)
        return None

    return call.node(evaluate, _common_type(list(call.args[1::2])))


def _validate(call: Call) -> Node:
    """The value beside the first condition that is not TRUE."""
    pairs = _pairs(call)

    def evaluate(row: Any, search: Search) -> Value | None:
        for condition, value in pairs:
            if condition(row, search) is not True:
                return value(row, search)
        return None

    return call.node(evaluate, _common_type(list(call.args[1::2])))


def _coalesce(call: Call) -> Node:
    parts = [node.evaluate for node in call.args]

    def evaluate(row: Any, search: Search) -> Value | None:
        for part in parts:
            value = part(row, search)
            if value is not None:
                return value
        return None

    return call.node(evaluate, _common_type(list(call.args)))


def _nullif(call: Call) -> Node:
    first, second = call.args[0].evaluate, call.args[1].evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        value = first(row, search)
        if value is None:
            return None
        other = second(row, search)
        if other is None:
            return value
        if isinstance(value, list) or isinstance(other, list):
            same = [text(item) for item in as_list(value)] == [text(item) for item in as_list(other)]
        else:
            same = equal(value, other)
        return None if same else value

    return call.node(evaluate, call.args[0].type)


def _in(call: Call) -> Node:
    """`in(x, ...)` and `x IN (...)`: equal to one of the values, as `=` compares; no wildcards."""
    first, *others = call.args
    if all(node.literal for node in others):
        return _in_literals(call, first, [node.value for node in others if node.value is not None])
    evaluate_first, parts = first.evaluate, [node.evaluate for node in others]

    def evaluate(row: Any, search: Search) -> Value | None:
        value = evaluate_first(row, search)
        if value is None:
            return None
        wanted = [item for part in parts for item in as_list(part(row, search))]
        return any(equal(item, other) for item in as_list(value) for other in wanted)

    return call.node(evaluate, Type.BOOLEAN)


def _in_literals(call: Call, first: Node, values: list[Value]) -> Node:
    texts = frozenset(text(value) for value in values)
    inner = first.evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        value = inner(row, search)
        if value is None:
            return None
        if type(value) is str and value in texts:
            return True
        return any(equal(item, other) for item in as_list(value) for other in values)

    return call.node(evaluate, Type.BOOLEAN)


def _match(call: Call) -> Node:
    subject, regex = call.args[0].evaluate, call.regex(call.args[1])

    def evaluate(row: Any, search: Search) -> Value | None:
        value = subject(row, search)
        if value is None:
            return None
        pattern = regex(row, search)
        if pattern is None:
            return None
        if type(value) is str:
            return pattern.matches(value)
        return any(pattern.matches(text(item)) for item in as_list(value))

    return call.node(evaluate, Type.BOOLEAN)


def _cidrmatch(call: Call) -> Node:
    """TRUE when the address is in the network. A text that is no network or no address is in none: FALSE."""
    cidr = call.args[0]
    if cidr.literal and network(text(cidr.value or "")) is None and address(text(cidr.value or "")) is None:
        raise call.error(
            f"The arguments to the 'cidrmatch' function are invalid: '{cidr.value}' is not a subnet.", cidr
        )

    def holds(subnet: Value, value: Value) -> Value | None:
        return any(_contains(text(net), text(item)) for net in as_list(subnet) for item in as_list(value))

    return of_values("cidrmatch", 2, 2, holds, Type.BOOLEAN).build(call)


def _contains(subnet: str, ip: str) -> bool:
    if network(subnet) is None and address(subnet) is not None:
        return address(subnet) == address(ip)
    return contains(subnet, ip) is True


def _searchmatch(call: Call) -> Node:
    words = call.args[0]
    if not words.literal or not isinstance(words.value, str):
        raise call.unsupported("searchmatch with anything but a quoted text", words)
    try:
        expression = call.compiler.search_expression(words.value)
    except SplError as error:
        raise call.error(f"searchmatch({words.value!r}): {error.message}", words) from error

    def evaluate(row: Any, search: Search) -> Value | None:
        tests = search.memo(expression, lambda: expression.resolve(search))
        return bool(tests(row))

    return Node(evaluate, Type.BOOLEAN, expression.fields, call.start, call.end)


def _constant(value: bool) -> Any:
    def build(call: Call) -> Node:
        return call.node(lambda row, search: value, Type.BOOLEAN)

    return build


def _null(call: Call) -> Node:
    return call.node(lambda row, search: None, Type.NULL)


FUNCTIONS = (
    Function("if", 3, 3, _if, takes_null=True),
    Function("case", 2, None, _case, takes_null=True),
    Function("validate", 2, None, _validate, takes_null=True),
    Function("coalesce", 1, None, _coalesce, takes_null=True),
    Function("nullif", 2, 2, _nullif, takes_null=True),
    Function("in", 2, None, _in, takes_null=True),
    of_values("like", 2, 2, like, Type.BOOLEAN),
    Function("match", 2, 2, _match),
    Function("cidrmatch", 2, 2, _cidrmatch),
    Function("searchmatch", 1, 1, _searchmatch),
    Function("true", 0, 0, _constant(True)),
    Function("false", 0, 0, _constant(False)),
    Function("null", 0, 0, _null),
    refused("lookup", "use the lookup command"),
)
