"""Every function of eval, by worked example. A function without an example fails the last test of this file."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from memory_environment import MemoryEnvironment

from lab.splunk.spl import run
from lab.splunk.spl.errors import SearchFailure, SplSyntaxError, Unsupported
from lab.splunk.spl.eval.functions import FUNCTIONS

Evaluate = Callable[..., Any]
J = r'"{\"a\":{\"b\":5,\"c\":[1,2,{\"d\":\"z\"}]},\"s\":\"hi\",\"t\":true,\"n\":null,\"f\":1.50,\"x.y\":\"dot\"}"'
L = r'"{\"l\":[{\"id\":1},{\"id\":2},{}]}"'

EXAMPLES: list[tuple[str, dict[str, Any], Any]] = [
    # bitwise
    ("bit_and(12, 10)", {}, "8"),
    ("bit_and(15, 7, 5)", {}, "5"),
    ("bit_and(a, 1)", {"a": "-1"}, None),
    ("bit_and(1.5, 1)", {}, None),
    ("bit_or(12, 10)", {}, "14"),
    ("bit_xor(12, 10)", {}, "6"),
    ("bit_not(0, 15)", {}, "15"),
    ("bit_not(7)", {}, str(2**53 - 1 - 7)),
    ("bit_shift_left(1, 4)", {}, "16"),
    ("bit_shift_left(1, 53)", {}, "0"),
    ("bit_shift_right(16, 4)", {}, "1"),
    # comparison and conditional
    ('if(a="x", 1, 2)', {"a": "x"}, "1"),
    ('if(a="x", 1, 2)', {}, "2"),
    ("if(null(), 1, 2)", {}, "2"),
    ("if(a, 1, 2)", {"a": "true"}, "2"),
    ('case(a=1, "one", a=2, "two")', {"a": "2"}, "two"),
    ('case(a=1, "one", a=2, "two")', {"a": "3"}, None),
    ('case(a=1, "one", true(), "other")', {}, "other"),
    ('validate(a>0, "low", a<9, "high")', {"a": "10"}, "high"),
    ('validate(a>0, "low", a<9, "high")', {"a": "5"}, None),
    ("coalesce(a, b, 3)", {"b": "2"}, "2"),
    ("coalesce(null(), a)", {}, None),
    ('coalesce(a, "x")', {"a": ""}, ""),
    ('nullif(a, "x")', {"a": "x"}, None),
    ('nullif(a, "x")', {"a": "y"}, "y"),
    ('in(a, "1", "2")', {"a": "2.0"}, True),
    ('in(a, "1", "2")', {}, None),
    ('like(a, "b_b%")', {"a": "bobby"}, True),
    ('like(a, "B%")', {"a": "bob"}, False),
    ('like(a, "b.b")', {"a": "bob"}, False),
    ('like(a, "a%b")', {"a": "a\nb"}, True),
    (r'match(a, "^\d+$")', {"a": "42"}, True),
    (r'match(a, "b")', {"a": ["a", "b"]}, True),
    (r'match(a, "(?i)BOB")', {"a": "a bob"}, True),
    (r'match(a, "(?<=x)y(?!z)")', {"a": "xy"}, True),
    (r'match(a, "\\\\")', {"a": "C:\\"}, True),
    ("match(a, b)", {"a": "abc", "b": "^a"}, True),
    ("match(a, b)", {"b": "^a"}, None),
    ('cidrmatch("10.0.0.0/8", a)', {"a": "10.1.2.3"}, True),
    ('cidrmatch("2001:db8::/32", a)', {"a": "2001:db8:1::9"}, True),
    ('cidrmatch("2001:db8::/32", a)', {"a": "10.0.0.1"}, False),
    ('cidrmatch("10.0.0.0/8", a)', {"a": "not an address"}, False),
    ("cidrmatch(n, a)", {"n": "192.0.2.0/25", "a": "192.0.2.127"}, True),
    ('searchmatch("a=x* NOT b=1")', {"a": "XY"}, True),
    ('searchmatch("failed login")', {"_raw": "login has failed"}, True),
    ("true()", {}, True),
    ("false()", {}, False),
    ("null()", {}, None),
    # conversion
    ('tonumber("0A4", 16)', {}, "164"),
    ('tonumber("0101", 2)', {}, "5"),
    ("tonumber(a)", {"a": "3.50"}, "3.50"),
    ("tonumber(a)", {"a": " 3"}, None),
    ("tonumber(a)", {"a": "seven"}, None),
    ("tonumber(a, 2)", {"a": "12"}, None),
    ("tostring(1=1)", {}, "True"),
    ("tostring(5)", {}, "5"),
    ("tostring(a)", {}, "Null"),
    ('tostring(15, "hex")', {}, "0xF"),
    ('tostring(9, "binary")', {}, "1001"),
    ('tostring(12345.6789, "commas")', {}, "12,345.68"),
    ('tostring(1234567, "commas")', {}, "1,234,567"),
    ('tostring(615, "duration")', {}, "00:10:15"),
    ('tostring(90061, "duration")', {}, "1+01:01:01"),
    ('tostring(a, "commas")', {"a": "x"}, None),
    ('printf("%s%z", "foo", "bar")', {}, "foobar"),
    ('printf("%.2f", 3.14159)', {}, "3.14"),
    ('printf("%04d|%-4d|%+4d", 1, 1, 1)', {}, "0001|1   |  +1"),
    ('printf("%\'d", 12345)', {}, "12,345"),
    ('printf("%\'.1f", 12345.67)', {}, "12,345.7"),
    ('printf("%x,%X,%p,%#x", 10, 10, 10, 1)', {}, "a,A,A,0x1"),
    ('printf("%o", 255)', {}, "377"),
    ('printf("%c,%c", 65, "Foo")', {}, "A,F"),
    ('printf("%.2e", 5139)', {}, "5.14e+03"),
    ('printf("%.2g,%.2g", 3.14159, 123)', {}, "3.1,1.2e+02"),
    ('printf("%*d", 5, 123)', {}, "  123"),
    ('printf("%.*f", 1, 1.23)', {}, "1.2"),
    ('printf("100%%")', {}, "100%"),
    ('printf("%s", a)', {}, "Null"),
    ('printf("%d", a)', {"a": "x"}, None),
    ('printf("%.3s", "abcdef")', {}, "abc"),
    ('ipmask("255.255.255.0", "10.20.30.120")', {}, "10.20.30.0"),
    ('ipmask("0.255.0.224", a)', {"a": "10.20.30.120"}, "0.20.0.96"),
    ('ipmask("255.0.0.0", a)', {"a": "2001:db8::1"}, None),
    # cryptographic
    ('md5("splunk")', {}, "c24ec540d000ee0b7d2304bc34c769a4"),
    ('sha1("abc")', {}, "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ('sha256("abc")', {}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("substr(sha512(a), 1, 16)", {"a": "é"}, "9e2ad28633f24451"),
    # date and time
    ("now()", {}, "1577880000"),
    ("time()", {}, "1577880000.000000"),
    ('relative_time(now(), "-1d@d")', {}, "1577750400"),
    ("relative_time(a, b)", {"a": "1577880000", "b": "@w0"}, "1577577600"),
    ("relative_time(a, b)", {"a": "1577880000", "b": "yesterday"}, None),
    ('strftime(0, "%F %T")', {}, "1970-01-01 00:00:00"),
    ('strftime(a, "%F")', {"a": "x"}, None),
    ('strptime("2020-01-01 00:00:00", "%Y-%m-%d %H:%M:%S")', {}, "1577836800.000000"),
    ('strptime(a, "%Y-%m-%d")', {"a": "soon"}, None),
    # informational
    ("isnull(a)", {}, True),
    ("isnull(a)", {"a": ""}, False),
    ("isnotnull(a)", {"a": ""}, True),
    ("isnum(a)", {"a": "12.5"}, True),
    ('isnum("12.5")', {}, False),
    ("isnum(a)", {"a": "x"}, False),
    ("isnum(a)", {}, False),
    ("isint(a)", {"a": "12"}, True),
    ("isint(a)", {"a": "12.5"}, False),
    ("isint(6/2)", {}, True),
    ("isdouble(3.546)", {}, True),
    ("isdouble(1000000)", {}, False),
    ("isstr(a)", {"a": "x"}, True),
    ("isstr(a)", {"a": "5"}, False),
    ('isstr("5")', {}, True),
    ("isbool(1=2)", {}, True),
    ("isbool(a)", {"a": "true"}, False),
    ("ismv(a)", {"a": ["1", "2"]}, True),
    ("ismv(a)", {"a": "1"}, False),
    (r'isobject("{\"a\":1}")', {}, True),
    ('isobject("[1]")', {}, False),
    ('isarray("[1, 2, 3]")', {}, True),
    ("isarray(1)", {}, False),
    ('typeof(12)+typeof("s")+typeof(1=2)+typeof(a)', {}, "NumberStringBoolInvalid"),
    ("typeof(a)", {"a": "5"}, "Number"),
    ("typeof(a)", {"a": ["5", "6"]}, "Multivalue"),
    # JSON
    (f'json_extract({J}, "a.b")', {}, "5"),
    (f'json_extract({J}, "a.c")', {}, '[1,2,{"d":"z"}]'),
    (f'json_extract({J}, "a.c{{2}}.d")', {}, "z"),
    (f'json_extract({J}, "a.c{{}}")', {}, '[1,2,{"d":"z"}]'),
    (f'json_extract({L}, "l{{}}.id")', {}, "[1,2]"),
    (f'json_extract({L}, "l{{0}}.id")', {}, "1"),
    (f'json_extract({J}, "t")', {}, "true"),
    (f'json_extract({J}, "n")', {}, None),
    (f'json_extract({J}, "f")', {}, "1.50"),
    (f'json_extract({J}, "no.such")', {}, None),
    (f'json_extract({J}, "s", "a.b", "zz")', {}, '["hi",5,null]'),
    (f'json_extract({J}, "x.y")', {}, None),
    (r'json_extract("{\"k\":1}", "{}")', {}, '{"k":1}'),
    (r'json_extract("{\"k\":1}")', {}, '{"k":1}'),
    ('json_extract("not json", "a")', {}, None),
    ("json_extract(j, p)", {"j": '{"a":[7]}', "p": "a{0}"}, "7"),
    (f'json_extract_exact({J}, "x.y")', {}, "dot"),
    (f'json_extract_exact({J}, "s", "x.y")', {}, '["hi","dot"]'),
    (f'json_extract_exact({J}, "none")', {}, None),
    ('json_object("name", "maria", "n", 5, "b", true(), "z", null())', {}, '{"name":"maria","n":5,"b":true,"z":null}'),
    ('json_object("k", json_array("a", 1.50))', {}, '{"k":["a",1.50]}'),
    ('json_object("k", m)', {"m": ["a", "b"]}, '{"k":["a","b"]}'),
    ('json_object("k", f)', {"f": "12"}, '{"k":12}'),
    ('json_object("k", f)', {"f": "007"}, '{"k":"007"}'),
    ('json_object("k", f)', {"f": '{"a":1}'}, '{"k":"{\\"a\\":1}"}'),
    ('json_object("k", json(f))', {"f": '{"a":1}'}, '{"k":{"a":1}}'),
    ("json_array()", {}, "[]"),
    ('json_array("dubois", json_object("name", "patel"))', {}, '["dubois",{"name":"patel"}]'),
    (r'json_set("{\"a\":1}", "b", 2)', {}, '{"a":1,"b":2}'),
    (r'json_set("{}", "a.b.c", "x")', {}, '{"a":{"b":{"c":"x"}}}'),
    (r'json_set("{\"a\":\"b\"}", "a.c", "d")', {}, '{"a":"b"}'),
    (r'json_set("[1,2,3]", "{1}", "x")', {}, '[1,"x",3]'),
    (r'json_set("{\"l\":[{},{}]}", "l{}.k", true())', {}, '{"l":[{"k":true},{"k":true}]}'),
    ('json_set(a, "b", 1)', {}, None),
    (r'json_set_exact("{}", "a.b", 1)', {}, '{"a.b":1}'),
    (r'json_append("{\"l\":[1]}", "l", 2)', {}, '{"l":[1,2]}'),
    (r'json_append("{\"l\":[1]}", "l", json_array(2,3))', {}, '{"l":[1,[2,3]]}'),
    (r'json_append("{\"l\":1}", "l", 2)', {}, '{"l":[1,2]}'),
    (r'json_append("{\"l\":1}", "zz", 2)', {}, '{"l":1}'),
    (r'json_extend("{\"l\":[1]}", "l", json_array(2,3))', {}, '{"l":[1,2,3]}'),
    (r'json_delete("{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", "a", "b.c")', {}, '{"b":{"d":3}}'),
    (r'json_delete("{\"a\":1,\"b\":2}", json_array("a"))', {}, '{"b":2}'),
    (r'json_entries("{\"a\": 1, \"b\": 2}")', {}, '[{"key":"a","value":1},{"key":"b","value":2}]'),
    (f'json_has_key_exact({J}, "x.y")', {}, True),
    (f'json_has_key_exact({J}, "zz")', {}, False),
    (r'json_keys("{\"a\":1,\"b\":2}")', {}, '["a","b"]'),
    ('json_keys("[1]")', {}, None),
    ('json("x")', {}, None),
    (r'json("{\"a\": 1}")', {}, '{"a": 1}'),
    ('json_valid("{}")', {}, True),
    ('json_valid("{]")', {}, False),
    ('json_valid("NaN")', {}, False),
    ("json_valid(a)", {}, None),
    (r'json_array_to_mv("[\"a\",1,{\"b\":2}]")', {}, ["a", "1", '{"b":2}']),
    (r'json_array_to_mv("[\"a\"]", true())', {}, '"a"'),
    ('json_array_to_mv("{}")', {}, None),
    ("mv_to_json_array(m)", {"m": ["a", "1"]}, '["a","1"]'),
    ("mv_to_json_array(m, true())", {"m": ['"a"', "true", "null", "x"]}, '["a",true,null,null]'),
    # mathematical
    ("abs(-5)", {}, "5"),
    ("abs(a)", {"a": "x"}, None),
    ("ceiling(1.9)", {}, "2"),
    ("ceil(-1.9)", {}, "-1"),
    ("floor(1.9)", {}, "1"),
    ("exp(0)", {}, "1"),
    ("ln(1)", {}, "0"),
    ("ln(0)", {}, None),
    ("log(100)", {}, "2"),
    ("log(8, 2)", {}, "3"),
    ("pow(2, 10)", {}, "1024"),
    ("pow(2.5, 2)", {}, "6.3"),
    ("pow(2, 0.5)", {}, "1.4142135623730951"),
    ("pow(2, -1)", {}, "0.5"),
    ("pow(-8, 0.5)", {}, None),
    ("sqrt(9)", {}, "3"),
    ("sqrt(-1)", {}, None),
    ("round(3.5)", {}, "4"),
    ("round(-3.5)", {}, "-4"),
    ("round(2.555, 2)", {}, "2.56"),
    ("round(10, 2)", {}, "10.00"),
    ("round(10/3, 2)", {}, "3.33"),
    ("round(1/8, 2)", {}, "0.13"),
    ("round(a, 2)", {"a": "2.5"}, "2.5"),
    ("round(a)", {"a": "x"}, None),
    ("exact(3.14*10)", {}, "31.400000000000002"),
    ("sigfig(1.00*1111)", {}, "1110"),
    ("sigfig(123.0+4.567)", {}, "127.6"),
    ("sigfig(5)", {}, "5"),
    ("pi()", {}, "3.14159265358"),
    ("sum(1, 2, 3)", {}, "6"),
    ("sum(m, a, 2)", {"m": ["1", "x", "4"]}, "7"),
    ("sum(a)", {}, None),
    # multivalue
    ('mvappend("x", m, y, "z")', {"m": ["a", "b"]}, ["x", "a", "b", "z"]),
    ("mvappend(y)", {}, None),
    ("mvcount(m)", {"m": ["a", "b"]}, "2"),
    ("mvcount(m)", {"m": "a"}, "1"),
    ("mvcount(m)", {}, None),
    ("mvdedup(m)", {"m": ["b", "a", "b"]}, ["b", "a"]),
    ('mvfilter(m!="a" AND len(m)=1)', {"m": ["a", "b", "cc"]}, "b"),
    ('mvfilter(m="z")', {"m": ["a"]}, None),
    (r'mvfind(m, "^b")', {"m": ["a", "b"]}, "1"),
    (r'mvfind(m, "^z")', {"m": ["a", "b"]}, None),
    ("mvindex(m, -1)", {"m": ["a", "b", "c"]}, "c"),
    ("mvindex(m, 1, -1)", {"m": ["a", "b", "c"]}, ["b", "c"]),
    ("mvindex(m, 2, 1)", {"m": ["a", "b", "c"]}, None),
    ("mvindex(m, -5)", {"m": ["a", "b", "c"]}, None),
    ("mvindex(m, 1, 9)", {"m": ["a", "b", "c"]}, ["b", "c"]),
    ("mvindex(m, 0)", {"m": "a"}, "a"),
    ('mvjoin(m, ", ")', {"m": ["a", "b"]}, "a, b"),
    ('mvmap(m, m."-".x)', {"m": ["a", "b"], "x": "1"}, ["a-1", "b-1"]),
    ("mvmap(mvindex(m, 0, 1), m*2)", {"m": ["1", "2", "3"]}, ["2", "4"]),
    ("mvmap(m, if(m>1, m, null()))", {"m": ["1", "2", "3"]}, ["2", "3"]),
    ("mvrange(1, 4)", {}, ["1", "2", "3"]),
    ("mvrange(1, 11, 5)", {}, ["1", "6"]),
    ("mvrange(4, 1)", {}, None),
    ('mvrange(1577836800, 1578009600, "1d")', {}, ["1577836800", "1577923200"]),
    ("mvreverse(m)", {"m": ["a", "b"]}, ["b", "a"]),
    ("mvsort(m)", {"m": ["b", "B", "9", "10"]}, ["10", "9", "B", "b"]),
    ("mvzip(a, b)", {"a": ["1", "2", "3"], "b": ["x", "y"]}, ["1,x", "2,y"]),
    ('mvzip(a, b, "|")', {"a": "1", "b": "x"}, "1|x"),
    ('split("a;;b", ";")', {}, ["a", "", "b"]),
    ('split("abc", "")', {}, ["a", "b", "c"]),
    ('split("abc", ";")', {}, "abc"),
    ('commands("search foo | stats count | sort count")', {}, ["search", "stats", "sort"]),
    # statistical
    ("avg(1, m)", {"m": ["2", "6", "x"]}, "3"),
    ("avg(1, 2)", {}, "1.5"),
    ('max(1, "foo", m)', {"m": ["9", "10"]}, "foo"),
    ("max(m, 9)", {"m": "10"}, "10"),
    ('min("10", "9")', {}, "10"),
    ("min(1, 2.50)", {}, "1"),
    ("max(1, 2.50)", {}, "2.50"),
    ("min(a)", {}, None),
    ("if(random()>=0 AND random()<2147483648, 1, 0)", {}, "1"),
    # text
    ("len(a)", {"a": "naïve"}, "5"),
    ('length("abc")', {}, "3"),
    ("lower(a)", {"a": "ABC"}, "abc"),
    ("lower(a)", {"a": ["AB", "Cd"]}, ["ab", "cd"]),
    ('upper("abc")', {}, "ABC"),
    ('trim("  a b\t")', {}, "a b"),
    ('trim("xxaxx", "x")', {}, "a"),
    ("trim(5)", {}, "5"),
    ('ltrim(" ZZabcZ ", " Z")', {}, "abcZ "),
    ('rtrim(" ZZabcZ ", " Z")', {}, " ZZabc"),
    (r'replace("1/14/2023", "^(\d{1,2})/(\d{1,2})/", "\2/\1/")', {}, "14/1/2023"),
    ('replace(a, "x*", "-")', {"a": "baac"}, "-b-a-a-c-"),
    (r'replace(a, "(y)?x", "[\1]")', {"a": "xyx"}, "[][y]"),
    ('replace(a, "o", "")', {"a": "foo"}, "f"),
    ('substr("string", 1, 3)+substr("string", -3)', {}, "string"),
    ('substr("abcdef", 4)', {}, "def"),
    ('substr("abc", 10)', {}, ""),
    ('urldecode("http%3A%2F%2Fx%2F%C3%A9")', {}, "http://x/é"),
    (f'spath({L}, "l{{}}.id")', {}, ["1", "2"]),
    (f'spath({J}, "a.b")', {}, "5"),
    (f'spath({J}, "zz")', {}, None),
    ('spath("no json", "a")', {}, None),
    # trigonometric
    ("acos(1)", {}, "0"),
    ("acosh(1)", {}, "0"),
    ("asin(0)", {}, "0"),
    ("asinh(0)", {}, "0"),
    ("atan(0)", {}, "0"),
    ("atanh(0)", {}, "0"),
    ("atan2(0, 1)", {}, "0"),
    ("cos(0)", {}, "1"),
    ("cosh(0)", {}, "1"),
    ("sin(0)", {}, "0"),
    ("sinh(0)", {}, "0"),
    ("tan(0)", {}, "0"),
    ("tanh(0)", {}, "0"),
    ("hypot(3, 4)", {}, "5"),
    ("acos(2)", {}, None),
]


def _ids() -> list[str]:
    seen: dict[str, int] = {}
    made = []
    for expression, _row, _expected in EXAMPLES:
        name = expression.partition("(")[0]
        seen[name] = seen.get(name, 0) + 1
        made.append(f"{name}-{seen[name]}")
    return made


@pytest.mark.parametrize(
    ("expression", "row", "expected"),
    [pytest.param(*example, id=name) for example, name in zip(EXAMPLES, _ids(), strict=True)],
)
def test_function_gives(evaluate: Evaluate, expression: str, row: dict[str, Any], expected: Any) -> None:
    assert evaluate(expression, row) == expected


REFUSED = [
    pytest.param("lookup(a, b, c)", Unsupported, 1, "use the lookup command", id="lookup"),
    pytest.param("a=[search x | return y]", Unsupported, 3, "subsearch inside an expression", id="subsearch"),
    pytest.param("toint(a)", Unsupported, 1, "Splunk 9.3 does not have it", id="toint"),
    pytest.param("nosuch(a)", Unsupported, 1, "unsupported or undefined", id="unknown function"),
    pytest.param('match(a, "(b")', SplSyntaxError, 10, "missing closing parenthesis", id="regex"),
    pytest.param('replace(a, "[", "")', SplSyntaxError, 12, "missing terminating ]", id="regex of replace"),
    pytest.param('tonumber("seven")', SplSyntaxError, 10, "is no number", id="literal that is no number"),
    pytest.param('tonumber("1", 99)', SplSyntaxError, 15, "the base is 2 to 36", id="base"),
    pytest.param('tostring(5, "roman")', Unsupported, 13, "tostring format", id="tostring format"),
    pytest.param('printf("%n", 1)', Unsupported, 8, "printf format", id="printf directive"),
    pytest.param('printf("%s %s", 1)', SplSyntaxError, 8, "takes 2 values", id="printf values missing"),
    pytest.param("printf(a, 1)", Unsupported, 8, "not a quoted text", id="printf format in a field"),
    pytest.param('strftime(1, "%L")', Unsupported, 13, "%L", id="strftime variable"),
    pytest.param('strptime("1", "%U")', Unsupported, 15, "%U", id="strptime variable"),
    pytest.param('relative_time(1, "1 day ago")', SplSyntaxError, 18, "invalid", id="time modifier"),
    pytest.param("case(a=1)", SplSyntaxError, 1, "it takes 2 or more", id="case without value"),
    pytest.param("case(a=1, 2, a=2)", SplSyntaxError, 1, "pairs", id="case with an odd argument"),
    pytest.param('if("x", 1, 2)', SplSyntaxError, 4, "a boolean is expected", id="text as condition"),
    pytest.param("mvfilter(a=b)", SplSyntaxError, 10, "exactly one field", id="mvfilter with two fields"),
    pytest.param('mvmap("x", 1)', SplSyntaxError, 7, "use one field", id="mvmap without a field"),
    pytest.param("mvmap(a, a=1)", SplSyntaxError, 10, "condition", id="mvmap with a condition"),
    pytest.param('json_extract(a, "b{x}")', SplSyntaxError, 17, "malformed", id="path"),
    pytest.param('json_object("a")', SplSyntaxError, 1, "pairs", id="json_object with an odd argument"),
    pytest.param('json_delete(a, "b{0}")', Unsupported, 16, "array element", id="json_delete of an element"),
    pytest.param('sum(1, "3")', SplSyntaxError, 8, "is a text", id="sum of a text"),
    pytest.param('cidrmatch("10.0.0.0/99", a)', SplSyntaxError, 11, "not a subnet", id="subnet"),
    pytest.param("searchmatch(a)", Unsupported, 13, "quoted text", id="searchmatch of a field"),
    pytest.param('searchmatch("a=(")', SplSyntaxError, 13, "a value is missing", id="searchmatch of no search"),
    pytest.param('mvrange(1, 2, "fast")', SplSyntaxError, 15, "the step is", id="mvrange step"),
    pytest.param("round(1, 2, 3)", SplSyntaxError, 1, "it takes 1 to 2", id="too many arguments"),
]


@pytest.mark.parametrize(("expression", "kind", "column", "words"), REFUSED)
def test_function_refuses_before_any_row_runs(
    evaluate: Evaluate, expression: str, kind: type[Exception], column: int, words: str
) -> None:
    with pytest.raises(kind, match=re.escape(words)) as refused:
        evaluate(expression)
    assert refused.value.line_and_column == (1, column)  # type: ignore[attr-defined]


FAILING = [
    pytest.param("match(a, b)", {"a": "x", "b": "("}, "invalid", id="regex from a field"),
    pytest.param("strftime(1, b)", {"b": "%L"}, "%L", id="format from a field"),
    pytest.param('match(a, "(x+)+$")', {"a": "x" * 60 + "y"}, "given up by PCRE2", id="match limit"),
    pytest.param('spath(a, "b")', {"a": "<b>1</b>"}, "XML", id="spath of XML"),
    pytest.param("mvrange(1, 100000000)", {}, "1000000 values", id="endless range"),
]


@pytest.mark.parametrize(("expression", "row", "words"), FAILING)
def test_function_ends_the_search_with_an_error(
    evaluate: Evaluate, expression: str, row: dict[str, Any], words: str
) -> None:
    with pytest.raises(SearchFailure, match=re.escape(words)):
        evaluate(expression, row)


def test_a_boolean_that_only_the_row_shows_may_not_become_a_field() -> None:
    with pytest.raises(SearchFailure, match="boolean result"):
        run("eval x=mvindex(coalesce(a, isnull(a)), 0)", MemoryEnvironment(), rows=[{"b": "1"}])


def test_a_boolean_expression_may_not_become_a_field() -> None:
    with pytest.raises(SplSyntaxError, match="boolean result") as refused:
        run("eval x=if(a=1, isnull(b), 1)", MemoryEnvironment(), rows=[])
    assert refused.value.line_and_column == (1, 8)


@pytest.mark.parametrize("expression", ["len(m)", 'replace(m, "a", "b")', "trim(m)", 'split(m, ",")', 'spath(m, "a")'])
def test_a_function_without_multivalue_support_says_so(expression: str) -> None:
    result = run(f"eval x={expression}", MemoryEnvironment(), rows=[{"m": ["a", "b"]}] * 2)
    assert [row.get("x") for row in result.rows] == [None, None]
    assert [message.text for message in result.messages] == [
        f"The function '{expression.partition('(')[0]}' is not supported on multivalue fields; its result is null."
    ]


def test_every_function_has_an_example() -> None:
    used = {name for expression, _row, _expected in EXAMPLES for name in re.findall(r"([a-z_0-9]+)\(", expression)}
    refused = {name for name, function in FUNCTIONS.items() if function.refused}
    assert set(FUNCTIONS) - refused <= used
