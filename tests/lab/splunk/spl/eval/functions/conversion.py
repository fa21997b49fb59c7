"""tonumber, tostring, printf, ipmask."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from ...networks import address
from ...values import Value, number, rounded, text
from ..function import Call, Function, of_values, refused
from ..node import Node, Type
from ..precision import measure

if TYPE_CHECKING:
    from ...search import Search

_NEW_IN_10 = "Splunk 9.3 does not have it"


def _parse_number(value: Value, base: int) -> Value | None:
    if base == 10:
        return measure(value) if isinstance(value, str) else number(value)
    if not isinstance(value, str):
        return _parse_number(text(value), base) if isinstance(value, int) else None
    try:
        return int(value.strip(), base)
    except ValueError:
        return None


def _tonumber(call: Call) -> Node:
    subject = call.args[0]
    base = 10
    if len(call.args) == 2:
        given = call.args[1]
        if not given.literal or not isinstance(given.value, int) or not 2 <= given.value <= 36:
            raise call.error("The arguments to the 'tonumber' function are invalid: the base is 2 to 36.", given)
        base = given.value
    if subject.literal and _parse_number(subject.value or "", base) is None:
        raise call.error(
            f"The arguments to the 'tonumber' function are invalid: '{subject.value}' is no number.", subject
        )
    inner = subject.evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        value = inner(row, search)
        return None if value is None else _parse_number(value, base)

    return call.node(evaluate, Type.NUMBER)


def _commas(amount: int | float) -> str:
    """Thousands separated, and at most two decimals."""
    if isinstance(amount, int) or amount == int(amount):
        return f"{int(amount):,}"
    return f"{rounded(amount, 2):,f}"


def _hex(amount: int | float) -> str | None:
    return None if amount != int(amount) or amount < 0 else f"0x{int(amount):X}"


def _duration(amount: int | float) -> str:
    """`[days+]HH:MM:SS`, with six decimals when there is a fraction."""
    micros = round(abs(amount) * 1_000_000)
    seconds, fraction = divmod(micros, 1_000_000)
    days, seconds = divmod(seconds, 86400)
    words = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    sign = "-" if amount < 0 else ""
    return sign + (f"{days}+" if days else "") + words + (f".{fraction:06d}" if fraction else "")


def _binary(amount: int | float) -> str | None:
    return None if amount != int(amount) or amount < 0 else f"{int(amount):b}"


_FORMATS = {"binary": _binary, "commas": _commas, "hex": _hex, "duration": _duration}


def _tostring(call: Call) -> Node:
    inner = call.args[0].evaluate
    if len(call.args) == 1:

        def plain(row: Any, search: Search) -> Value | None:
            value = inner(row, search)
            if value is None:
                return "Null"
            return value if isinstance(value, str | list) else text(value)

        return call.node(plain, Type.STRING)
    given = call.args[1]
    if not given.literal or given.value not in _FORMATS:
        raise call.unsupported(f"the tostring format {call.source[given.start : given.end]}", given)
    write = _FORMATS[str(given.value)]

    def formatted(row: Any, search: Search) -> Value | None:
        amount = number(inner(row, search))
        return None if amount is None else write(amount)

    return call.node(formatted, Type.STRING)


_DIRECTIVE = re.compile(r"%(?P<flags>[-+ #0']*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d*))?(?P<type>[a-zA-Z%])")


@dataclass(frozen=True, slots=True)
class _Directive:
    flags: str
    width: str
    precision: str | None
    type: str


@lru_cache(maxsize=256)
def _printf_parts(form: str) -> tuple[str | _Directive, ...] | None:
    """Literal texts and directives of a format; None when it has a directive that is not supported."""
    parts: list[str | _Directive] = []
    place = 0
    while place < len(form):
        stop = form.find("%", place)
        if stop < 0:
            stop = len(form)
        if stop > place:
            parts.append(form[place:stop])
        if stop == len(form):
            break
        found = _DIRECTIVE.match(form, stop)
        if not found or found["type"] not in "csdiouxXpeEfFgGz%":
            return None
        if found["type"] == "%":
            parts.append("%")
        else:
            parts.append(_Directive(found["flags"], found["width"] or "", found["precision"], found["type"]))
        place = found.end()
    return tuple(parts)


def _printf(call: Call) -> Node:
    form = call.args[0]
    if not form.literal:
        raise call.unsupported("printf with a format that is not a quoted text", form)
    parts = _printf_parts(text(form.value or ""))
    if parts is None:
        raise call.unsupported(f"the printf format {form.value!r}", form)
    wanted = sum(1 + (part.width == "*") + (part.precision == "*") for part in parts if isinstance(part, _Directive))
    if wanted > len(call.args) - 1:
        raise call.error(f"The arguments to the 'printf' function are invalid: its format takes {wanted} values.", form)
    values = [node.evaluate for node in call.args[1:]]

    def evaluate(row: Any, search: Search) -> Value | None:
        given = iter([part(row, search) for part in values])
        written: list[str] = []
        for part in parts:
            made = part if isinstance(part, str) else _write(part, given)
            if made is None:
                return None
            written.append(made)
        return "".join(written)

    return call.node(evaluate, Type.STRING)


def _write(directive: _Directive, given: Any) -> str | None:
    """One value by one directive; None when it is not of the kind."""
    width = number(next(given)) if directive.width == "*" else directive.width
    precision = number(next(given)) if directive.precision == "*" else directive.precision
    value = next(given)
    if value is None:
        value = "Null"
    if width is None or isinstance(value, list):
        return None
    flags, kind = directive.flags, directive.type
    grouped = "'" in flags
    plain = f"%{flags.replace(chr(39), '')}{width}" + ("" if directive.precision is None else f".{precision or 0}")
    if kind in "sz":
        return (plain + "s") % text(value)
    if kind == "c":
        code = number(value)
        return (plain + "s") % (text(value)[:1] if code is None else chr(int(code)))
    amount = number(value)
    if amount is None:
        return None
    if kind in "eEfFgG":
        return _grouped(float(amount), flags, str(width), directive.precision) if grouped else (plain + kind) % amount
    whole = int(amount)
    if kind in "diu":
        return _grouped(whole, flags, str(width), directive.precision) if grouped else (plain + "d") % whole
    return (plain + ("X" if kind == "p" else kind)) % whole


def _grouped(amount: int | float, flags: str, width: str, precision: str | None) -> str:
    """The flag ': thousands separated by commas."""
    digits = f"{amount:,.{precision or 6}f}" if isinstance(amount, float) else f"{amount:,d}"
    if "+" in flags and amount >= 0:
        digits = "+" + digits
    size = int(width or 0)
    return digits.ljust(size) if "-" in flags else digits.rjust(size)


def _ipmask(mask: Value, ip: Value) -> Value | None:
    first, second = address(text(mask)), address(text(ip))
    if not isinstance(first, IPv4Address) or not isinstance(second, IPv4Address):
        return None
    return str(IPv4Address(int(first) & int(second)))


FUNCTIONS = (
    Function("tonumber", 1, 2, _tonumber),
    Function("tostring", 1, 2, _tostring, takes_null=True),
    Function("printf", 1, None, _printf, takes_null=True),
    of_values("ipmask", 2, 2, _ipmask, Type.STRING),
    *(refused(name, _NEW_IN_10) for name in ("toarray", "tobool", "todouble", "toint", "tomv", "toobject")),
)
