"""The filters of an input's stanza, checked with words. Standard library only at the top.

A filter that leaves out what a rule of this app reads makes that rule blind. The rules say themselves what they read:
their searches and the macros in them are looked through for operations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mail_threats.errors import ConfigError
from mail_threats.inputs.parameters import truth
from mail_threats.wildcards import Patterns

if TYPE_CHECKING:
    from mail_threats.feeds.filtering import Filter

OPERATIONS, RECORD_TYPES, USERS = "drop_operations", "drop_record_types", "drop_users"
ACCEPTED = "drop_what_rules_read"
_LONGEST = 4096
_MOST = 200

# AuditLogRecordType of the Management Activity API schema, and what the rules read in it.
RECORD_TYPES_OF_RULES: Mapping[str, str] = {
    "1": "Exchange administration: forwarding, transport rules, exports, permissions",
    "2": "mailbox activity: inbox rules, mail read and sent",
    "3": "mailbox activity on groups of items",
    "8": "directory changes: consent, roles, credentials",
    "15": "sign-ins",
    "18": "compliance commands: searches and their exports",
    "24": "eDiscovery: searches and their exports",
    "50": "mail items accessed",
}
_TERMS = re.compile(r"`mail_threats_audit\(([^`]*)\)`")
_COMPARED = re.compile(r'operation\s*!?=\s*"([^"]+)"|\bin\(operation,([^)]*)\)|operation IN \(([^)]*)\)')
_MACRO = re.compile(r"`([A-Za-z_]\w*)(?:\(([^`]*)\))?`")


def check(parameters: Mapping[str, str], allowed: Sequence[str]) -> None:
    """Raises: ConfigError for a filter that cannot work, or would leave out everything."""
    for name in (OPERATIONS, RECORD_TYPES, USERS):
        text = parameters.get(name) or ""
        entries = Patterns(text).entries
        if entries and name not in allowed:
            raise ConfigError(f"This input has no filter {name}.", advice=f"It has {' and '.join(allowed)}.")
        if len(text) > _LONGEST or len(entries) > _MOST:
            raise ConfigError(
                f"The input's {name} is longer than {_LONGEST} characters or {_MOST} entries.",
                advice="Use * for what the entries have in common.",
            )
        for entry in entries:
            _check_entry(name, entry)


def _check_entry(name: str, entry: str) -> None:
    if not entry.strip("*?. "):
        raise ConfigError(
            f"The input's {name} holds {entry!r}, which leaves out everything.",
            advice="Name what should be left out; to collect nothing, disable the input.",
        )
    if name == RECORD_TYPES and not re.match(r"[0-9]{1,4}\Z", entry):
        raise ConfigError(
            f"The input's {name} holds {entry[:40]!r}, which is not a number.",
            advice="Use the numbers of AuditLogRecordType, such as 6 for SharePoint file operations.",
        )


def filters_of(parameters: Mapping[str, str], paths: Mapping[str, tuple[tuple[str, ...], ...]]) -> list[Filter]:
    """The filters that a stanza asks for; `paths` says where a record has what each of them compares."""
    from mail_threats.feeds.filtering import Filter

    asked = ((name, Patterns(parameters.get(name) or "")) for name in paths)
    return [Filter(name, paths[name], patterns) for name, patterns in asked if patterns.entries]


def refuse_blinding(parameters: Mapping[str, str]) -> None:
    """Raises: ConfigError when a rule would go blind and the admin has not said that this is wanted."""
    blind = blinded(parameters)
    if blind and not truth(parameters, ACCEPTED):
        raise ConfigError(
            f"The filters leave out what rules read: {'; '.join(blind)}.",
            advice="Take that out of the filter, or tick 'Drop even what rules read'.",
        )


def blinded(parameters: Mapping[str, str]) -> list[str]:
    """What rules would not see any more, each as `rule: operation` or `record type: meaning`."""
    dropped = Patterns(parameters.get(OPERATIONS) or "")
    blind = [
        f"{rule}: {operation}"
        for rule, operations in (_operations_of_rules().items() if dropped.entries else ())
        for operation in sorted(operations)
        if _drops(dropped, operation)
    ]
    types = Patterns(parameters.get(RECORD_TYPES) or "").entries
    blind += [
        f"record type {number}: {RECORD_TYPES_OF_RULES[number]}" for number in types if number in RECORD_TYPES_OF_RULES
    ]
    return blind


def _drops(dropped: Patterns, operation: str) -> bool:
    """A rule may name an operation by a part of it: InboxRule stands for New-InboxRule and Set-InboxRule."""
    named = operation.casefold()
    return dropped.match(operation) or any(named in entry.casefold() for entry in dropped.entries)


@lru_cache(maxsize=1)
def _operations_of_rules() -> Mapping[str, frozenset[str]]:
    """Each rule's title and the operations that its search names."""
    folder = Path(__file__).resolve().parents[3] / "default"
    macros = {name.partition("(")[0]: settings for name, settings in _stanzas(folder / "macros.conf").items()}
    found = {}
    for name, settings in _stanzas(folder / "savedsearches.conf").items():
        if name.endswith(" - Rule"):
            title = name.split(" - ")[1]
            found[title] = frozenset(_operations(settings.get("search", ""), macros, frozenset()))
    return found


def _operations(text: str, macros: Mapping[str, Mapping[str, str]], seen: frozenset[str]) -> set[str]:
    found = set()
    for terms in _TERMS.findall(text):
        found |= {term.strip(' "()') for term in re.split(r"\bOR\b|\bAND\b", terms)}
    for groups in _COMPARED.findall(text):
        found |= {_spelled(part.strip(' "'), text) for group in groups for part in group.split(",")}
    for name, _ in _MACRO.findall(text):
        if name in macros and name not in seen:
            found |= _operations(macros[name].get("definition", ""), macros, seen | {name})
    return {operation for operation in found if re.match(r"[A-Za-z][\w .-]+\Z", operation)}


def _spelled(compared: str, text: str) -> str:
    """An operation that is compared in small letters, as the search's own terms spell it; "" for a word of ours."""
    if not compared[:1].islower():
        return compared
    spellings = re.findall(rf"\b{re.escape(compared)}\b", text, re.IGNORECASE)
    return next((spelling for spelling in spellings if spelling[:1].isupper()), "")


def _stanzas(path: Path) -> dict[str, dict[str, str]]:
    """The stanzas of a conf file of this app; continued lines are joined."""
    if not path.is_file():
        return {}
    found: dict[str, dict[str, str]] = {}
    stanza: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").replace("\\\n", "\n\t").replace("\n\t", " ").splitlines():
        if line.startswith("["):
            stanza = found.setdefault(line.strip("[] "), {})
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            stanza[key.strip()] = value.strip()
    return found
