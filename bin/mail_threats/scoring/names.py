"""What a list of tried names looks like: malformed, or a slip of somebody who works here."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Signs of a federation server or a single sign-on product that sends the wrong attribute as the name.
_MALFORMED = (
    re.compile(r"^[^@]*$"),  # no @ at all, DOMAIN\user and bare GUIDs included
    re.compile(r"@.*@"),
    re.compile(r"\\"),
    re.compile(r"#ext#", re.IGNORECASE),
    re.compile(r"\.(local|lan|internal|corp)$", re.IGNORECASE),
    re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(@|$)", re.IGNORECASE),
    re.compile(r"^\s|\s$"),
)


def malformed(name: str) -> bool:
    """Whether a name cannot be an address that somebody typed as a user principal name."""
    return any(sign.search(name) for sign in _MALFORMED)


class People:
    """The people who signed in from a source, asked whether a name that failed is one slip away from one of them.

    One slip is a letter more, less, other, or two neighbours exchanged, in the part before the @: names that share a
    form with one letter left out. It is looked up, not compared pair by pair, so a large office costs no more than a
    small one.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._forms: set[str] = set()
        for name in self.names:
            self._forms.update(_forms(_local_part(name)))

    def __len__(self) -> int:
        return len(self.names)

    def explains(self, name: str) -> bool:
        """Whether the name is one of the people, or one slip away from one of them."""
        return name in self.names or any(form in self._forms for form in _forms(_local_part(name)))


def _local_part(name: str) -> str:
    return name.partition("@")[0].rpartition("\\")[2]


def _forms(local: str) -> set[str]:
    # Below four letters every name is one slip from every other.
    if len(local) < 4:
        return {local}
    return {local} | {local[:i] + local[i + 1 :] for i in range(len(local))}
