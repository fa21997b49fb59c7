"""JSON functions. A JSON value in a field is compact text; inside one expression it is known to be JSON
(`JsonText`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...json_paths import ALL, INVALID, Number, PathError, dump, extract, parse, parse_fresh, scalar_text, steps
from ...values import JsonText, Value, as_list, from_list, number_text, text
from ..function import Call, Function, of_values
from ..node import Evaluate, Node, Type

if TYPE_CHECKING:
    from ...search import Search

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?\Z")


def native(value: Any) -> Value | None:
    """A JSON value as a value of eval: objects and arrays are JSON text, JSON null is null."""
    if isinstance(value, bool) or value is None:
        return scalar_text(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, dict | list):
        return JsonText(dump(value))
    return scalar_text(value)


def to_json(value: Value | None, static: Type) -> Any:
    """A value of eval as JSON. A text that looks like a number is one, unless its expression is text by its nature."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return Number(number_text(value))
    if isinstance(value, list):
        return [to_json(item, static) for item in value]
    if isinstance(value, JsonText):
        return parse(value)
    if static is not Type.STRING and _JSON_NUMBER.match(value):
        return parse(value)
    return str(value)


def _document(value: Value | None) -> Any:
    """The JSON document in a value, or INVALID."""
    if value is None or isinstance(value, list):
        return INVALID
    return parse(text(value))


def _check_path(call: Call, node: Node) -> None:
    if node.literal:
        try:
            steps(text(node.value or ""))
        except PathError as error:
            raise call.error(f"{call.name}: {error}.", node) from error


def _extract_one(document: Any, path: str) -> Value | None:
    found = extract(document, path)
    if path == "{}" and not isinstance(document, list):
        return native(document)
    if ALL in steps(path):
        return JsonText(dump(found)) if found else None
    return native(found[0]) if found else None


def _json_extract(call: Call) -> Node:
    for node in call.args[1:]:
        _check_path(call, node)
    subject, *paths = [node.evaluate for node in call.args]
    if len(paths) == 1 and call.args[1].literal:
        keys = steps(text(call.args[1].value or ""))
        if keys and all(isinstance(key, str) for key in keys):
            return call.node(_at_keys(subject, keys))

    def evaluate(row: Any, search: Search) -> Value | None:
        document = _document(subject(row, search))
        if document is INVALID:
            return None
        if not paths:
            return native(document)
        try:
            if len(paths) == 1:
                path = paths[0](row, search)
                return None if path is None else _extract_one(document, text(path))
            wanted = [text(path) for part in paths if (path := part(row, search)) is not None]
            return JsonText(dump([_first_or_all(document, path) for path in wanted]))
        except PathError as error:
            raise search.fail(f"json_extract: {error}.") from error

    return call.node(evaluate)


def _at_keys(subject: Evaluate, keys: Sequence[str | int]) -> Evaluate:
    """`json_extract` with a path of keys alone that the search writes out: at most one value is there."""

    def evaluate(row: Any, search: Search) -> Value | None:
        found = _document(subject(row, search))
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                return None
            found = found[key]
        return found if type(found) is str else native(found)

    return evaluate


def _first_or_all(document: Any, path: str) -> Any:
    found = extract(document, path)
    if ALL in steps(path):
        return found
    return found[0] if found else None


def _json_extract_exact(call: Call) -> Node:
    def calculate(value: Value, *keys: Value) -> Value | None:
        document = _document(value)
        if document is INVALID:
            return None
        if not keys:
            return native(document)
        if not isinstance(document, dict):
            return None
        found = [document.get(text(key)) for key in keys]
        return native(found[0]) if len(found) == 1 else JsonText(dump(found))

    return of_values("json_extract_exact", 1, None, calculate).build(call)


