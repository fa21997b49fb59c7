"""Reading DER, as much of it as RSA keys and X.509 certificates need.

Source: ITU-T X.690, 8 and 10 (definite lengths in their shortest form, tags of one byte).
"""

from __future__ import annotations

from typing import NamedTuple

INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID, SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
CONTEXT_0 = 0xA0


class DerError(ValueError):
    """The bytes are not what DER allows, or not what was expected in their place."""


class Element(NamedTuple):
    """A tag and what it holds."""

    tag: int
    content: bytes


def elements(data: bytes) -> list[Element]:
    """The elements that follow each other in `data`, to its end. Raises: DerError."""
    found = []
    at = 0
    while at < len(data):
        start, end = _extent(data, at)
        found.append(Element(data[at], data[start:end]))
        at = end
    return found


def members(element: Element) -> list[Element]:
    """What a SEQUENCE holds. Raises: DerError when it is none."""
    if element.tag != SEQUENCE:
        raise DerError(f"a sequence is expected, not tag {element.tag:#04x}")
    return elements(element.content)


def integer(element: Element) -> int:
    """The value of an INTEGER. Raises: DerError when it is none, or written longer than it need be."""
    content = element.content
    if element.tag != INTEGER or not content:
        raise DerError(f"an integer is expected, not tag {element.tag:#04x}")
    if len(content) > 1 and content[0] in (0x00, 0xFF) and (content[0] ^ content[1]) < 0x80:
        raise DerError("an integer is longer than it need be")
    return int.from_bytes(content, "big", signed=True)


def _extent(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends."""
    if data[at] & 0x1F == 0x1F or at + 2 > len(data):
        raise DerError(f"no tag and length at byte {at}")
    length = data[at + 1]
    start = at + 2
    if length > 0x7F:
        size = length & 0x7F
        digits = data[start : start + size]
        length = int.from_bytes(digits, "big")
        if not 1 <= size <= 4 or len(digits) != size or digits[0] == 0 or length < 0x80:
            raise DerError(f"no length at byte {at + 1}")
        start += size
    if start + length > len(data):
        raise DerError(f"the element at byte {at} ends after the data")
    return start, start + length
