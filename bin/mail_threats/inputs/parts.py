"""The parts that all streams of one run share: connections, tokens, id memory, delivery."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from logging import Logger
from pathlib import Path

from mail_threats.accounts import Account
from mail_threats.clock import Clock
from mail_threats.feeds.delivery import Delivery
from mail_threats.feeds.report import Report
from mail_threats.ledger.memory import Memory
from mail_threats.wire.concurrency import Concurrency
from mail_threats.wire.pace import Turns
from mail_threats.wire.retrying import Retrier
from mail_threats.wire.service import TokenService
from mail_threats.wire.shared_pace import SharedPace
from mail_threats.wire.tally import Tally
from mail_threats.wire.tokens import TokenSource
from mail_threats.wire.transport import Transport
from mail_threats.wire.verdicts import Judge


@dataclass
class Parts:
    """`concurrency`: how many requests for content may be under way. `directory`: the stanza's own folder for what
    lasts longer than a run. `tokens`: the token sources of the services made so far. `paces`: limits that are shared
    with other hosts."""

    account: Account
    transport: Transport
    retrier: Retrier
    delivery: Delivery
    memory: Memory
    report: Report
    tally: Tally
    pool: ThreadPoolExecutor
    concurrency: Concurrency
    directory: Path
    clock: Clock
    log: Logger
    tokens: list[TokenSource]
    paces: list[SharedPace] = field(default_factory=list)

    def service(
        self,
        base_url: str,
        pace: Turns,
        judge: Judge,
        headers: Mapping[str, str] | None = None,
        concurrency: Concurrency | None = None,
    ) -> TokenService:
        """A service of the account's cloud, with its own token."""
        tokens = TokenSource(self.account, base_url, self.transport, self.retrier, self.clock, self.tally)
        self.tokens.append(tokens)
        return TokenService(base_url, tokens, self.transport, self.retrier, pace, judge, headers, concurrency)