def _members(call: Call) -> Node:
    """json_object(key, value, ...)."""
    if len(call.args) % 2:
        raise call.error("The arguments to the 'json_object' function are invalid: it takes pairs of key and value.")
    pairs = [
        (call.args[place].evaluate, call.args[place + 1].evaluate, call.args[place + 1].type)
        for place in range(0, len(call.args), 2)
    ]

    def evaluate(row: Any, search: Search) -> Value | None:
        made: dict[str, Any] = {}
        for key_part, value_part, static in pairs:
            key = key_part(row, search)
            if key is None:
                return None
            made[text(key)] = to_json(value_part(row, search), static)
        return JsonText(dump(made))

    return call.node(evaluate)


def _elements(call: Call) -> Node:
    """json_array(value, ...)."""
    parts = [(node.evaluate, node.type) for node in call.args]

    def evaluate(row: Any, search: Search) -> Value | None:
        return JsonText(dump([to_json(part(row, search), static) for part, static in parts]))

    return call.node(evaluate)


def _changing(name: str, change: Callable[[Any, str, Any], None], *, paths: bool) -> Function:
    """A function that takes a document and pairs of path (or key) and value, and returns the changed document."""

    def build(call: Call) -> Node:
        if len(call.args) % 2 == 0:
            raise call.error(f"The arguments to the '{name}' function are invalid: it takes pairs behind the JSON.")
        if paths:
            for node in call.args[1::2]:
                _check_path(call, node)
        subject = call.args[0].evaluate
        pairs = [
            (call.args[place].evaluate, call.args[place + 1].evaluate, call.args[place + 1].type)
            for place in range(1, len(call.args), 2)
        ]

        def evaluate(row: Any, search: Search) -> Value | None:
            value = subject(row, search)
            document = INVALID if value is None or isinstance(value, list) else parse_fresh(text(value))
            if document is INVALID:
                return None
            for key_part, value_part, static in pairs:
                key = key_part(row, search)
                if key is None:
                    return None
                try:
                    change(document, text(key), to_json(value_part(row, search), static))
                except PathError as error:
                    raise search.fail(f"{name}: {error}.") from error
            return JsonText(dump(document))

        return call.node(evaluate)

    return Function(name, 3, None, build, takes_null=True)


def _parents(document: Any, path: str, *, create: bool = False) -> tuple[list[Any], str | int]:
    """The values that hold the last step of a path, and that step. create: missing keys on the way become objects."""
    *above, last = steps(path)
    found = [document]
    for step in above:
        if create and isinstance(step, str):
            for parent in found:
                if isinstance(parent, dict):
                    parent.setdefault(step, {})
        found = [item for parent in found for item in _below(parent, step)]
    return found, last


def _below(parent: Any, step: str | int) -> list[Any]:
    if isinstance(step, str):
        return [parent[step]] if isinstance(parent, dict) and step in parent else []
    if not isinstance(parent, list):
        return []
    return parent if step == ALL else parent[step : step + 1]


def _set(document: Any, path: str, value: Any) -> None:
    if not path:
        raise PathError("the path is empty")
    parents, last = _parents(document, path, create=True)
    for parent in parents:
        if isinstance(last, str) and isinstance(parent, dict):
            parent[last] = value
        elif isinstance(last, int) and isinstance(parent, list):
            places = range(len(parent)) if last == ALL else range(last, min(last + 1, len(parent)))
            for place in places:
                parent[place] = value


def _set_exact(document: Any, key: str, value: Any) -> None:
    if isinstance(document, dict):
        document[key] = value


def _change_at(document: Any, path: str, change: Callable[[Any], Any]) -> None:
    """Replace what stands at a path by what `change` makes of it; a path to nothing is left alone."""
    if not path:
        raise PathError("the path is empty")
    parents, last = _parents(document, path)
    for parent in parents:
        if isinstance(last, str):
            if isinstance(parent, dict) and last in parent:
                parent[last] = change(parent[last])
        elif isinstance(parent, list):
            places = range(len(parent)) if last == ALL else range(last, min(last + 1, len(parent)))
            for place in places:
                parent[place] = change(parent[place])


