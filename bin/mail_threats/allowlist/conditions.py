"""The conditions of an allowlist entry: each reads its text once and then answers for values of a row.

A condition is a text pattern or an address span. Both say what an index can find them by (`index.py`).
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from typing import Union

from .letters import fold, foreign_letter, unseen

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

# The largest block a source may name, in prefix bits by IP version.
LONGEST_BLOCK = {4: 16, 6: 32}
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_IPV4 = 0xFFFFFFFF
# Second-level names under which countries register organisations, and domains that every tenant shares: to name one of
# these is to name nobody.
_REGISTRIES = frozenset("ac co com edu gob gouv gov go govt ltd mil ne net nhs or org plc".split())
_SHARED_DOMAINS = {"onmicrosoft.com", "onmicrosoft.us", "onmschina.cn", "microsoftonline.com"}
# Folders that hold the programs of everybody; a path has to name something below them.
_EVERYBODYS_FOLDERS = {
    "windows", "users", "program files", "program files (x86)", "programdata", "appdata", "local", "roaming", "temp",
    "tmp", "downloads", "desktop", "documents", "public", "system32", "syswow64", "usr", "opt", "var", "home", "bin",
    "sbin", "etc", "applications", "library", "device",
}  # fmt: skip


# What stands in no user principal name, guests' included.
_NO_ACCOUNT = re.compile(r"[\s\"|,;:<>()\[\]\\]")


class ConditionError(ValueError):
    """A condition that says nothing, says too much, or cannot be read; the message tells which and what to write."""


@dataclass(frozen=True)
class Pattern:
    """A folded text in which `*` stands for characters; `prefix` and `suffix` are what stands before the first and
    behind the last of them. Without any `*`, `exact` is the whole text.

    `labels` are the characters that a `*` does not cross, first in the part before an `@`, then in the part behind it.
    `short`: a value is compared up to its first dot.
    """

    text: str
    labels: tuple[str, str] = ("", "")
    short: bool = False
    prefix: str = field(init=False)
    suffix: str = field(init=False)
    _compiled: list[re.Pattern[str]] = field(init=False, default_factory=list, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefix", self.text.partition("*")[0])
        object.__setattr__(self, "suffix", self.text.rpartition("*")[2] if "*" in self.text else "")

    @property
    def exact(self) -> str | None:
        return None if "*" in self.text else self.text

    def key(self, value: str) -> str:
        """A row's value as it is compared."""
        folded = fold(value)
        return folded.partition(".")[0] if self.short else folded

    def holds(self, value: str) -> bool:
        if "*" not in self.text:
            return self.key(value) == self.text
        if not self._compiled:
            self._compiled.append(re.compile(self._expression(), re.DOTALL))
        return self._compiled[0].fullmatch(self.key(value)) is not None

    def _expression(self) -> str:
        parts = []
        for number, part in enumerate(self.text.split("@", 1)):
            stops = self.labels[number]
            star = f"[^{re.escape(stops)}]*" if stops else ".*"
            parts.append(star.join(re.escape(piece) for piece in part.split("*")))
        return "@".join(parts)


@dataclass(frozen=True)
class Span:
    """Addresses of one IP version from `first` to `last`, both included, as numbers."""

    version: int
    first: int
    last: int

    def holds(self, value: str) -> bool:
        version, first, last = read_addresses(value)
        return version == self.version and self.first <= first and last <= self.last


Condition = Union[Pattern, Span]


def read_addresses(text: str) -> tuple[int, int, int]:
    """IP version, first and last number of the address or network in a row's value; version 0 for what is neither.

    Findings name an IPv6 source that changes its address by its /64. IPv4 written as IPv6 is IPv4; a zone is left out.
    """
    plain = text.strip(" ").partition("%")[0]
    try:
        # Most are IPv4, and this is six times as fast as ipaddress.
        number = int.from_bytes(socket.inet_pton(socket.AF_INET, plain), "big")
        return 4, number, number
    except (OSError, ValueError):
        pass
    try:
        network = ipaddress.ip_network(plain)
    except ValueError:
        return 0, 0, 0
    first, last = int(network.network_address), int(network.broadcast_address)
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        return 4, first & _IPV4, last & _IPV4
    return network.version, first, last


