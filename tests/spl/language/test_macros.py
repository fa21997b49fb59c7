"""Macros and comments."""

from __future__ import annotations

import re

import pytest
from memory_environment import MemoryEnvironment

from lab.splunk.spl.compiler import Compiler
from lab.splunk.spl.environment import Macro
from lab.splunk.spl.errors import SplSyntaxError
from lab.splunk.spl.macros import split_arguments, strip_comments

MACROS = {
    ("bad", 0): Macro("(status=404 OR status=403)"),
    ("big", 2): Macro("$f$ > $n$", ("f", "n")),
    ("nested", 1): Macro("`big($x$, 5)` AND `bad`", ("x",)),
    ("strip", 1): Macro('rename "$object$.*" AS *', ("object",)),
    ("said", 1): Macro('eval x="$v$"', ("v",)),
    ("twice", 0): Macro('"stats count by ".lower("HOST")', iseval=True),
    ("number", 0): Macro("1+1", iseval=True),
    ("checked", 1): Macro(
        "head $n$", ("n",), validation="isint($n$) AND $n$>0", errormsg="n must be a positive integer"
    ),
    ("told", 1): Macro("head $n$", ("n",), validation='case($n$>9, "n is too large")'),
    ("loop", 0): Macro("a `loop2`"),
    ("loop2", 0): Macro("`loop`"),
    ("with-comment", 0): Macro("index=main ```the place``` host=a"),
    ("over", 1): Macro("one $a$", ("a",)),
    ("over", 2): Macro("two $a$ $b$", ("a", "b")),
    ("dollars", 1): Macro("$a$ $b$ $$", ("a",)),
}


def expanded(text: str) -> str:
    return Compiler(MemoryEnvironment(macros=MACROS), {}).expand(text)


EXPANSIONS = [
    pytest.param("search `bad`", "search (status=404 OR status=403)", id="without arguments"),
    pytest.param("where `big(bytes,900)`", "where bytes > 900", id="arguments"),
    pytest.param("where `big( bytes , 900 )`", "where bytes > 900", id="blanks round arguments"),
    pytest.param("where `nested(b)`", "where b > 5 AND (status=404 OR status=403)", id="nested"),
    pytest.param('| `strip("Authentication")`', '| rename "Authentication.*" AS *', id="outer quotes go"),
    pytest.param('`said("a, b")`', 'eval x="a, b"', id="a comma in quotes"),
    pytest.param('`said("a\\"b")`', 'eval x="a"b"', id="escaped quote"),
    pytest.param("`said(f(a,b))`", 'eval x="f(a,b)"', id="a comma in parentheses"),
    pytest.param("| `twice`", "| stats count by host", id="eval"),
    pytest.param("`checked(3)`", "head 3", id="validation holds"),
    pytest.param("`told(3)`", "head 3", id="validation message is null"),
    pytest.param("`over(x)` `over(x,y)`", "one x two x y", id="one name, two arities"),
    pytest.param("`dollars(x)`", "x $b$ $$", id="other dollars stay"),
    pytest.param('eval x="`bad`"', 'eval x="`bad`"', id="not in quotes"),
    pytest.param("`with-comment`", "index=main                 host=a", id="comment in a definition"),
    pytest.param("` bad `", "(status=404 OR status=403)", id="blanks round the name"),
]


@pytest.mark.parametrize(("text", "expected"), EXPANSIONS)
def test_macro_expands(text: str, expected: str) -> None:
    assert expanded(text) == expected


REFUSED = [
    pytest.param("search `nope`", 8, "'nope' that cannot be found", id="unknown"),
    pytest.param("`big(1)`", 1, "does not take 1 arguments (it is defined for 2)", id="wrong number"),
    pytest.param("`bad(1)`", 1, "does not take 1 arguments (it is defined for 0)", id="arguments to none"),
    pytest.param("`over`", 1, "defined for 1, 2", id="wrong number of two"),
    pytest.param("x `checked(0)`", 3, "n must be a positive integer", id="validation false"),
    pytest.param('`checked("a")`', 1, "n must be a positive integer", id="validation of a text"),
    pytest.param("`told(10)`", 1, "n is too large", id="validation message"),
    pytest.param("`number`", 1, "must return a string", id="eval of a number"),
    pytest.param("`loop`", 3, "contains itself: loop > loop2 > loop", id="recursion"),
    pytest.param("a `bad", 3, "opened and never closed", id="backtick open"),
    pytest.param("a ```comment", 3, "comment is opened", id="comment open"),
    pytest.param('a `said("x)`', 9, "Unbalanced quotes", id="quote open"),
    pytest.param("`a(b`", 1, "not a macro call", id="parenthesis open"),
]


@pytest.mark.parametrize(("text", "column", "words"), REFUSED)
def test_macro_is_refused(text: str, column: int, words: str) -> None:
    with pytest.raises(SplSyntaxError, match=re.escape(words)) as refused:
        expanded(text)
    place = refused.value.line_and_column
    assert place is not None
    # An error inside a definition points into the definition.
    assert place[1] == (1 if "itself" in words else column)


COMMENTS = [
    pytest.param("a ```b``` c", "a         c", id="between"),
    pytest.param("a ```b\nc``` d", "a     \n     d", id="over lines, which stay lines"),
    pytest.param('x="```a```"', 'x="```a```"', id="not in quotes"),
    pytest.param("``````a", "      a", id="empty"),
    pytest.param("plain", "plain", id="none"),
]


@pytest.mark.parametrize(("text", "expected"), COMMENTS)
def test_comments_become_blanks(text: str, expected: str) -> None:
    assert strip_comments(text) == expected


ARGUMENTS = [
    pytest.param("", [], id="none"),
    pytest.param("a", ["a"], id="one"),
    pytest.param("a, b", ["a", "b"], id="two"),
    pytest.param(",", ["", ""], id="two empty ones"),
    pytest.param('"a,b",c', ["a,b", "c"], id="quotes"),
    pytest.param('"a" . "b"', ['"a" . "b"'], id="quotes inside stay"),
    pytest.param("f(a,b),[c,d]", ["f(a,b)", "[c,d]"], id="brackets"),
    pytest.param(r"a\,b", [r"a\,b"], id="escaped comma"),
]


@pytest.mark.parametrize(("text", "expected"), ARGUMENTS)
def test_arguments_are_split(text: str, expected: list[str]) -> None:
    assert split_arguments(text) == expected
