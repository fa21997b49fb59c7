"""Which conditions can hold where: an entry for a field that a detection never gives never holds for it.

The table is in docs/allowlist.md; tests hold it against what the rules find.
"""

from __future__ import annotations

from collections.abc import Iterable

from .entry import Entry

_SIGN_IN = frozenset({"account", "source", "app_id", "cap"})
_SERVER_LOG = frozenset({"account", "source", "cap"})
_AUDIT = frozenset({"account", "source"})
# Detection -> the columns that its findings have something to compare with.
GIVES: dict[str, frozenset[str]] = {
    "address_enumeration_by_source": _SIGN_IN,
    "distributed_address_enumeration": _SIGN_IN,
    "slow_address_enumeration": _SIGN_IN,
    "decoy_address_tried": _SIGN_IN,
    "exchange_address_probing": _SERVER_LOG,
    "kerberos_name_enumeration": _SERVER_LOG,
    "account_lookup_from_inside": _SERVER_LOG,
    "mail_forwarding": _SERVER_LOG,
    "hiding_inbox_rule": _AUDIT,
    "remote_mailbox_collection": _SIGN_IN,
    "mailbox_access_grant": _SIGN_IN,
    "mail_search_words": _SERVER_LOG,
    "mailbox_audit_disabled": _AUDIT,
    "local_mail_file_collection": frozenset({"account", "source", "process_path", "signer", "host"}),
    "mail_collection_script": frozenset({"account", "process_path", "host"}),
    "account_takeover_chain": _AUDIT,
}
# Detection -> the technique that its rule asks the allowlist about.
TECHNIQUES: dict[str, str] = {
    "address_enumeration_by_source": "t1589.002",
    "distributed_address_enumeration": "t1589.002",
    "slow_address_enumeration": "t1589.002",
    "decoy_address_tried": "t1589.002",
    "exchange_address_probing": "t1589.002",
    "kerberos_name_enumeration": "t1589.002",
    "account_lookup_from_inside": "t1589.002",
    "mail_forwarding": "t1114.003",
    "hiding_inbox_rule": "t1114.003",
    "remote_mailbox_collection": "t1114.002",
    "mailbox_access_grant": "t1114.002",
    "mail_search_words": "t1114.002",
    "mailbox_audit_disabled": "t1114.002",
    "local_mail_file_collection": "t1114.001",
    "mail_collection_script": "t1114.002",
    "account_takeover_chain": "t1114",
}


def out_of_reach(entry: Entry) -> list[str]:
    """Why an entry can never hold for what it is meant for, in words; empty when it can, or when nobody knows.

    A detection that is named has to give every column by itself. Of those that a technique or an empty scope means, one
    is enough. Detections that are not the app's own are not known here.
    """
    asked = set(entry.conditions) | ({"cap"} if entry.cap is not None else set())
    named = [name for name in entry.scope if name in GIVES]
    found = [_sentence(name, missing) for name in named if (missing := asked - GIVES[name])]
    if set(entry.scope) - set(named) - {name for name in entry.scope if _is_technique(name)}:
        return found
    meant = [name for name in GIVES if name not in named and _is_meant(entry, name)]
    if meant and not named and not any(asked <= GIVES[name] for name in meant):
        found.append(f"no detection that it is meant for gives {_listed(asked)} together: it would never hold")
    return found


def _is_meant(entry: Entry, name: str) -> bool:
    return not entry.scope or entry.covers("", TECHNIQUES[name])


def _is_technique(name: str) -> bool:
    return name[0] == "t" and name[1:5].isdigit()


def _sentence(name: str, missing: Iterable[str]) -> str:
    return f"detection {name} gives no {_listed(missing)}: there the entry would never hold"


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(sorted(columns))
