"""Numbers as text, and text as numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.splunk.spl.values import as_list, from_list, number, text

WRITTEN = [
    pytest.param(5, "5", id="integer"),
    pytest.param(-5, "-5", id="negative integer"),
    pytest.param(5.0, "5", id="whole double"),
    pytest.param(0.5, "0.5", id="fraction"),
    pytest.param(10 / 3, "3.3333333333333335", id="as many digits as the double needs"),
    pytest.param(0.1 + 0.2, "0.30000000000000004", id="up to 17 digits"),
    pytest.param(3.9900000000000055, "3.9900000000000055", id="an average of the documents"),
    pytest.param(1e15, "1000000000000000", id="large whole double"),
    pytest.param(1e16, "1e+16", id="exponent from 1e16 on"),
    pytest.param(1e-7, "1e-07", id="small"),
    pytest.param(2**62, "4611686018427387904", id="64-bit integer"),
    pytest.param(float("inf"), "inf", id="infinity"),
    pytest.param(float("nan"), "nan", id="not a number"),
    pytest.param(True, "True", id="boolean"),
    pytest.param(["a", 1, 2.5], "a\n1\n2.5", id="multivalue"),
]


@pytest.mark.parametrize(("value", "expected"), WRITTEN)
def test_value_is_written(value: object, expected: str) -> None:
    assert text(value) == expected  # type: ignore[arg-type]


READ = [
    pytest.param("5", 5, id="integer"),
    pytest.param("-5", -5, id="negative"),
    pytest.param("+5", 5, id="plus sign"),
    pytest.param("007", 7, id="leading zeros"),
    pytest.param("2.50", 2.5, id="decimals"),
    pytest.param(".5", 0.5, id="no leading zero"),
    pytest.param("5.", 5.0, id="no decimals behind the point"),
    pytest.param("1e3", 1000.0, id="exponent"),
    pytest.param("9223372036854775807", 9223372036854775807, id="largest integer"),
    pytest.param("9223372036854775808", 9223372036854775808.0, id="beyond it a double"),
    pytest.param(" 5", None, id="white space in front"),
    pytest.param("5 ", None, id="white space behind"),
    pytest.param("", None, id="empty"),
    pytest.param("-", None, id="sign alone"),
    pytest.param("5a", None, id="letters behind"),
    pytest.param("0x1F", None, id="hexadecimal"),
    pytest.param("nan", None, id="nan is a word"),
    pytest.param("1_000", None, id="underscore"),
    pytest.param("٣", None, id="digits of another script"),
    pytest.param("10.0.0.1", None, id="address"),
    pytest.param(None, None, id="null"),
    pytest.param(["5"], None, id="list"),
    pytest.param(True, None, id="boolean"),
]


@pytest.mark.parametrize(("value", "expected"), READ)
def test_text_is_read_as_a_number(value: object, expected: float | None) -> None:
    found = number(value)  # type: ignore[arg-type]
    assert found == expected
    assert type(found) is type(expected)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_survives_being_text(value: int) -> None:
    assert number(text(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_survives_being_text(value: float) -> None:
    assert number(text(value)) == value


@given(st.lists(st.text(), max_size=3))
def test_a_list_survives_being_a_field(items: list[str]) -> None:
    value = from_list(items)
    assert as_list(value) == items
    assert not isinstance(value, list) or len(value) > 1
