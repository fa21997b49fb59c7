"""The functions of eval, one module a family of the Search Reference."""

from __future__ import annotations

from ..function import Function
from . import (
    bitwise,
    comparison,
    conversion,
    cryptographic,
    date_time,
    informational,
    json_functions,
    mathematical,
    multivalue,
    statistical,
    text,
    trigonometric,
)

FAMILIES = {
    "bitwise": bitwise.FUNCTIONS,
    "comparison and conditional": comparison.FUNCTIONS,
    "conversion": conversion.FUNCTIONS,
    "cryptographic": cryptographic.FUNCTIONS,
    "date and time": date_time.FUNCTIONS,
    "informational": informational.FUNCTIONS,
    "JSON": json_functions.FUNCTIONS,
    "mathematical": mathematical.FUNCTIONS,
    "multivalue": multivalue.FUNCTIONS,
    "statistical": statistical.FUNCTIONS,
    "text": text.FUNCTIONS,
    "trigonometric": trigonometric.FUNCTIONS,
}

FUNCTIONS: dict[str, Function] = {function.name: function for functions in FAMILIES.values() for function in functions}
"""Every function by its name; those that this engine refuses are in it too, so that the refusal can say why."""
