"""Operators of eval: what they bind, what types they take, what null and multivalue fields do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.splunk.spl.errors import SplError, SplSyntaxError, Unsupported

Evaluate = Callable[..., Any]

PRECEDENCE = [
    pytest.param("1+2*3", {}, "7", id="product before sum"),
    pytest.param("(1+2)*3", {}, "9", id="parentheses first"),
    pytest.param("10-4-3", {}, "3", id="minus from the left"),
    pytest.param("100/10/2", {}, "5", id="division from the left"),
    pytest.param("7%4*2", {}, "6", id="modulo like product"),
    pytest.param("-2*3", {}, "-6", id="unary minus before product"),
    pytest.param("5--3", {}, "8", id="minus a negative"),
    pytest.param("a-b", {"a": "5", "b": "3"}, "2", id="a-b subtracts"),
    pytest.param("+a", {"a": "5"}, "5", id="unary plus"),
    pytest.param("- - 4", {}, "4", id="two unary minus"),
    pytest.param('"x"."y".1', {}, "xy1", id="dot concatenates from the left, a digit behind it too"),
    pytest.param("1 . 2", {}, "12", id="dot between numbers concatenates"),
    pytest.param("a.b", {"a": "1", "b": "2", "a.b": "3"}, "12", id="an unquoted dot is never part of a name"),
    pytest.param("'a.b'", {"a": "1", "b": "2", "a.b": "3"}, "3", id="a quoted dot is part of the name"),
    pytest.param("if(1=1 OR 1=1 AND 1=2, 1, 0)", {}, "1", id="AND before OR"),
    pytest.param("if((1=1 OR 1=1) AND 1=2, 1, 0)", {}, "0", id="parentheses change it"),
    pytest.param("if(NOT 1=2 AND 1=2, 1, 0)", {}, "0", id="NOT takes one condition"),
    pytest.param("if(NOT (1=2 AND 1=2), 1, 0)", {}, "1", id="NOT of a group"),
    pytest.param("if(1+1=2, 1, 0)", {}, "1", id="arithmetic before comparison"),
    pytest.param("if(!isnull(a), 1, 0)", {"a": "x"}, "1", id="! is NOT"),
    pytest.param("if(1=1 XOR 1=1, 1, 0)", {}, "0", id="XOR of two truths"),
    pytest.param("if(1=1 xor 1=2, 1, 0)", {}, "1", id="words of operators in any case"),
    pytest.param('if(a like "b%", 1, 0)', {"a": "bob"}, "1", id="LIKE in lower case"),
]


@pytest.mark.parametrize(("expression", "row", "expected"), PRECEDENCE)
def test_operators_bind(evaluate: Evaluate, expression: str, row: dict[str, Any], expected: str) -> None:
    assert evaluate(expression, row) == expected


COMPARISONS = [
    pytest.param('a="b"', {"a": "b"}, True, id="text equal"),
    pytest.param('a="B"', {"a": "b"}, False, id="case counts"),
    pytest.param('a="b*"', {"a": "bob"}, False, id="no wildcards"),
    pytest.param("a=5", {"a": "5.0"}, True, id="numbers in text compare as numbers"),
    pytest.param('a="5"', {"a": "5.0"}, True, id="a quoted number too"),
    pytest.param("a==b", {"a": "1e3", "b": "1000"}, True, id="fields as numbers"),
    pytest.param("a=b", {"a": "x", "b": "x"}, True, id="field against field"),
    pytest.param("a=5", {"a": " 5"}, False, id="white space makes it text"),
    pytest.param("a<10", {"a": "9"}, True, id="9 < 10"),
    pytest.param('a<"b"', {"a": "a"}, True, id="texts by code point"),
    pytest.param('a<"a"', {"a": "B"}, True, id="capitals come first"),
    pytest.param("a<10", {"a": "x"}, False, id="a text is not less than a number"),
    pytest.param("a>10", {"a": "x"}, False, id="nor greater"),
    pytest.param("a!=10", {"a": "x"}, True, id="but not equal"),
    pytest.param("a>=2.5", {"a": "2.50"}, True, id="decimals"),
    pytest.param("a=5", {}, None, id="null = is null"),
    pytest.param("a!=5", {}, None, id="null != is null"),
    pytest.param("NOT a=5", {}, None, id="NOT null is null"),
    pytest.param("a=5 AND 1=2", {}, False, id="null AND FALSE"),
    pytest.param("a=5 AND 1=1", {}, None, id="null AND TRUE"),
    pytest.param("a=5 OR 1=1", {}, True, id="null OR TRUE"),
    pytest.param("a=5 OR 1=2", {}, None, id="null OR FALSE"),
    pytest.param("a=5 XOR 1=1", {}, None, id="null XOR"),
    pytest.param('m="b"', {"m": ["a", "b"]}, True, id="multivalue: any value"),
    pytest.param('m!="b"', {"m": ["a", "b"]}, True, id="multivalue: any value differs"),
    pytest.param('NOT m="b"', {"m": ["a", "b"]}, False, id="multivalue: NOT any"),
    pytest.param("m>2", {"m": ["1", "3"]}, True, id="multivalue: any greater"),
    pytest.param('a="a\\"b"', {"a": 'a"b'}, True, id="escaped quote"),
    pytest.param('a="C:\\\\x"', {"a": "C:\\x"}, True, id="escaped backslash"),
    pytest.param('a="\\d"', {"a": "\\d"}, True, id="other backslashes stay"),
    pytest.param('a IN ("x","y")', {"a": "y"}, True, id="IN"),
    pytest.param('a IN ("x",b)', {"a": "z", "b": "z"}, True, id="IN with a field"),
    pytest.param('a IN ("x*")', {"a": "xy"}, False, id="IN has no wildcards here"),
    pytest.param('NOT a IN ("x")', {"a": "y"}, True, id="NOT IN"),
    pytest.param('a LIKE "1_.%"', {"a": "10.0.0.1"}, True, id="LIKE operator"),
    pytest.param("'user name'=\"bob\"", {"user name": "bob"}, True, id="field name with a blank"),
    pytest.param("true()=true()", {}, True, id="booleans are equal"),
]


@pytest.mark.parametrize(("expression", "row", "expected"), COMPARISONS)
def test_comparisons_hold(evaluate: Evaluate, expression: str, row: dict[str, Any], expected: bool | None) -> None:
    assert evaluate(expression, row) is expected


ARITHMETIC = [
    pytest.param("a+1", {"a": "5"}, "6", id="number in a field"),
    pytest.param("a+b", {"a": "5", "b": "6"}, "11", id="two fields add"),
    pytest.param("a+b", {"a": "x", "b": "y"}, None, id="two fields with text do not"),
    pytest.param('a+"2"', {"a": "1"}, "12", id="plus with a text in sight concatenates"),
    pytest.param("lower(a)+lower(b)", {"a": "X", "b": "Y"}, "xy", id="plus of two texts"),
    pytest.param("a*2", {"a": "x"}, None, id="text times number is null"),
    pytest.param("a+1", {}, None, id="null propagates"),
    pytest.param('a."x"', {}, None, id="null concatenated is null"),
    pytest.param("a+1", {"a": ["1", "2"]}, None, id="multivalue in arithmetic is null"),
    pytest.param('a."x"', {"a": ["1", "2"]}, None, id="multivalue concatenated is null"),
    pytest.param("6/2", {}, "3", id="whole quotient"),
    pytest.param("10/3", {}, "3.3333333333333335", id="quotient of integers keeps its digits"),
    pytest.param("10/0", {}, None, id="division by zero"),
    pytest.param("5%0", {}, None, id="modulo zero"),
    pytest.param("0-7%3", {}, "-1", id="modulo first, then minus"),
    pytest.param("a%3", {"a": "-7"}, "-1", id="modulo keeps the sign of the dividend"),
    pytest.param("9007199254740993+0", {}, "9007199254740993", id="64-bit integers are exact"),
    pytest.param("9223372036854775807+1", {}, "9.223372036854776e+18", id="beyond them doubles"),
    pytest.param("0.1+0.2", {}, "0.3", id="sum has the decimals of its operands"),
    pytest.param("a+0.25", {"a": "0.1"}, "0.4", id="sum: the fewest decimals, half up"),
    pytest.param("2.1*1024", {}, "2150", id="product: significant figures, whole part kept"),
    pytest.param("2.1000*1024", {}, "2150.4", id="more figures, more digits"),
    pytest.param("2.10000*1024.10", {}, "2150.61", id="the fewest of both"),
    pytest.param("2*0.9", {}, "2", id="one figure only"),
    pytest.param("2*0.90", {}, "1.8", id="two figures"),
    pytest.param("a*b", {"a": "0.014", "b": "0.23"}, "0.0032", id="figures of fields"),
    pytest.param("1.00*1111", {}, "1111", id="the whole part is never rounded"),
    pytest.param("exact(2.1*1024)", {}, "2150.4", id="exact takes the limit away"),
    pytest.param("5-2.50", {}, "2.50", id="difference shows its decimals"),
    pytest.param("-a", {"a": "2.50"}, "-2.50", id="unary minus keeps them"),
    pytest.param("a/b", {"a": "1", "b": "8"}, "0.125", id="exact quotient"),
    pytest.param("1e3+1", {}, "1001", id="exponent in a literal"),
    pytest.param(".5+.5", {}, "1.0", id="literals without a leading zero"),
]


@pytest.mark.parametrize(("expression", "row", "expected"), ARITHMETIC)
def test_arithmetic_gives(evaluate: Evaluate, expression: str, row: dict[str, Any], expected: str | None) -> None:
    assert evaluate(expression, row) == expected


MALFORMED = [
    pytest.param("1+", 3, "a value is missing", id="operand missing"),
    pytest.param("(1+2", 5, "expected ')'", id="parenthesis open"),
    pytest.param("1+2)", 4, "unexpected ')'", id="parenthesis too many"),
    pytest.param('"abc', 1, "Unbalanced quotes", id="quote open"),
    pytest.param("if(a=1 b=2,1,0)", 8, "expected ','", id="operator missing"),
    pytest.param("a=1=2", 4, "chained", id="comparisons chained"),
    pytest.param("a # b", 3, "unexpected '# b'", id="unknown character"),
    pytest.param("1st", 1, "begins with a digit", id="name with a leading digit"),
    pytest.param("a IN ()", 3, "at least one value", id="empty IN"),
    pytest.param("a IN 5", 6, "expected '('", id="IN without parentheses"),
    pytest.param("AND a=1", 1, "unexpected 'AND'", id="operator first"),
    pytest.param("NOT", 4, "a value is missing", id="NOT alone"),
    pytest.param("''", 1, "an empty field name", id="empty field name"),
    pytest.param('"x"*2', 1, "'*' only takes numbers", id="text literal in a product"),
    pytest.param('"1"-1', 1, "'-' only takes numbers", id="quoted number in a difference"),
    pytest.param('"1"+1', 4, "only takes two strings or two numbers", id="text plus number"),
    pytest.param("(1=1)+1", 6, "does not take boolean", id="boolean in a sum"),
    pytest.param('"x".null()', 4, "does not take null()", id="null() concatenated"),
    pytest.param("5=null()", 1, "received different types", id="compared with null()"),
    pytest.param('"x" AND a=1', 1, "only takes boolean", id="text literal as condition"),
    pytest.param("a=1 OR 5", 8, "only takes boolean", id="number as condition"),
    pytest.param("NOT 5", 5, "only takes boolean", id="NOT a number"),
    pytest.param("len()", 1, "it takes 1", id="argument missing"),
    pytest.param("len(a,b)", 1, "it takes 1", id="argument too many"),
    pytest.param("if(a=1,2)", 1, "it takes 3", id="if without else"),
    pytest.param("len(5)", 5, "takes a text", id="len of a number"),
    pytest.param("upper(1+1)", 7, "takes a text", id="upper of a number"),
    pytest.param("upper(null())", 7, "null() is not taken", id="null() as argument"),
]


@pytest.mark.parametrize(("expression", "column", "words"), MALFORMED)
def test_what_is_malformed_is_refused_at_its_place(
    evaluate: Evaluate, expression: str, column: int, words: str
) -> None:
    with pytest.raises(SplSyntaxError, match=_literally(words)) as refused:
        evaluate(expression)
    assert refused.value.line_and_column == (1, column)


AMBIGUOUS = [
    pytest.param('"n: ".1+2', "'.' with '+' or '-'", id="dot with plus"),
    pytest.param("a-b.c", "'.' with '+' or '-'", id="minus with dot"),
    pytest.param("a=1 OR b=1 XOR c=1", "OR with XOR", id="OR with XOR"),
]


@pytest.mark.parametrize(("expression", "what"), AMBIGUOUS)
def test_what_is_ambiguous_asks_for_parentheses(evaluate: Evaluate, expression: str, what: str) -> None:
    with pytest.raises(Unsupported, match="add parentheses") as refused:
        evaluate(expression)
    assert refused.value.what == what


def test_deep_nesting_is_an_error_and_no_crash(evaluate: Evaluate) -> None:
    with pytest.raises(SplError, match="nested too deeply"):
        evaluate("(" * 5000 + "1" + ")" * 5000)


def _literally(words: str) -> str:
    import re

    return re.escape(words)