def account_condition(text: str) -> Pattern:
    """`user@domain`, `*@domain`, `svc-*@*.domain` or `DOMAIN\\user`: `*` stands for characters within one label.

    Labels of a domain are the parts between dots; the part before `@` and each side of a backslash are one label.
    Raises: ConditionError for a pattern that names no organisation (`*`, `*@*`, `*@*.com`, `*@onmicrosoft.com`), and
    for letters that no user principal name has (they look like others).
    """
    pattern = _seen("account", text)
    name, at, domain = pattern.partition("@")
    if at:
        if not name:
            raise ConditionError(f"account {text!r} has nothing before the @: write *@{domain or 'contoso.com'}")
        strange = _NO_ACCOUNT.search(pattern)
        if strange:
            raise ConditionError(f"account {text!r} holds {strange[0]!r}, which no user principal name has")
        _named_domain(domain, f"account {text!r} names no domain of an organisation: write at least *@contoso.com")
        foreign = foreign_letter(pattern)
        if foreign:
            raise ConditionError(f"account {text!r} holds {foreign}, which no user principal name has")
        return Pattern(pattern, labels=("@", "@."))
    if "\\" in pattern:
        windows_domain, _, user = pattern.partition("\\")
        if not windows_domain.strip("*") or not user:
            raise ConditionError(f"account {text!r} names no Windows domain: write CONTOSO\\name")
    elif not pattern.strip("*"):
        raise ConditionError(f"account {text!r} matches everybody: name the account")
    return Pattern(pattern, labels=("\\@", ""))


def host_condition(text: str) -> Pattern:
    """A host name, short or fully qualified, `*` within a label; a short pattern also matches the first label of a
    full name.
    """
    pattern = _seen("host", text)
    if not pattern.replace(".", "").strip("*"):
        raise ConditionError(f"host {text!r} matches every host: name the host")
    if "." not in pattern:
        return Pattern(pattern, labels=(".", ""), short=True)
    first, _, rest = pattern.partition(".")
    if not first.strip("*"):
        _named_domain(rest, f"host {text!r} names no domain of an organisation: write at least *.contoso.com")
    return Pattern(pattern, labels=(".", ""))


def path_condition(text: str) -> Pattern:
    """A process path: letter case is ignored, backslashes are plain, `*` stands for any characters.

    Raises: ConditionError for a path that names neither a program nor a folder of its own (`*.exe`, `C:\\*`,
    `C:\\Program Files\\*`).
    """
    pattern = _seen("process_path", text)
    *folders, program = re.split(r"[\\/]", pattern)
    named = [part for part in folders if part.strip("*.: ") and not part.endswith(":")]
    own = [part for part in named if part.strip("*") not in _EVERYBODYS_FOLDERS]
    stem = program.rpartition(".")[0] if "." in program else program
    if not own and not stem.strip("*. "):
        what = f"every program below {named[-1]}" if named else "every program"
        raise ConditionError(f"process_path {text!r} matches {what}: write the folder of the product, or the program")
    return Pattern(pattern)


def exact_condition(text: str) -> Pattern:
    """The same text, letter case ignored. A `*` is refused: it would be a star, not a wildcard."""
    wanted = _seen("value", text)
    if not wanted.strip("*"):
        raise ConditionError(f"{text!r} matches everything: write the value")
    if "*" in wanted:
        raise ConditionError(f"{text!r} holds a *, and this column has no wildcards: write the whole value")
    return Pattern(wanted)


def source_condition(text: str) -> Span:
    """An address, a CIDR block or a range `first-last`, IPv4 or IPv6.

    Raises: ConditionError for text that is none of these and for more than a /16 (IPv6: a /32).
    """
    first, last = _range(_seen("source", text), text)
    longest = LONGEST_BLOCK[first.version]
    if int(last) - int(first) + 1 > 2 ** (first.max_prefixlen - longest):
        raise ConditionError(f"source {text!r} covers more than a /{longest}: name smaller networks")
    return Span(first.version, int(first), int(last))


def _range(pattern: str, text: str) -> tuple[Address, Address]:
    first: Address
    last: Address
    try:
        if "/" in pattern:
            network = ipaddress.ip_network(pattern, strict=False)
            first, last = network.network_address, network.broadcast_address
            mapped = isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED)
        else:
            start, dash, end = pattern.partition("-")
            first = ipaddress.ip_address(start.strip())
            last = ipaddress.ip_address(end.strip()) if dash else first
            mapped = all(isinstance(each, ipaddress.IPv6Address) and each in _MAPPED for each in (first, last))
    except (ValueError, TypeError) as error:
        raise ConditionError(f"source {text!r} is no address, CIDR block or range: {error}") from None
    if mapped:
        first, last = (ipaddress.IPv4Address(int(each) & _IPV4) for each in (first, last))
    if first.version != last.version or int(first) > int(last):
        raise ConditionError(f"source {text!r} is no range: its end lies before its start")
    return first, last


def _named_domain(domain: str, complaint: str) -> None:
    labels = domain.split(".")
    named = [label for label in labels if label.strip("*")]
    country = len(labels[-1]) == 2 and len(named) == 2 and named[0] in _REGISTRIES
    if "*" in labels[-1] or len(named) < 2 or "" in labels or country or ".".join(named) in _SHARED_DOMAINS:
        raise ConditionError(complaint)


def _seen(column: str, text: str) -> str:
    hidden = unseen(text)
    if hidden:
        raise ConditionError(f"{column} {text[:80]!r} holds the character {hidden}, which cannot be seen: type it anew")
    return fold(text)
