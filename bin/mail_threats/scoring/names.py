"""What a name looks like: malformed, made for a test, of a device, or a slip of somebody who works here."""

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
# Accounts of load and integration tests and of probes: words that say so with a number, or a domain nobody can own (RFC
# 2606).
_MADE_FOR_A_TEST = re.compile(
    r"^(load|perf|stress|smoke|integration|qa|uat|e2e|synthetic|synth|auto|bot|dummy|fake|test|tst|probe|uptime|health"
    r"|healthcheck|heartbeat|canary|monitor|monitoring)[._-]?"
    r"(load|perf|test|tests|user|account|acct|client|run|vu|probe|check|monitor|agent|login|signin)?[._-]?\d+@"
    r"|@([\w-]+\.)*[\w-]+\.(test|invalid|example|localhost)$"
)
_DEVICE = re.compile(
    r"^(scan|print|mfp|copier|kopier|druck|fax|no-?reply|svc|service|sql|backup|monitor|alert|kiosk|conf|room|meeting"
    r"|lobby|sensor|cam|ups|nas|pos|terminal|display|erp|crm|smtp|relay|app|daemon|agent|bot)[a-z]*([._-]?[a-z0-9]+)*@"
)
_SEPARATORS = re.compile(r"[._-]")
# One slip is no longer one slip in fewer letters.
_SHORTEST = 4


def malformed(name: str) -> bool:
    """Whether a name cannot be an address that somebody typed as a user principal name."""
    return any(sign.search(name) for sign in _MALFORMED)


def made_for_a_test(name: str) -> bool:
    """Whether a name says that it was made for a load or integration test."""
    return bool(_MADE_FOR_A_TEST.search(name))


def of_a_device(name: str) -> bool:
    """Whether a name is one that printers, scanners and services sign in with."""
    return bool(_DEVICE.match(name))


def local_part(name: str) -> str:
    return name.partition("@")[0].rpartition("\\")[2]


def domain_of(name: str) -> str:
    return name.rpartition("@")[2] if "@" in name else ""


def slip_away(local: str) -> set[str]:
    """The text and every form of it with one letter left out: texts one slip apart share a form.

    One slip is a letter more, less, other, or two neighbours exchanged. Forms are looked up, not compared pair by pair,
    so a large office costs no more than a small one.
    """
    if len(local) < _SHORTEST:
        return {local}
    return {local} | {local[:i] + local[i + 1 :] for i in range(len(local))}


def slips_of_one_name(names: Iterable[str]) -> bool:
    """Whether names are spellings of one: each within two slips of the first, with the same numbers and separators.

    Two slips of one name are two slips apart. Numbers that differ are a count, and a dot more is another format.
    """
    locals_ = [local_part(name) for name in names]
    first, others = locals_[0], locals_[1:]
    return all(_same_marks(first, other) and _slips_between(first, other, 2) <= 2 for other in others)


def _same_marks(one: str, other: str) -> bool:
    return re.sub(r"[^\d._-]", "", one) == re.sub(r"[^\d._-]", "", other)


def _slips_between(one: str, other: str, most: int) -> int:
    """Letters more, less, other, or neighbours exchanged between two texts (optimal string alignment); beyond `most`
    any number above it.
    """
    if abs(len(one) - len(other)) > most or min(len(one), len(other)) < _SHORTEST:
        return most + 1
    before, row = list[int](), list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def shares_a_part(name: str, person: str) -> bool:
    """Whether a name is made of a part of a person's, or is two slips from it: what is typed before the right name is.

    A part is a whole word of three letters or more, or four letters anywhere.
    """
    typed, known = local_part(name), local_part(person)
    words = set(_SEPARATORS.split(typed.replace(" ", ".")))
    parts = [part for part in _SEPARATORS.split(known) if len(part) > 2]
    return any(part in words or (len(part) > 3 and part in typed) for part in parts) or (
        _slips_between(typed, known, 2) <= 2
    )


class People:
    """People, asked whether a name that failed is theirs.

    `same_address` also takes a person's name under another domain, as after a merger or a change of the domain.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._locals = {local_part(name) for name in self.names}
        self._domains = {domain_of(name) for name in self.names}
        self._forms: dict[str, str] | None = None
        self._spellings: set[str] | None = None

    def __len__(self) -> int:
        return len(self.names)

    def explains(self, name: str) -> bool:
        """Whether the name is one of the people, or one slip away from one of them."""
        return name in self.names or self.slip_of(name)

    def slip_of(self, name: str) -> bool:
        """Whether the name is one slip away from one of the people, or the same before the @. Numbers are no slips."""
        return self._neighbour(name) is not None

    def only_slip_of(self, name: str) -> bool:
        """Whether the name is one slip away from exactly one of the people, or the same before the @, and begins alike.

        Where names are an initial and a surname, any invented one is a letter from a real one: its initial is another,
        or it has several neighbours. People who mistype seldom mistype the first letter.
        """
        neighbour = self._neighbour(name)
        return bool(neighbour and neighbour[0] == local_part(name)[0])

    def spelled_by(self, name: str) -> bool:
        """Whether the name is one of the people's in another format: joined, with an initial, the other way round."""
        if self._spellings is None:
            self._spellings = {form for known in self._locals for form in _formats(known)}
        return local_part(name) in self._spellings

    def strange_domain(self, name: str) -> bool:
        """Whether nobody's name has this domain. Every tenant has one at onmicrosoft.com."""
        domain = domain_of(name)
        return bool(domain and self._domains) and domain not in self._domains and not domain.endswith("onmicrosoft.com")

    def _neighbour(self, name: str) -> str | None:
        """The one that the name is a slip of, before the @; empty when there are several, None without any."""
        local = local_part(name)
        if local in self._locals:
            return local
        if local[-1:].isdigit():
            return None
        if self._forms is None:
            self._forms = {}
            for known in self._locals:
                for form in slip_away(known):
                    self._forms[form] = "" if form in self._forms else known
        found = {self._forms[form] for form in slip_away(local) if form in self._forms}
        if not found:
            return None
        return found.pop() if len(found) == 1 else ""


def _formats(local: str) -> set[str]:
    """A name in two parts, as address formats write it; nothing else has formats."""
    parts = _SEPARATORS.split(local)
    if len(parts) != 2 or min(map(len, parts)) < 2:
        return set()
    first, last = parts
    joined = {first + last, last + first, first[0] + last, last + first[0], first + last[0]}
    return joined | {a + dot + b for dot in "._-" for a, b in ((first, last), (last, first), (first[0], last))}
