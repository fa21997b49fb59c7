"""The streams of one run: who collects them, from where on, in which turns, and the record of what was delivered."""

from __future__ import annotations

from collections.abc import Iterator
from logging import Logger
from typing import Any, Callable

from mail_threats.clock import Clock
from mail_threats.errors import ConfigError, HeldElsewhere, ServiceError, Transient
from mail_threats.feeds.collection import Collection, Source
from mail_threats.feeds.report import RECOVERED, RETRIED, Report
from mail_threats.inputs import parameters as checks
from mail_threats.inputs.definition import Definition
from mail_threats.inputs.parts import Parts
from mail_threats.ledger import windows as time_line
from mail_threats.ledger.again import Wish, carry_out, memory_mark
from mail_threats.ledger.checkpoint import Checkpoint
from mail_threats.ledger.claims import Claims
from mail_threats.ledger.copies import Copy
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Gap
from mail_threats.splunkio.invocation import Invocation
from mail_threats.timestamps import zulu
from mail_threats.wire.shared_pace import SharedPace
from mail_threats.wire.stoppable import waited


class Streams:
    """All streams of a stanza; `copy` is what `checkpoint` holds of them.

    Who finds that somebody else collects stands by: the record is left to them, and nothing is saved any more.
    """

    def __init__(
        self,
        definition: Definition,
        invocation: Invocation,
        checkpoint: Checkpoint,
        claims: Claims,
        copy: Copy,
        report: Report,
        clock: Clock,
        log: Logger,
    ) -> None:
        self._definition = definition
        self._invocation = invocation
        self._checkpoint = checkpoint
        self._claims = claims
        self._copy = copy
        self._report = report
        self._clock = clock
        self._log = log
        self._standing_by = False
        self._paces: list[SharedPace] = []
        self._hosts = 1
        self.collections: list[Collection] = []

    def run(self, parts: Parts, after_window: Callable[[], None]) -> None:
        """Collect until every stream is caught up or cannot go on, which the report then tells.

        Raises: Stopped, OutputClosed, HeldElsewhere, and ConfigError when nothing of the account can go on.
        """
        try:
            self._run(parts, after_window)
        except HeldElsewhere:
            self._stand_by()
            raise

    def save(self) -> None:
        """Record what was flushed, unless somebody else collects."""
        if not self._standing_by:
            self._checkpoint.save()

    # What a health event says of them

    @property
    def caught_up(self) -> bool:
        return bool(self.collections) and all(collection.caught_up for collection in self.collections)

    @property
    def untold(self) -> list[tuple[str, Gap]]:
        """Losses that no health event has told yet."""
        return [(key.partition("/")[2], gap) for key, state in self._copy.streams.items() for gap in state.untold]

    @property
    def collected_again(self) -> list[dict[str, Any]]:
        return [
            {"stream": key.partition("/")[2], **state.untold_again}
            for key, state in self._copy.streams.items()
            if state.untold_again
        ]

    def tell_store_fault(self) -> None:
        """Report what kept the record from the KV store."""
        if not self._standing_by and self._checkpoint.store_fault is not None:
            self._report.problem("", self._checkpoint.store_fault, RETRIED)

    def told(self) -> None:
        """After a health event is with splunkd: its losses need not be told again. With it the record is written to
        the KV store too."""
        if self._standing_by:
            return
        for state in self._copy.streams.values():
            state.untold.clear()
            state.untold_again = None
        try:
            self._checkpoint.save(now=True)
        except ConfigError as error:
            self._report.problem("", error)

    # The run

    def _run(self, parts: Parts, after_window: Callable[[], None]) -> None:
        sources = self._definition.sources(parts, self._invocation.parameters)
        refused = self._claims.take([source.name for source in sources])
        self._paces = parts.paces
        self._share_limits()
        for stream, held in refused.items():
            self._report.problem(stream, held)
        sources = [source for source in sources if source.name not in refused]
        if not sources:
            self._stand_by()
            return
        taken = self._checkpoint.take_over_import()
        if taken is not None:
            self._copy, note = taken
            self._report.problem("", note, RECOVERED)
        self._checkpoint.save(now=True)
        try:
            for tokens in parts.tokens:
                waited(parts.pool, self._clock, tokens.current)
        except ServiceError as error:
            self._report.problem("", error)
            return
        began = self._clock.now()
        if not self._copy.streams and 0.0 < self._copy.begun_at < began:
            # An input that was refused or killed until now meant to begin when it ran first; what has expired since is
            # a loss to be told.
            began = self._copy.begun_at
        self.collections = [self._collection(source, parts, began) for source in sources]
        parts.memory.belong_to(memory_mark(self._copy.streams))
        self._take_turns(after_window)

    def _stand_by(self) -> None:
        """Leave the record to whoever collects; what was seen of their claims is kept here."""
        self._checkpoint.keep()
        self._standing_by = True

    def _collection(self, source: Source, parts: Parts, began: float) -> Collection:
        """A stream that was never collected begins where the stanza says, seen from `began`, this host's time when the
        input first ran."""
        key = f"{parts.account.tenant_id}/{source.name}"
        state = self._copy.streams.get(key)
        wish = checks.collect_again(self._invocation.parameters, self._clock.now())
        if state is not None:
            self._collect_again(state, wish, source, parts)
        else:
            state = self._copy.streams[key] = self._beginning(key, source, began)
            state.again = wish.text if wish else ""
        return Collection(
            source,
            state,
            parts.delivery,
            parts.memory,
            self._report,
            self._clock,
            self._log,
            self._save,
        )

    def _beginning(self, key: str, source: Source, began: float) -> StreamState:
        parameters = self._invocation.parameters
        now = began + source.clock_skew_s
        wanted = checks.start_time(parameters, now, self._definition.default_age_s)
        state = StreamState(time_line.beginning(wanted, now, source.policy))
        if self._invocation.parameter("start_time") and wanted < state.low_water:
            self._log.warning(
                "action=start_moved stream=%s to=%s reason='the service keeps no more'", key, zulu(state.low_water)
            )
        return state

    def _collect_again(self, state: StreamState, wish: Wish | None, source: Source, parts: Parts) -> None:
        """Carry out what the admin wishes, once."""
        start = carry_out(state, wish, self._clock.now() + source.clock_skew_s, source.policy)
        if wish is None or start is None:
            return
        parts.memory.forget_blobs(source.name, float("inf"))
        self._log.warning(
            "action=collect_again stream=%s start=%s wished=%s known=%s",
            source.name,
            zulu(start),
            zulu(wish.start),
            wish.known,
        )
        if start > wish.start:
            note = Transient(
                f"Of the time to collect again, the service keeps nothing before {zulu(start)}.",
                advice="Search the time before in Purview Audit or Entra.",
            )
            self._report.problem(source.name, note, RECOVERED)

    def _take_turns(self, after_window: Callable[[], None]) -> None:
        """One window of each stream after the other, so that one with much to catch up does not hold back the rest."""
        running: list[Iterator[None]] = [collection.steps() for collection in self.collections]
        while running:
            for steps in list(running):
                if next(steps, self) is self:
                    running.remove(steps)
                self._clock.check()
                after_window()

    def _save(self) -> None:
        """Record what was flushed, and stay the one that collects it."""
        self._checkpoint.save()
        self._claims.renew()
        self._share_limits()

    def _share_limits(self) -> None:
        """Leave the other members of the cluster their part of what the service takes of the app registration."""
        if self._paces and self._claims.hosts != self._hosts:
            self._hosts = self._claims.hosts
            self._log.info("action=limit_shared hosts=%d", self._hosts)
            for pace in self._paces:
                pace.share(self._hosts)