def _append(document: Any, path: str, value: Any) -> None:
    """The value becomes the last element; what is not an array becomes the first element of one."""
    _change_at(document, path, lambda old: [*(old if isinstance(old, list) else [old]), value])


def _extend(document: Any, path: str, value: Any) -> None:
    """The elements of an array become the last elements."""
    more = value if isinstance(value, list) else [value]
    _change_at(document, path, lambda old: [*(old if isinstance(old, list) else [old]), *more])


def _json_delete(call: Call) -> Node:
    """Keys, nested ones written with dots, are removed. Array elements cannot be."""
    for node in call.args[1:]:
        if node.literal and "{" in text(node.value or ""):
            raise call.unsupported("json_delete of an array element", node)
    subject, *parts = [node.evaluate for node in call.args]

    def evaluate(row: Any, search: Search) -> Value | None:
        value = subject(row, search)
        document = INVALID if value is None or isinstance(value, list) else parse_fresh(text(value))
        if not isinstance(document, dict):
            return None
        for part in parts:
            key = part(row, search)
            if key is None:
                return None
            for path in _paths_of(text(key)):
                _delete(document, path.split("."))
        return JsonText(dump(document))

    return call.node(evaluate)


def _paths_of(key: str) -> list[str]:
    """One path, or the paths in a JSON array of them."""
    listed = parse(key)
    return [str(item) for item in listed] if isinstance(listed, list) else [key]


def _delete(parent: Any, keys: list[str]) -> None:
    for key in keys[:-1]:
        if not isinstance(parent, dict):
            return
        parent = parent.get(key)
    if isinstance(parent, dict):
        parent.pop(keys[-1], None)


def _json(value: Value) -> Value | None:
    return None if _document(value) is INVALID else JsonText(text(value))


def _entries(value: Value) -> Value | None:
    document = _document(value)
    if not isinstance(document, dict):
        return None
    return JsonText(dump([{"key": key, "value": item} for key, item in document.items()]))


def _keys(value: Value) -> Value | None:
    document = _document(value)
    return JsonText(dump(list(document))) if isinstance(document, dict) else None


def _has_key(value: Value, key: Value) -> Value | None:
    document = _document(value)
    return isinstance(document, dict) and text(key) in document


def _array_to_mv(value: Value, keep_quotes: Value = False) -> Value | None:
    document = _document(value)
    if not isinstance(document, list):
        return None
    if keep_quotes is True:
        return from_list([dump(item) for item in document])
    return from_list([item for item in map(scalar_text, document) if item is not None])


def _mv_to_array(value: Value, infer_types: Value = False) -> Value | None:
    items = as_list(value)
    if infer_types is True:
        return JsonText(dump([_inferred(text(item)) for item in items]))
    return JsonText(dump([text(item) for item in items]))


def _inferred(item: str) -> Any:
    """The JSON value in a text; a text that is none becomes null."""
    found = parse(item)
    return None if found is INVALID else found


FUNCTIONS = (
    Function("json_extract", 1, None, _json_extract),
    Function("json_extract_exact", 1, None, _json_extract_exact),
    Function("json_object", 0, None, _members, takes_null=True),
    Function("json_array", 0, None, _elements, takes_null=True),
    _changing("json_set", _set, paths=True),
    _changing("json_set_exact", _set_exact, paths=False),
    _changing("json_append", _append, paths=True),
    _changing("json_extend", _extend, paths=True),
    Function("json_delete", 2, None, _json_delete),
    of_values("json", 1, 1, _json),
    of_values("json_valid", 1, 1, lambda value: _document(value) is not INVALID, Type.BOOLEAN),
    of_values("json_entries", 1, 1, _entries),
    of_values("json_keys", 1, 1, _keys),
    of_values("json_has_key_exact", 2, 2, _has_key, Type.BOOLEAN),
    of_values("json_array_to_mv", 1, 2, _array_to_mv),
    of_values("mv_to_json_array", 1, 2, _mv_to_array),
)
