"""One change at a time: claims in the KV store, which refuses a second document with the same key, its only lock.

A claim ends with the change, or a minute after its process last said that it goes on.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from splunklib.binding import HTTPError

from .kv_collection import Document, KVCollection
from .messages import Refusal

_STALE_S = 60.0


class Claim:
    """What one process holds; `kept` leaves it behind, so that what it notes is seen to by who comes next."""

    def __init__(self, claims: KVCollection, key: str, user: str) -> None:
        self._claims = claims
        self.document: Document = {"_key": key, "user": user, "holder": secrets.token_hex(8), "time": time.time()}
        self.kept = False

    def go_on(self, **noted: Any) -> None:
        """Holds the claim for another minute, and notes more in it. Raises: Refusal 409 when somebody else took it."""
        held = self._claims.get(self.document["_key"])
        if held is None or held.get("holder") != self.document["holder"]:
            raise _busy(self.document["_key"], held or {})
        self.document = {**self.document, **noted, "time": time.time()}
        self._claims.save([self.document])

    def give_up(self) -> None:
        """Lets others change it; where that cannot be said, the claim ends by itself."""
        if not self.kept:
            with contextlib.suppress(HTTPError, OSError):
                self._claims.drop(self.document["_key"], holder=self.document["holder"])


class Claims:
    """The claims of `user`. `left_behind` is given a claim whose process ended, before it is taken over."""

    def __init__(self, claims: KVCollection, user: str, left_behind: Callable[[Document], None]) -> None:
        self._claims = claims
        self._user = user
        self._left_behind = left_behind

    @contextlib.contextmanager
    def hold(self, key: str) -> Iterator[Claim]:
        """Holds off other changes of `key`. Raises: Refusal 409 while another one is under way."""
        claim = Claim(self._claims, key, self._user)
        if not self._claims.insert(claim.document):
            held = self._claims.get(key)
            if held is not None and not _stale(held):
                raise _busy(key, held)
            if held is not None:
                self._left_behind(held)
                # Of two that come to this at the same time, the second finds the first one's claim and leaves it.
                self._claims.drop(key, **({"holder": held["holder"]} if "holder" in held else {}))
            if not self._claims.insert(claim.document):
                raise _busy(key, {})
        try:
            yield claim
        finally:
            claim.give_up()

    def see_to(self, key: str) -> None:
        """Takes over a claim whose process ended, if there is one."""
        held = self._claims.get(key)
        if held is not None and _stale(held):
            with self.hold(key):
                pass


def _stale(held: Mapping[str, Any]) -> bool:
    return float(held.get("time") or 0) <= time.time() - _STALE_S


def _busy(key: str, held: Mapping[str, Any]) -> Refusal:
    return Refusal(409, f"{held.get('user') or 'Somebody else'} is changing {key!r} at this moment. Try again.")
