"""Addresses, domains and hosts in the repository are made for documentation, and nothing tells where it was made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from rules.shipped import FACTS, REPOSITORY

# RFC 5737 and RFC 3849, beside what never leaves a machine or a company.
DOCUMENTATION = [ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
# RFC 2606 and RFC 6761, and the companies of Microsoft's documentation.
DOMAINS = ("example.com", "example.net", "example.org", "contoso.com", "contoso.onmicrosoft.com", "fabrikam.com")
TOP_LEVEL = {"example", "test", "invalid", "localhost", "local"}
# Joined here, so that this file does not hold what it looks for.
TRACES = [
    "/".join(["", "work", ""]), "/".join(["", "root", ""]), "/".join(["", "tmp", "dev"]),
    "py" + "pi.org", "python" + "hosted", "arti" + "factory", "dev" + "pi", "--index" + "-url", "extra-index" + "-url",
]  # fmt: skip
GENERATED = {"__pycache__", "build", "dist", "node_modules"}
# The texts of others: licences, and package lists with their hashes.
NOT_OURS = re.compile(r"(^|/)(LICENSE|LICENSES/.*|.*requirements.*\.txt)$")

_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){3,7}(?![\w:.])")
_MAIL = re.compile(r"[\w.+%{}#-]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]+)")
_URL = re.compile(r"https?://([A-Za-z0-9.-]*[A-Za-z0-9])")


@cache
def files() -> list[Path]:
    """The files that belong to the repository, by path; caches and what is built are left out."""
    found = []
    for path in sorted(REPOSITORY.rglob("*")):
        parts = path.relative_to(REPOSITORY).parts
        hidden = any(part.startswith(".") for part in parts[:-1] if part not in (".ci", ".github"))
        if path.is_file() and not hidden and not GENERATED & set(parts):
            found.append(path)
    assert len(found) > 50, f"only {len(found)} files below {REPOSITORY}: this rule guards nothing"
    return found


@cache
def texts() -> dict[str, str]:
    """Text files by their path in the repository."""
    found = {}
    for path in files():
        try:
            found[path.relative_to(REPOSITORY).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


@cache
def reviewed() -> dict[str, list[dict[str, Any]]]:
    content: dict[str, list[dict[str, Any]]] = yaml.safe_load(
        (FACTS / "reviewed_examples.yml").read_text(encoding="utf-8")
    )
    return content


def excepted(kind: str) -> set[str]:
    return {str(value) for entry in reviewed()[kind] for value in entry["values"]}


def matches(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """(file:line, what was found), in our own texts."""
    for name, text in texts().items():
        if NOT_OURS.search(name) or name.startswith("tests/rules/facts/"):
            continue
        for found in pattern.finditer(text):
            yield f"{name}:{text.count(chr(10), 0, found.start()) + 1}", found[found.re.groups and 1].lower()


def belongs(name: str, domains: set[str] | tuple[str, ...]) -> bool:
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)


def for_documentation(name: str) -> bool:
    return belongs(name, DOMAINS) or name.rpartition(".")[2] in TOP_LEVEL


@pytest.mark.parametrize("pattern", [pytest.param(_IPV4, id="ipv4"), pytest.param(_IPV6, id="ipv6")])
def test_addresses_are_for_documentation(pattern: re.Pattern[str]) -> None:
    wrong = []
    for where, text in matches(pattern):
        try:
            address = ip_address(text)
        except ValueError:
            continue
        documented = any(address in network for network in DOCUMENTATION)
        if not documented and address.is_global and text not in excepted("addresses"):
            wrong.append(f"{where}: {text}; use 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 or 2001:db8::/32")
    assert not wrong, "\n".join(wrong)


def test_mail_domains_are_for_documentation() -> None:
    lookups = {f"lookups/{path.name}" for path in (REPOSITORY / "lookups").glob("*.csv")}
    wrong = [
        f"{where}: {domain}; use {' or '.join(DOMAINS[:4])}"
        for where, domain in matches(_MAIL)
        if not for_documentation(domain)
        and not belongs(domain, excepted("domains") | excepted("hosts"))
        and where.rpartition(":")[0] not in lookups
    ]
    assert not wrong, "\n".join(wrong)


def test_hosts_are_microsofts_or_for_documentation() -> None:
    wrong = [
        f"{where}: {host}; use example.com, or add it to tests/rules/facts/reviewed_examples.yml with the reason"
        for where, host in matches(_URL)
        if re.search(r"[a-z]", host)
        and "." in host
        and not for_documentation(host)
        and not belongs(host, excepted("hosts"))
    ]
    assert not wrong, "\n".join(wrong)


def test_reviewed_exceptions_are_still_needed() -> None:
    everything = "\n".join(text for name, text in texts().items() if not name.startswith("tests/rules/facts/")).lower()
    left = sorted(value for kind in ("addresses", "domains") for value in excepted(kind) if value not in everything)
    assert not left, f"tests/rules/facts/reviewed_examples.yml: {left} are nowhere any more; remove them"


def test_nothing_tells_where_it_was_made() -> None:
    wrong = [
        f"{name}:{text.count(chr(10), 0, text.index(trace)) + 1}: {trace}"
        for name, text in texts().items()
        for trace in TRACES
        if trace in text
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param("src=203.0.113.8, x", "203.0.113.8", id="ipv4"),
        pytest.param("[2001:db8:4001:80b::200e]", "2001:db8:4001:80b::200e", id="ipv6-in-brackets"),
        pytest.param("'2001:db8:4001:80b::200e'", "2001:db8:4001:80b::200e", id="ipv6"),
        pytest.param("9.3.2.1.4", None, id="a-longer-number"),
    ],
)
def test_addresses_are_seen(text: str, address: str | None) -> None:
    found = _IPV4.search(text) or _IPV6.search(text)
    assert (found[0] if found else None) == address
