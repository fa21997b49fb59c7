"""md5, sha1, sha256, sha512 of the UTF-8 bytes of a text, in lower-case hexadecimal digits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ..function import of_texts


def _digest(name: str) -> Callable[[str], str]:
    def calculate(value: str) -> str:
        return hashlib.new(name, value.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()

    return calculate


FUNCTIONS = tuple(of_texts(name, 1, 1, _digest(name)) for name in ("md5", "sha1", "sha256", "sha512"))
