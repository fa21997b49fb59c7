"""The one parser of eval expressions: text in, closure out.

Operators from the weakest: OR, XOR; AND; NOT; comparison (= == != < <= > >= LIKE IN); + - and `.`; * / %; unary minus.
AND binds tighter than OR, the other way round than in the `search` command. `.` mixed with + or -, and XOR mixed with
OR, need parentheses: Splunk's documents do not say how they bind, so this engine refuses to guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import SplSyntaxError, Unsupported
from ..values import Value
from .closures import LOGICAL, comparison, equals_literal, strict_one, strict_two
from .expression import Expression
from .function import Call
from .functions import FUNCTIONS
from .lexer import Kind, Token, token_at
from .node import Evaluate, Node, Type, field_reference, literal, union_of_fields
from .operators import ARITHMETIC, SINGLE, like, negate
from .precision import measure

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search

_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_WORDS = ("AND", "OR", "XOR", "NOT", "LIKE", "IN")
_DEEPEST = 60


def parse_expression(compiler: Compiler, command: str, source: str, start: int, end: int) -> tuple[Expression, int]:
    """The expression that begins at `start`, and where it stops: at what cannot go on with it, or at `end`.

    command: for messages. Raises SplSyntaxError and Unsupported with the place in `source`.
    """
    parser = _Parser(compiler, command, source, start, end)
    node = parser.expression()
    stop = parser.last_end
    text_of = source[node.start : stop]
    expression = Expression(node.evaluate, node.fields, node.type is Type.BOOLEAN, text_of, source, node.start)
    return expression, stop


class _Parser:
    def __init__(self, compiler: Compiler, command: str, source: str, start: int, end: int) -> None:
        self.compiler = compiler
        self.command = command
        self.source = source
        self.end = end
        self.token = token_at(source, start, end)
        self.last_end = start
        self.depth = 0

    # -- tokens

    def advance(self) -> Token:
        taken = self.token
        self.last_end = taken.end
        operand = taken.kind in (Kind.NUMBER, Kind.STRING, Kind.FIELD, Kind.NAME) or taken.is_operator(")")
        self.token = self._next(taken.end, after_operand=operand)
        return taken

    def _next(self, place: int, *, after_operand: bool = False) -> Token:
        """The token at a place. What stands behind an expression may be another command's syntax, and is its
        business."""
        try:
            return token_at(self.source, place, self.end, after_operand=after_operand)
        except SplSyntaxError as error:
            at = error.position if error.position is not None else place
            return Token(Kind.END, self.source[at : at + 1], at, at)

    def accept(self, *operators: str) -> Token | None:
        return self.advance() if self.token.is_operator(*operators) else None

    def accept_word(self, *words: str) -> Token | None:
        return self.advance() if self.token.is_name(*words) else None

    def expect(self, operator: str) -> Token:
        if not self.token.is_operator(operator):
            raise self.error(f"expected {operator!r}", self.token.start)
        return self.advance()

    def error(self, message: str, place: int) -> SplSyntaxError:
        return SplSyntaxError(
            f"Error in '{self.command}' command: The expression is malformed: {message}.", self.source, place
        )

    def typecheck(self, message: str, place: int) -> SplSyntaxError:
        return SplSyntaxError(f"Error in '{self.command}' command: Type checking failed. {message}", self.source, place)

    # -- grammar

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error("it is nested too deeply", self.token.start)
        yield
        self.depth -= 1

    def expression(self) -> Node:
        with self.deeper():
            parts = [self.conjunction()]
            joined: str | None = None
            while word := self.accept_word("OR", "XOR"):
                name = word.text.upper()
                if joined not in (None, name):
                    raise self.ambiguous("OR with XOR", word)
                joined = name
                parts.append(self.conjunction())
        return parts[0] if joined is None else self.logical(joined, parts)

    def conjunction(self) -> Node:
        parts = [self.negation()]
        while self.accept_word("AND"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else self.logical("AND", parts)

    def negation(self) -> Node:
        word = self.accept_word("NOT") or self.accept("!")
        if not word:
            return self.comparison()
        with self.deeper():
            operand = self.boolean_operand("NOT", self.negation())
        inner = operand.evaluate

        def negated(row: Any, search: Search) -> Value | None:
            value = inner(row, search)
            return not value if isinstance(value, bool) else None

        return Node(negated, Type.BOOLEAN, operand.fields, word.start, self.last_end)

    def comparison(self) -> Node:
        left = self.sum()
        if operator := self.accept(*_COMPARISONS):
            right = self.sum()
            if self.token.is_operator(*_COMPARISONS):
                raise self.error("comparisons cannot be chained", self.token.start)
            return self.compare(_COMPARISONS[operator.text], left, right)
        if self.accept_word("LIKE"):
            right = self.sum()
            return self.joined(strict_two(left.evaluate, right.evaluate, like), Type.BOOLEAN, left, right)
        if word := self.accept_word("IN"):
            self.expect("(")
            items = self.arguments()
            if not items:
                raise self.error("IN needs at least one value", word.start)
            call = Call("in", (left, *items), self.source, left.start, self.last_end, self.command, self.compiler)
            return FUNCTIONS["in"].build(call)
        return left

    def sum(self) -> Node:
        left = self.product()
        kind: str | None = None
        while operator := self.accept("+", "-", "."):
            now = "." if operator.text == "." else "+"
            if kind not in (None, now):
                raise self.ambiguous("'.' with '+' or '-'", operator)
            kind = now
            left = self.calculate(operator, left, self.product())
        return left

    def product(self) -> Node:
        left = self.unary()
        while operator := self.accept("*", "/", "%"):
            left = self.calculate(operator, left, self.unary())
        return left

    def unary(self) -> Node:
        sign = self.accept("-", "+")
        if not sign:
            return self.primary()
        with self.deeper():
            inner = self.unary()
        self.numeric_operand(sign, inner)
        if inner.literal and isinstance(inner.value, int | float):
            value = negate(inner.value) if sign.text == "-" else inner.value
            assert value is not None
            return literal(value, sign.start, inner.end)
        if sign.text == "+":
            return inner
        return self.joined(strict_one(inner.evaluate, negate), Type.NUMBER, inner)

    def primary(self) -> Node:
        token = self.token
        if token.kind is Kind.NUMBER:
            self.advance()
            value = measure(token.text)
            assert value is not None
            return literal(value, token.start, token.end)
        if token.kind is Kind.STRING:
            self.advance()
            return literal(token.text, token.start, token.end)
        if token.kind is Kind.FIELD:
            if not token.text:
                raise self.error("an empty field name", token.start)
            self.advance()
            return field_reference(token.text, token.start, token.end)
        if token.kind is Kind.NAME and self._names_a_value(token):
            self.advance()
            if self.token.is_operator("("):
                return self.call(token)
            return field_reference(token.text, token.start, token.end)
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if token.text == "[":
            raise Unsupported(
                "a subsearch in an expression",
                f"Error in '{self.command}' command: A subsearch inside an expression is not supported.",
                self.source,
                token.start,
            )
        raise self.error(self._unexpected(token), token.start)

    def _names_a_value(self, token: Token) -> bool:
        """Whether a word is a field or a function here. `like(...)` and `in(...)` are functions, LIKE and IN
        operators."""
        word = token.text.upper()
        if word in ("LIKE", "IN"):
            return self._next(token.end).is_operator("(")
        return word not in _WORDS

    def _unexpected(self, token: Token) -> str:
        if token.kind is Kind.END:
            return f"unexpected {token.text!r}" if token.text else "a value is missing"
        return f"unexpected {self.source[token.start : token.end]!r}"

    def arguments(self) -> list[Node]:
        """The arguments behind an opening parenthesis, which is taken; the closing one is taken too."""
        args: list[Node] = []
        if self.accept(")"):
            return args
        while True:
            args.append(self.expression())
            if self.accept(")"):
                return args
            self.expect(",")

    def call(self, name: Token) -> Node:
        known = FUNCTIONS.get(name.text.lower())
        if known is None:
            raise Unsupported(
                name.text,
                f"Error in '{self.command}' command: The '{name.text}' function is unsupported or undefined.",
                self.source,
                name.start,
            )
        self.expect("(")
        args = self.arguments()
        call = Call(known.name, tuple(args), self.source, name.start, self.last_end, self.command, self.compiler)
        if len(args) < known.least or (known.most is not None and len(args) > known.most):
            raise call.error(
                f"The arguments to the '{known.name}' function are invalid: {_arity(known.least, known.most)}."
            )
        refused_null = next((node for node in args if node.type is Type.NULL), None)
        if refused_null is not None and not known.takes_null:
            raise call.error(
                f"The arguments to the '{known.name}' function are invalid: null() is not taken.", refused_null
            )
        return known.build(call)

    # -- meaning

    def ambiguous(self, what: str, token: Token) -> Unsupported:
        return Unsupported(
            what,
            f"Error in '{self.command}' command: mixing {what} without parentheses is not supported; add parentheses.",
            self.source,
            token.start,
        )

    def joined(self, evaluate: Evaluate, result: Type, *parts: Node) -> Node:
        return Node(evaluate, result, union_of_fields(parts), parts[0].start, self.last_end)

    def boolean_operand(self, operator: str, node: Node) -> Node:
        if node.type in (Type.NUMBER, Type.STRING):
            raise self.typecheck(f"'{operator}' only takes boolean arguments.", node.start)
        return node

    def numeric_operand(self, operator: Token, node: Node) -> None:
        if node.type in (Type.BOOLEAN, Type.STRING, Type.NULL):
            raise self.typecheck(f"'{operator.text}' only takes numbers.", node.start)

    def logical(self, name: str, parts: list[Node]) -> Node:
        tests = [self.boolean_operand(name, part).evaluate for part in parts]
        return self.joined(LOGICAL[name](tests), Type.BOOLEAN, *parts)

    def calculate(self, operator: Token, left: Node, right: Node) -> Node:
        sign = operator.text
        types = {left.type, right.type}
        if Type.BOOLEAN in types:
            raise self.typecheck(f"'{sign}' does not take boolean values.", operator.start)
        if Type.NULL in types:
            raise self.typecheck(f"'{sign}' does not take null().", operator.start)
        if sign == "+" and Type.STRING in types:
            if Type.NUMBER in types:
                raise self.typecheck("'+' only takes two strings or two numbers.", operator.start)
            sign = "."
        elif sign in ("-", "*", "/", "%"):
            self.numeric_operand(operator, left)
            self.numeric_operand(operator, right)
        result = Type.STRING if sign == "." else Type.NUMBER
        return self.joined(strict_two(left.evaluate, right.evaluate, ARITHMETIC[sign]), result, left, right)

    def compare(self, name: str, left: Node, right: Node) -> Node:
        holds = SINGLE[name]
        types = {left.type, right.type}
        if Type.NULL in types and types & {Type.STRING, Type.NUMBER}:
            raise self.typecheck(f"The '{name}' operator received different types.", left.start)
        if name == "=" and right.literal and right.value is not None:
            evaluate = equals_literal(left.evaluate, right.value)
        else:
            evaluate = comparison(left.evaluate, right.evaluate, holds)
        return self.joined(evaluate, Type.BOOLEAN, left, right)


def _arity(least: int, most: int | None) -> str:
    if most is None:
        return f"it takes {least} or more"
    return f"it takes {least}" if least == most else f"it takes {least} to {most}"
