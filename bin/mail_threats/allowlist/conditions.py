"""The conditions of an allowlist entry: each reads its text once and then answers for values of a row."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

Condition = Callable[[str], bool]


class ConditionError(ValueError):
    """A condition that says nothing, says too much, or cannot be read; the message tells which and what to write."""


def account_condition(text: str) -> Condition:
    """`user@domain`, `*@domain`, `svc-*@*.domain` or `DOMAIN\\user`: `*` stands for characters within one label.

    Labels of a domain are the parts between dots; the part before `@` and each side of a backslash are one label.
    Raises: ConditionError for a pattern that names no organisation (`*`, `*@*`, `*@*.com`).
    """
    pattern = text.strip().lower()
    name, at, domain = pattern.partition("@")
    if at:
        labels = domain.split(".")
        if "*" in labels[-1] or len([label for label in labels if label.strip("*")]) < 2:
            raise ConditionError(f"account {text!r} names no domain: write at least *@contoso.com")
    elif "\\" in pattern:
        if not pattern.partition("\\")[0].strip("*") or not pattern.partition("\\")[2]:
            raise ConditionError(f"account {text!r} names no Windows domain: write CONTOSO\\name")
    elif not pattern.strip("*"):
        raise ConditionError(f"account {text!r} matches everybody: name the account")
    return _upn_pattern(name, domain) if at else _label_pattern(pattern, r"[^\\@]*")


def host_condition(text: str) -> Condition:
    """A host name, short or fully qualified, `*` within a label; a short pattern also matches the first label of a
    full name.
    """
    pattern = text.strip().lower()
    if not pattern.replace(".", "").strip("*"):
        raise ConditionError(f"host {text!r} matches every host: name the host")
    matches = _label_pattern(pattern, r"[^.]*")
    if "." in pattern:
        return matches
    return lambda value: matches(value.partition(".")[0])


def path_condition(text: str) -> Condition:
    """A process path: letter case is ignored, backslashes are plain, `*` stands for any characters."""
    pattern = text.strip().lower()
    if not pattern.strip("*\\/:."):
        raise ConditionError(f"process_path {text!r} matches every program: write its path")
    compiled = re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
    return lambda value: compiled.fullmatch(value.strip().lower()) is not None


def exact_condition(text: str) -> Condition:
    """The same text, letter case ignored."""
    wanted = text.strip().lower()
    if not wanted.strip("*"):
        raise ConditionError(f"{text!r} matches everything: write the value")
    return lambda value: value.strip().lower() == wanted


def source_condition(text: str) -> Condition:
    """An address, a CIDR block or a range `first-last`, IPv4 or IPv6.

    Raises: ConditionError for text that is none of these and for more than a /16 (IPv6: a /32).
    """
    first, last = _range(text.strip())
    bits = first.max_prefixlen
    most = 2 ** (bits - (16 if first.version == 4 else 32))
    if int(last) - int(first) + 1 > most:
        raise ConditionError(
            f"source {text!r} covers more than a /{16 if first.version == 4 else 32}: name smaller networks"
        )
    version, low, high = first.version, int(first), int(last)

    def holds(value: str) -> bool:
        try:
            address = ipaddress.ip_address(value.strip())
        except ValueError:
            return False
        return address.version == version and low <= int(address) <= high

    return holds


def _range(
    text: str,
) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        if "/" in text:
            network = ipaddress.ip_network(text, strict=False)
            return network.network_address, network.broadcast_address
        start, dash, end = text.partition("-")
        first = ipaddress.ip_address(start.strip())
        last = ipaddress.ip_address(end.strip()) if dash else first
    except ValueError as error:
        raise ConditionError(f"source {text!r} is no address, CIDR block or range: {error}") from None
    if first.version != last.version or int(first) > int(last):
        raise ConditionError(f"source {text!r} is no range: its end lies before its start")
    return first, last


def _label_pattern(pattern: str, one_label: str) -> Condition:
    compiled = re.compile(one_label.join(re.escape(part) for part in pattern.split("*")))
    return lambda value: compiled.fullmatch(value.strip().lower()) is not None


def _upn_pattern(name: str, domain: str) -> Condition:
    local = "[^@]*".join(re.escape(part) for part in name.split("*"))
    labels = "[^@.]*".join(re.escape(part) for part in domain.split("*"))
    compiled = re.compile(f"{local}@{labels}")
    return lambda value: compiled.fullmatch(value.strip().lower()) is not None
