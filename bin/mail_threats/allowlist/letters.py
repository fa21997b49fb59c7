"""Letter case and letters that only look alike."""

from __future__ import annotations

import unicodedata

# What a cell may not hold: control, format (zero width, direction), surrogate, private and unassigned characters,
# and line ends.
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def fold(text: str) -> str:
    """Lower case, without turning a letter of another script into an ASCII one: the Kelvin sign does not become a k.

    Blanks at both ends are cut off; other white space is part of the text.
    """
    stripped = text.strip(" ")
    if stripped.isascii():
        return stripped.lower()
    return "".join(char if not char.isascii() and char.lower().isascii() else char.lower() for char in stripped)


def unseen(text: str) -> str | None:
    """The first character that cannot be seen, by its code point ("U+200B"), or None."""
    if text.isprintable():
        return None
    for char in text:
        if unicodedata.category(char) in _UNSEEN:
            return f"U+{ord(char):04X}"
    return None


def foreign_letter(text: str) -> str | None:
    """The first character beyond ASCII, named for a message, or None: some look like ASCII letters and are not."""
    for char in "" if text.isascii() else text:
        if not char.isascii():
            return f"{char!r} ({unicodedata.name(char, f'U+{ord(char):04X}')})"
    return None
