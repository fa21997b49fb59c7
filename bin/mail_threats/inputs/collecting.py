"""One run of an input, from splunkd's configuration to the last health event."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from solnlib.log import events_ingested

from mail_threats.accounts import Account
from mail_threats.clock import SystemClock
from mail_threats.errors import (
    CheckpointDamaged,
    ConfigError,
    MailThreatsError,
    OutputClosed,
    Stopped,
)
from mail_threats.feeds.delivery import Delivery
from mail_threats.feeds.filtering import FilteredDelivery
from mail_threats.feeds.report import PAUSED, RECOVERED, RETRIED, Report
from mail_threats.inputs import parameters as checks
from mail_threats.inputs.definition import Definition
from mail_threats.inputs.filters import blinded, filters_of
from mail_threats.inputs.parts import Parts
from mail_threats.inputs.streams import Streams
from mail_threats.ledger.checkpoint import Checkpoint
from mail_threats.ledger.claims import Claims
from mail_threats.ledger.host import Host
from mail_threats.ledger.memory import Memory
from mail_threats.ledger.running import Running, rest_s
from mail_threats.splunkio.environment import seal_environment
from mail_threats.splunkio.event_stream import EventStream
from mail_threats.splunkio.health import health_event
from mail_threats.splunkio.invocation import Invocation, read_run
from mail_threats.splunkio.kvstore import KvCollection
from mail_threats.splunkio.logs import InputLog
from mail_threats.splunkio.management import management_port, this_host
from mail_threats.splunkio.settings import Settings
from mail_threats.splunkio.stopping import StopSignal, abandonment
from mail_threats.timestamps import zulu
from mail_threats.wire.concurrency import Concurrency
from mail_threats.wire.retrying import Retrier
from mail_threats.wire.tally import Tally
from mail_threats.wire.transport import Transport
from mail_threats.wire.trust import bundle

# Beside contents: a listing, and the requests that the main thread waits for.
_THREADS_MORE = 3
CYCLE_S = 300.0
CHECKPOINTS, CLAIMS = "mail_threats_checkpoints", "mail_threats_claims"
OK, FAILED = 0, 1


def collect(definition: Definition) -> int:
    """Run the stanza that splunkd describes on stdin until it is caught up; returns the exit code.

    0 when nothing needs an admin, also when splunkd stopped it; 1 otherwise, with the reason in the log, in a health
    event and, in one sentence, on stderr (which splunkd keeps in splunkd.log).
    """
    stop = StopSignal()
    seal_environment()
    log = InputLog(definition.scheme.name)
    try:
        invocation = read_run(sys.stdin.buffer)
    except ConfigError as error:
        print(str(error), file=sys.stderr)
        return FAILED
    run = Run(definition, invocation, log, stop)
    try:
        return run.to_the_end()
    except OutputClosed as error:
        log.logger.error("action=ended input=%s reason=%r", invocation.name, str(error))
        return FAILED
    except Exception as error:  # the last line of defence: say it, lose nothing, let the next run try
        log.logger.exception("action=failed input=%s", invocation.name)
        print(f"{invocation.name} failed unexpectedly ({type(error).__name__}); see its log.", file=sys.stderr)
        return FAILED


class Run:
    """One process's work on one stanza."""

    def __init__(self, definition: Definition, invocation: Invocation, log: InputLog, stop: StopSignal) -> None:
        self._definition = definition
        self._invocation = invocation
        self._log = log
        self._stop = stop
        self._clock = SystemClock(stop.event)
        self._tally = Tally()
        self._concurrency = Concurrency(checks.USUAL_CONCURRENCY)
        self._report = Report(log.logger)
        self._output = EventStream(sys.stdout.buffer, invocation.name, invocation.parameter("index"))
        self._account: Account | None = None
        self._host = Host("", "", in_cluster=False, has_kvstore=False)
        self._running: Running | None = None
        self._streams: Streams | None = None
        self._transport: Transport | None = None
        self._cycle_began = time.monotonic()
        self._skew_s = 0.0
        self._memory_lost = False

    def to_the_end(self) -> int:
        stopped = False
        self._log.logger.info("action=started input=%s", self._invocation.name)
        try:
            self._collect()
        except Stopped:
            stopped = True
        except MailThreatsError as error:
            if isinstance(error, OutputClosed):
                raise
            self._report.problem("", error, PAUSED if isinstance(error, CheckpointDamaged) else "")
        self._tell_health(stopped)
        self._output.close()
        self._log.logger.info("action=ended input=%s stopped=%s", self._invocation.name, stopped)
        return FAILED if self._report.needs_admin else OK

    def _collect(self) -> None:
        invocation, now = self._invocation, self._clock.now()
        settings = Settings(invocation.splunkd)
        self._log.set_level(settings.log_level())
        self._definition.check(invocation.parameters, now)
        self._concurrency = Concurrency(checks.concurrency(invocation.parameters))
        account = self._account = settings.account(invocation.parameter("account"))
        proxy = settings.proxy()
        self._log.redact(
            [*account.credential.secrets, invocation.splunkd.session_key, *([proxy.password] if proxy else [])]
        )
        if account.credential.doubt:
            self._log.logger.warning(
                "action=credential_doubtful account=%s reason=%r", account.name, account.credential.doubt
            )
        directory = _directory(invocation)
        transport = self._transport = Transport(
            bundle(account.ca_pem, directory),
            proxy,
            log=self._log.logger,
            pool_size=self._concurrency.most + _THREADS_MORE,
        )
        self._stop.collecting()
        self._stop.watch(abandonment(sys.stdout.fileno()))
        self._begin(directory, account)
        memory = Memory(directory / "memory.sqlite", now)
        self._memory_lost = memory.was_lost
        pool = ThreadPoolExecutor(self._concurrency.most + _THREADS_MORE, thread_name_prefix="fetch")
        parts = Parts(
            account=account,
            transport=transport,
            retrier=Retrier(self._clock, self._tally, self._log.logger),
            delivery=self._delivery(memory),
            memory=memory,
            report=self._report,
            tally=self._tally,
            pool=pool,
            concurrency=self._concurrency,
            directory=directory,
            clock=self._clock,
            log=self._log.logger,
            tokens=[],
        )
        assert self._streams is not None
        try:
            self._streams.run(parts, self._after_each_window)
        except Stopped:
            parts.delivery.settle()
            self._streams.save()
            raise
        finally:
            self._skew_s = transport.clock_skew_s
            pool.shutdown(wait=False)
            memory.close()
            transport.close()

    def _delivery(self, memory: Memory) -> Delivery:
        asked = filters_of(self._invocation.parameters, self._definition.filters)
        if not asked:
            return Delivery(self._output, memory, self._tally)
        for blind in blinded(self._invocation.parameters):
            self._log.logger.warning("action=rule_blind reads=%r", blind)
        return FilteredDelivery(self._output, memory, self._tally, asked)

    def _begin(self, directory: Path, account: Account) -> None:
        """Take the place of the one process of this input, and load and write its record.

        It is written before anything is collected, and before the id memory is made: what cannot be recorded must not
        be sent, or it would be sent in every run; and ids without a record tell of a record that was lost.
        """
        invocation, kind = self._invocation, self._definition.scheme.name
        self._running = Running(directory)
        before = self._running.take(self._clock.now())
        port = management_port(invocation.splunkd)
        self._host = this_host(port)
        store, claims = (
            (KvCollection(port, CHECKPOINTS), KvCollection(port, CLAIMS)) if self._host.has_kvstore else (None, None)
        )
        checkpoint = Checkpoint(
            directory, invocation.name, invocation.parameter("start_time"), store, self._host, self._clock
        )
        copy = checkpoint.load()
        for note in checkpoint.notes:
            self._report.problem("", note, RECOVERED if isinstance(note, CheckpointDamaged) else RETRIED)
        checkpoint.keep()
        interval = invocation.parameter("interval")
        claimed = Claims(
            claims,
            self._host,
            invocation.name,
            f"{account.tenant_id}/{kind}",
            checks.claim_s(interval),
            self._clock,
            copy.claims,
            account.client_id.lower(),
        )
        self._streams = Streams(
            self._definition, invocation, checkpoint, claimed, copy, self._report, self._clock, self._log.logger
        )
        wait_s = rest_s(interval, before, self._clock.now())
        if wait_s:
            self._log.logger.warning("action=rested seconds=%d reason='the interval is below a minute'", int(wait_s))
            self._clock.wait(wait_s)

    def _after_each_window(self) -> None:
        if time.monotonic() - self._cycle_began > CYCLE_S:
            assert self._transport is not None
            self._skew_s = self._transport.clock_skew_s
            self._tell_health(stopped=False)

    def _tell_health(self, stopped: bool) -> None:
        now, streams = self._clock.now(), self._streams
        counters = self._tally.take()
        name, index = self._invocation.name, self._invocation.parameter("index")
        facts = {
            "input": name,
            "feed": self._definition.scheme.name,
            "account": self._account.name if self._account else self._invocation.parameter("account"),
            "tenant_id": self._account.tenant_id if self._account else "",
            **_credential_facts(self._account),
            "caught_up": streams is not None and streams.caught_up,
            "cycle_s": round(time.monotonic() - self._cycle_began, 3),
            "clock_skew_s": round(self._skew_s, 1),
            "id_memory_lost": self._memory_lost,
            "server_guid": self._host.guid,
            "dropped": {
                each.name: counters.get(f"dropped:{each.name}", 0)
                for each in filters_of(self._invocation.parameters, self._definition.filters)
            },
            "rules_blind": blinded(self._invocation.parameters),
            "collected_again": streams.collected_again if streams else [],
            **self._concurrency.take(),
        }
        if streams is not None:
            streams.tell_store_fault()
        collected = [(c.source.name, c.state, c.source.policy) for c in streams.collections] if streams else []
        untold = streams.untold if streams else []
        event = health_event(facts, counters, collected, untold, self._report, now=now, stopped=stopped)
        self._output.write([event])
        self._output.flush()
        if streams is not None:
            streams.told()
        sourcetype = self._definition.sourcetype
        events_ingested(self._log.logger, name, sourcetype, counters.get("events", 0), index, account=facts["account"])
        for problem in self._report.problems:
            if problem.needs_admin:
                print(f"{name} {problem.stream}".strip() + f": {problem.message} {problem.advice}", file=sys.stderr)
        self._report.clear()
        self._cycle_began = time.monotonic()


def _credential_facts(account: Account | None) -> dict[str, str | None]:
    """How the account signs in, and until when it can; None where nobody told."""
    if account is None:
        return {"credential_kind": None, "credential_expires": None}
    expires = account.credential.expires
    return {
        "credential_kind": account.credential.kind,
        "credential_expires": None if expires is None else zulu(expires),
    }


def _directory(invocation: Invocation) -> Path:
    """The stanza's own folder in splunkd's checkpoint directory.

    Raises: ConfigError when it cannot be made.
    """
    if not invocation.checkpoint_dir:
        raise ConfigError("splunkd sent no checkpoint directory.")
    if not invocation.short_name.strip("."):
        raise ConfigError(f"The input's name {invocation.short_name!r} cannot be a folder.", advice="Rename the input.")
    directory = Path(invocation.checkpoint_dir) / quote(invocation.short_name, safe="")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise ConfigError(
            f"The folder {directory} cannot be made ({fault.strerror}).",
            advice="Give the user that runs Splunk write access to it.",
        ) from None
    return directory
