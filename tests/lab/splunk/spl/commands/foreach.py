"""foreach: runs a template for every field of a list, or for every element of a multivalue field or JSON array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import one_of, string
from ..command import Command
from ..errors import Unsupported
from ..json_paths import INVALID, parse, scalar_text
from ..tokens import Token
from ..values import Row, Value, as_list
from ..wildcards import matching_fields, pattern
from .eval import Eval

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler, Pipeline
    from ..search import Search

_OPTIONS: dict[str, Any] = {
    "mode": one_of("multifield", "multivalue", "json_array", "auto_collections"),
    "fieldstr": string,
    "matchstr": string,
    "matchseg1": string,
    "matchseg2": string,
    "matchseg3": string,
    "itemstr": string,
    "iterstr": string,
}
_DEFAULTS = {
    "fieldstr": "<<FIELD>>",
    "matchstr": "<<MATCHSTR>>",
    "matchseg1": "<<MATCHSEG1>>",
    "matchseg2": "<<MATCHSEG2>>",
    "matchseg3": "<<MATCHSEG3>>",
    "itemstr": "<<ITEM>>",
    "iterstr": "<<ITER>>",
}
#: The fields that hold the element and its number while a template for elements runs.
_ITEM = "__foreach_item"
_ITER = "__foreach_iter"


class Foreach(Command):
    """`foreach <field-list> [fieldstr=...] [<template>]` and `foreach mode=multivalue|json_array <field> [eval ...]`.

    multifield: the template is text; `<<FIELD>>` becomes the field's name, `<<MATCHSTR>>` what the wildcards of its
    pattern matched, `<<MATCHSEG1>>` to 3 what each of them matched. A pattern names the fields that the row has.
    The other modes: `<<ITEM>>` is the element, a value and not text, `<<ITER>>` its number from 0; the template is one
    eval. A field that the row lacks, or that is no JSON array, has no elements.
    """

    name = "foreach"
    placement = "streaming"

    def __init__(self, patterns: list[str], mode: str, template: Template) -> None:
        self.patterns = patterns
        self.mode = mode
        self.template = template

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options(_OPTIONS)
        start = args.peek()
        patterns = args.field_list()
        options |= args.options(_OPTIONS)
        if not patterns:
            patterns = args.field_list()
        if not patterns:
            raise args.error("expected a field", start)
        mode = options.pop("mode", "multifield")
        body = args.bracket()
        template = Template(compiler, args, body, _DEFAULTS | options)
        if mode == "multifield":
            template.compiled("field", ("1", "1", "1", "1"))  # refuses a wrong template before any row runs
        elif len(patterns) > 1:
            raise args.error(f"mode={mode} takes one field", start)
        else:
            template.element_eval()
        return cls(patterns, mode, template)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        if self.mode != "multifield":
            for row in rows:
                self._elements(row, search)
                yield row
            return
        for row in rows:
            moving = [row]
            for field, segments in self._fields(row):
                moving = self.template.run(field, segments, moving, search)
            yield from moving

    def _fields(self, row: Row) -> list[tuple[str, tuple[str, ...]]]:
        """The fields of a row that the list names, each with MATCHSTR and the three MATCHSEG."""
        found: dict[str, tuple[str, ...]] = {}
        for text in self.patterns:
            for name in matching_fields([text], row):
                match = pattern(text).fullmatch(name)
                groups = match.groups() if match else ()
                segments = (*groups, "", "", "")[:3]
                found.setdefault(name, ("".join(groups), *segments))
        return list(found.items())

    def _elements(self, row: Row, search: Search) -> None:
        for count, item in enumerate(_elements(row.get(self.patterns[0]), self.mode)):
            if item is not None:
                row[_ITEM] = item
            row[_ITER] = count
            self.template.element_eval().apply(row, search)
            row.pop(_ITEM, None)
            row.pop(_ITER, None)


class Template:
    """The text between the brackets, and what it compiles to for each field."""

    def __init__(self, compiler: Compiler, args: Arguments, body: Token, names: dict[str, str]) -> None:
        self._compiler = compiler
        self._args = args
        self._body = body
        self._names = names
        self._pipelines: dict[tuple[str, tuple[str, ...]], Pipeline] = {}
        self._element: Eval | None = None

    def compiled(self, field: str, segments: tuple[str, ...]) -> Pipeline:
        """The pipeline for one field. segments: MATCHSTR, MATCHSEG1, 2, 3."""
        key = (field, segments)
        if key not in self._pipelines:
            text = self._body.text.replace(self._names["fieldstr"], field)
            for name, segment in zip(("matchstr", "matchseg1", "matchseg2", "matchseg3"), segments, strict=True):
                text = text.replace(self._names[name], segment)
            pipeline = self._compiler.fragment(text, self._args.text, self._body.start)
            for command in pipeline.commands:
                if command.placement not in ("streaming", "stateful"):
                    raise self._args.error(f"{command.name} is not a streaming command", self._body)
            self._pipelines[key] = pipeline
        return self._pipelines[key]

    def run(self, field: str, segments: tuple[str, ...], rows: list[Row], search: Search) -> list[Row]:
        """The rows after the template has run for one field."""
        pipeline = self.compiled(field, segments)
        if all(isinstance(command, Eval) for command in pipeline.commands):
            for row in rows:
                for command in pipeline.commands:
                    assert isinstance(command, Eval)
                    command.apply(row, search)
            return rows
        pipeline.plan(role=search.role)
        return list(search.stream(pipeline, rows))

    def element_eval(self) -> Eval:
        """The eval for an element, which it reads from a field of its own."""
        if self._element is None:
            body = self._body
            text = body.text
            if _inside_quotes(text, self._names["itemstr"]) or _inside_quotes(text, self._names["iterstr"]):
                raise Unsupported(
                    self._names["itemstr"],
                    f"{self._names['itemstr']} and {self._names['iterstr']} stand for values; inside quotes they are "
                    "not supported.",
                    self._args.text,
                    body.start,
                )
            text = text.replace(self._names["itemstr"], _ITEM).replace(self._names["iterstr"], _ITER)
            commands = self._compiler.fragment(text, self._args.text, body.start).commands
            if len(commands) != 1 or not isinstance(commands[0], Eval):
                raise self._args.error("with this mode the template is one eval", body)
            self._element = commands[0]
        return self._element


def _inside_quotes(text: str, placeholder: str) -> bool:
    """Whether a placeholder stands inside single or double quotes."""
    quote = ""
    place = 0
    while place < len(text):
        char = text[place]
        if quote and text.startswith(placeholder, place):
            return True
        if char == "\\":
            place += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        place += 1
    return False


def _elements(value: Value | None, mode: str) -> list[Any]:
    """The elements of a field: values of a multivalue field, or of a JSON array (objects and arrays as JSON text)."""
    if value is None:
        return []
    if mode in ("json_array", "auto_collections") and isinstance(value, str):
        tree = parse(value)
        if tree is not INVALID and isinstance(tree, list):
            return [_element(item) for item in tree]
        if mode == "json_array":
            return []
    return [] if mode == "json_array" else as_list(value)


def _element(item: Any) -> Value | None:
    """A JSON element as a value: numbers stay numbers, null is null."""
    if isinstance(item, int | float) and not isinstance(item, bool):
        return item
    return scalar_text(item)
