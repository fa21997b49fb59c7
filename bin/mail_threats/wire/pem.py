"""PEM text as it arrives from forms and conf files: line breaks may have become blanks, or a backslash and an n.

Source: RFC 7468; RFC 1421, 4.6 (the header of a key that is encrypted the old way).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import NamedTuple

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_ENCRYPTED_HEADER = re.compile(r"Proc-Type:\s*4,\s*ENCRYPTED", re.IGNORECASE)


class Block(NamedTuple):
    """`label` is what stands after BEGIN, `content` the bytes, empty when they cannot be read or are encrypted."""

    label: str
    content: bytes
    encrypted: bool


def blocks(text: str) -> list[Block]:
    """The blocks in `text`, whatever is around them."""
    return [_block(label, body) for label, body in _BLOCK.findall(text.replace("\\r", "").replace("\\n", "\n"))]


def certificate_text(der: bytes) -> str:
    """A certificate as PEM with lines of 64 characters."""
    base64 = b64encode(der).decode("ascii")
    lines = [base64[at : at + 64] for at in range(0, len(base64), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def _block(label: str, body: str) -> Block:
    encrypted = "ENCRYPTED" in label or _ENCRYPTED_HEADER.search(body) is not None
    try:
        content = b"" if encrypted else b64decode("".join(body.split()), validate=True)
    except ValueError:
        content = b""
    return Block(label, content, encrypted)
