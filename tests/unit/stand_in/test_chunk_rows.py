"""Rows as the CSV of the chunked protocol."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.splunk.chunked.arguments import split_arguments
from lab.splunk.chunked.rows import columns_of, decode_rows, encode_multivalue, encode_rows
from lab.splunk.spl.values import Row


@pytest.mark.parametrize(
    ("rows", "body"),
    [
        pytest.param([], b"", id="nothing at all"),
        pytest.param(
            [{"a": "1"}, {"b": "2"}], b'a,b,"__mv_a","__mv_b"\n1,,,\n,2,,\n', id="fields first, then their __mv_"
        ),
        pytest.param(
            [{"a": 3}, {"a": 2.0}, {"a": 0.5}], b'a,"__mv_a"\n3,\n2,\n"0.5",\n', id="numbers as Splunk shows them"
        ),
        pytest.param([{"a": ["x", "y"]}], b'a,"__mv_a"\n"x\ny","$x$;$y$"\n', id="a multivalue in both columns"),
        pytest.param([{"a": ["$", "b;c"]}], b'a,"__mv_a"\n"$\nb;c","$$$$;$b;c$"\n', id="dollar signs doubled"),
        pytest.param([{"a": 'say "hi", now'}], b'a,"__mv_a"\n"say ""hi"", now",\n', id="quotes and commas"),
        pytest.param([{"a": ""}, {"a": "x"}], b'a,"__mv_a"\n,\nx,\n', id="empty and absent look alike"),
    ],
)
def test_rows_become_the_csv_that_splunkd_writes(rows: list[Row], body: bytes) -> None:
    assert encode_rows(rows, columns_of(rows)) == body


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        pytest.param(b"", [], id="no body"),
        pytest.param(b"a,__mv_a\n", [], id="a header alone"),
        pytest.param(b"a,__mv_a\r\nx,\r\n", [{"a": "x"}], id="splunklib's line ends"),
        pytest.param(b"a,__mv_a,b,__mv_b\nx,,,\n", [{"a": "x"}], id="an empty cell is an absent field"),
        pytest.param(b'a,__mv_a\n"x\ny",$x$;$y$\n', [{"a": ["x", "y"]}], id="a multivalue"),
        pytest.param(b"a,__mv_a\nx,$x$\n", [{"a": "x"}], id="one value is no list"),
        pytest.param(b'a\n"x\ny"\n', [{"a": "x\ny"}], id="lines without __mv_ are one value"),
        pytest.param(b"a,b\nx\n", [{"a": "x"}], id="a short row"),
        pytest.param(b"a\n\xff\n", [{"a": "\ufffd"}], id="bytes that are no UTF-8"),
    ],
)
def test_the_csv_of_a_command_becomes_rows(body: bytes, rows: list[Row]) -> None:
    assert decode_rows(body) == rows


def test_a_row_longer_than_its_header_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 has 2 cells; the header has 1"):
        decode_rows(b"a\n1,2\n")


_texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), _texts | st.lists(_texts, min_size=2), max_size=3)))
def test_what_goes_out_comes_back(rows: list[Row]) -> None:
    assert decode_rows(encode_rows(rows, ["a", "b", "c"])) == rows


@given(st.lists(_texts, min_size=2))
def test_a_multivalue_survives_dollars_semicolons_and_line_breaks(values: list[str]) -> None:
    body = encode_rows([{"a": values}], ["a"])
    assert encode_multivalue(values) in body.decode().replace('""', '"')
    assert decode_rows(body) == [{"a": values}]


@pytest.mark.parametrize(
    ("text", "args", "raw"),
    [
        pytest.param("", [], [], id="none"),
        pytest.param("a b", ["a", "b"], ["a", "b"], id="fields"),
        pytest.param("a, b,c", ["a", "b", "c"], ["a", "b", "c"], id="commas part arguments"),
        pytest.param("x=1 y=2", ["x=1", "y=2"], ["x=1", "y=2"], id="options"),
        pytest.param("x = 1", ["x=1"], ["x=1"], id="blanks round the equals sign"),
        pytest.param('x="a b"', ["x=a b"], ['x="a b"'], id="quotes stay in raw_args"),
        pytest.param(r'x="a \"b\" \\"', ['x=a "b" \\'], [r'x="a \"b\" \\"'], id="escapes in quotes"),
        pytest.param('x="a = b, c"', ["x=a = b, c"], ['x="a = b, c"'], id="quoted blanks, commas and equals signs"),
        pytest.param('"my field" y', ["my field", "y"], ['"my field"', "y"], id="a quoted field"),
    ],
)
def test_arguments_are_cut_as_splunkd_cuts_them(text: str, args: list[str], raw: list[str]) -> None:
    assert split_arguments(text) == (args, raw)


def test_an_open_quote_is_an_error() -> None:
    with pytest.raises(ValueError, match="a quote is not closed"):
        split_arguments('x="a')
