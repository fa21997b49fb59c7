"""Runs in an environment of its own: JSON list of SPL texts on stdin, JSON list of verdicts on stdout.

A verdict is "" when tachtech-panther-sdk's parser read the text to its end, else what stopped it and where. That parser
returns quietly from a text of which it understood the beginning only, so the end is asked for here.
"""

from __future__ import annotations

import json
import sys

from panther_sdk.converters.splunk.exceptions import SPLConversionError
from panther_sdk.converters.splunk.lexer import TokenType
from panther_sdk.converters.splunk.parser import SPLParser


def verdict(text: str) -> str:
    try:
        parser = SPLParser.from_source(text)
        parser.parse()
    except SPLConversionError as error:
        place = getattr(getattr(error, "token", None), "position", getattr(error, "position", None)) or 0
        return f"{error} at {text[place : place + 40]!r}"
    stopped = parser.tokens[parser.position]
    return "" if stopped.type == TokenType.EOF else f"not read from {text[stopped.position :][:40]!r} on"


if __name__ == "__main__":
    json.dump([verdict(text) for text in json.load(sys.stdin)], sys.stdout)
