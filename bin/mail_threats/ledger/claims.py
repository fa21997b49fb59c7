"""Who collects what: one claim for each stream of a tenant, in the KV store that the members of a cluster share.

A claim belongs to an input on a host and outlasts its runs: an input that only held it while it runs would let another
one collect the same between two runs. It ends when it was not renewed in time, so that another member takes over from a
host that died. The KV store has no compare-and-set; what is safe to build on is that an insert fails for a key that
exists, and that a delete takes a query. So a claim changes hands in two steps, and of several that try one succeeds:
delete it if it still is as it was seen, then insert. One's own claim that is still good nobody else may touch, so it is
renewed in one step.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from mail_threats.clock import Clock
from mail_threats.errors import HeldElsewhere, StateUnavailable
from mail_threats.ledger.documents import Documents
from mail_threats.ledger.host import Host
from mail_threats.timestamps import zulu

SKEW_S = 120.0
"""What the clocks of two members may differ by; Splunk asks for synchronised ones."""
_RENEW_EVERY_S = 60.0
# A claim this close to its end may have changed hands by the time a write arrives.
_MARGIN_S = 30.0


class Claims:
    """The claims of one input.

    `group` is the tenant and the feed, `ttl_s` how long a claim outlasts its last renewal. `store` is None where there
    is no KV store: then nothing is claimed. `known` is what an earlier run left in the checkpoint; `known` is changed
    in place: `held` (key -> epoch seconds) and `seen` (key -> token of another's claim, and since when it is
    unchanged). `app` is the app registration, whose requests the service counts together.

    `hosts`: on how many hosts, this one among them, inputs of this feed hold claims with the same app registration.
    Where no other host shares the store it stays 1.
    """

    def __init__(
        self,
        store: Documents | None,
        host: Host,
        stanza: str,
        group: str,
        ttl_s: float,
        clock: Clock,
        known: dict[str, Any],
        app: str = "",
    ) -> None:
        self.hosts = 1
        self._app = app
        self._store = store
        self._host = host
        self._stanza = stanza
        self._owner = f"{host.guid} {stanza}"
        self._group = group
        self._ttl_s = ttl_s
        self._clock = clock
        self._held: dict[str, float] = _table(known, "held")
        self._seen: dict[str, list[Any]] = _table(known, "seen")
        self._mine: dict[str, dict[str, Any]] = {}
        self._renewed_at = float("-inf")

    def take(self, streams: Iterable[str]) -> dict[str, HeldElsewhere]:
        """Claim streams; those that were not obtained, each with who has it.

        Raises: StateUnavailable when the store does not answer and it is not certain that nobody else collects them.
        """
        if self._store is None:
            return {}
        keys = {f"{self._group}/{stream}": stream for stream in streams}
        try:
            return self._take(self._store, keys)
        except StateUnavailable as fault:
            self._go_on_without_store(keys, fault)
            return {}

    def renew(self) -> None:
        """Keep the claims alive; cheap when they were renewed a moment ago.

        Raises: HeldElsewhere when one was lost, as after a process that was suspended for long; StateUnavailable as
        `take`.
        """
        if self._store is None or self._clock.monotonic() - self._renewed_at < _RENEW_EVERY_S:
            return
        self._renewed_at = self._clock.monotonic()
        try:
            if self._host.in_cluster:
                self._count_hosts(self._store.find({"group": self._group}))
            lost = self._renew(self._store, self._mine)
        except StateUnavailable as fault:
            self._go_on_without_store({key: self._stream(key) for key in self._mine}, fault)
            return
        if lost:
            raise next(iter(lost.values()))

    def _take(self, store: Documents, keys: Mapping[str, str]) -> dict[str, HeldElsewhere]:
        there = {str(document.get("_key")): document for document in store.find({"group": self._group})}
        self._count_hosts(there.values())
        refused: dict[str, HeldElsewhere] = {}
        own: dict[str, dict[str, Any]] = {}
        for key in keys:
            claim = there.get(key)
            if claim is not None and claim.get("owner") == self._owner:
                own[key] = claim
            elif claim is not None and not self._is_over(key, claim):
                refused[key] = self._held_by(key, claim)
            elif not self._replace(store, key, claim):
                refused[key] = self._held_by_another(store, key)
        refused.update(self._renew(store, own))
        self._renewed_at = self._clock.monotonic()
        return {keys[key]: held for key, held in refused.items()}

    def _count_hosts(self, claims: Iterable[Mapping[str, Any]]) -> None:
        """A claim without an app registration is of an older version; it counts, since it may be the same one."""
        now = self._clock.now()
        others = {
            str(claim.get("owner")).partition(" ")[0]
            for claim in claims
            if claim.get("app", self._app) == self._app and now <= _number(claim.get("expires_at")) + SKEW_S
        }
        self.hosts = len(others | {self._host.guid}) if self._host.in_cluster else 1

    def _renew(self, store: Documents, own: Mapping[str, Mapping[str, Any]]) -> dict[str, HeldElsewhere]:
        """Renew own claims: in one step those that nobody else may have touched, else as if they were another's."""
        now = self._clock.now()
        good = [key for key, claim in own.items() if _number(claim.get("expires_at")) - _MARGIN_S > now]
        documents = [self._document(key) for key in good]
        if documents:
            store.put(documents)
        for document in documents:
            self._note(document)
        refused = {}
        for key in [key for key in own if key not in good]:
            if not self._replace(store, key, own[key]):
                refused[key] = self._held_by_another(store, key)
        return refused

    def _replace(self, store: Documents, key: str, claim: Mapping[str, Any] | None) -> bool:
        if claim is not None:
            store.delete({"_key": key, "token": claim.get("token")})
        document = self._document(key)
        if not store.insert(document):
            return False
        self._note(document)
        return True

    def _note(self, document: dict[str, Any]) -> None:
        key = document["_key"]
        self._mine[key] = document
        self._held[key] = document["expires_at"]
        self._seen.pop(key, None)

    def _is_over(self, key: str, claim: Mapping[str, Any]) -> bool:
        """Whether a claim has ended: by its own word and this host's clock, or because it has not changed for as long
        as it lasts, which frees one that was written under a clock far ahead."""
        now = self._clock.now()
        expires_at = _number(claim.get("expires_at"))
        # A store that no other host shares still names the host's former self after it was built anew.
        former_self = claim.get("input") == self._stanza and not self._host.in_cluster
        if former_self or now > expires_at + SKEW_S:
            return True
        token = str(claim.get("token"))
        seen = self._seen.get(key)
        if not isinstance(seen, list) or len(seen) != 2 or seen[0] != token or _number(seen[1]) > now:
            self._seen[key] = [token, now]
            return False
        lasts_s = max(0.0, expires_at - _number(claim.get("renewed_at")))
        return now - _number(seen[1]) > min(lasts_s, 3 * 86400.0) + SKEW_S

    def _document(self, key: str) -> dict[str, Any]:
        now = self._clock.now()
        return {
            "_key": key,
            "group": self._group,
            "owner": self._owner,
            "input": self._stanza,
            "app": self._app,
            "host": self._host.name,
            "token": uuid.uuid4().hex,
            "renewed_at": now,
            "expires_at": now + self._ttl_s,
        }

    def _go_on_without_store(self, keys: Mapping[str, str], fault: StateUnavailable) -> None:
        """Without the store, only what was claimed by this input alone and is not over may be collected, and only
        where no other host shares the store; such a claim is prolonged here."""
        now = self._clock.now()
        certain = not self._host.in_cluster and all(_number(self._held.get(key)) > now for key in keys)
        if not certain:
            raise StateUnavailable(
                f"It is not certain that nobody else collects {', '.join(sorted(keys.values()))}: {fault.message}",
                advice=f"Collection goes on by itself when the KV store answers. {fault.advice}",
            )
        for key in keys:
            self._held[key] = now + self._ttl_s

    def _held_by_another(self, store: Documents, key: str) -> HeldElsewhere:
        found = store.find({"_key": key})
        return self._held_by(key, found[0] if found else {})

    def _held_by(self, key: str, claim: Mapping[str, Any]) -> HeldElsewhere:
        self._held.pop(key, None)
        stream, holder, host = self._stream(key), str(claim.get("input", "")), str(claim.get("host", ""))
        until = zulu(_number(claim.get("expires_at")) + SKEW_S)
        standby = holder == self._stanza
        if standby:
            return HeldElsewhere(
                f"{stream} is collected by this input on {host}; this host stands by until {until}.", standby=True
            )
        return HeldElsewhere(
            f"{stream} of this tenant is collected by the input {holder} on {host}, not by this one as well.",
            advice=f"Take it out of one of the two inputs. If that one was removed, this one takes over after {until}.",
        )

    def _stream(self, key: str) -> str:
        return key[len(self._group) + 1 :]


def _table(known: dict[str, Any], name: str) -> dict[str, Any]:
    table = known.get(name)
    if not isinstance(table, dict):
        table = known[name] = {}
    return table


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
