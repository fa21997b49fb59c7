"""A life of an input, drawn from a seed: faults at the tenant, kills at any moment, what goes wrong with its record,
and then a clean run; and the judgement of what was indexed in the end.

In every life a run is killed at work: after it asked the tenant and before it was done. A run that is done before the
moment that was drawn is followed by one that has more to do and an earlier moment.

Time is the tenant's: it jumps by minutes, hours or days between two runs.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inputs.forwarder import (
    ACTIVITY,
    AUDIT,
    CHECKPOINTS,
    DAY,
    SIGN_IN,
    SIGN_INS,
    Forwarder,
    audit_records,
    iso,
    sign_in_records,
)
from inputs.moments import STEPS, AtRecord, AtRequest, AtTime

from lab.splunk.inputs.host import InputRun, Interruption
from lab.tenant import Record, Tenant

HOUR = 3600.0
CONTENT_TYPES = ("Audit.Exchange", "Audit.AzureActiveDirectory")
KINDS = ("interactive", "non_interactive")
AT_EVENT, AT_REQUEST, AT_RECORD, AT_TIME = "kill at an event", "kill at a request", "kill at a record", "kill at a time"
KILLS_AT_WORK = (AT_EVENT, AT_REQUEST, AT_RECORD)
TERMINATED = "terminate"
DISTURBANCES = (*KILLS_AT_WORK, AT_TIME, TERMINATED, "let it run")
_TRIES = 6
Draw = Callable[[random.Random], dict[str, Any]]


def _few(name: str, endpoints: tuple[str, ...] = (), **options: Any) -> Draw:
    """A fault that acts once or twice, somewhere."""

    def draw(rng: random.Random) -> dict[str, Any]:
        where = {"endpoint": rng.choice(endpoints)} if endpoints else {}
        return {"name": name, "first": rng.randint(1, 2), "after": rng.randint(0, 4), **where, **options}

    return draw


def _some(name: str, **delays: tuple[float, float]) -> Draw:
    """A fault in the data, of every k-th blob or record."""
    return lambda rng: {
        "name": name,
        "every": rng.randint(2, 4),
        **{option: round(rng.uniform(*bounds)) for option, bounds in delays.items()},
    }


ACTIVITY_FAULTS: tuple[Draw, ...] = (
    _few("throttled", ("content", "blob"), status=403, retry_after=1),
    _few("throttled", ("content", "blob", "subscriptions_list"), status=429, retry_after=0),
    _few("server_error", ("content", "blob", "subscriptions_list", "token"), status=503, retry_after=0),
    _few("server_error", ("content", "blob"), status=408),
    _few("connection_reset", ("content", "blob", "token")),
    _few("truncated_body", ("content", "blob")),
    _few("empty_body", ("content", "blob")),
    _few("error_inside_ok", ("content", "blob")),
    _few("internal_error", ("content", "blob")),
    _few("token_rejected", ("content", "blob")),
    _few("transient_token_error"),
    _few("blob_missing"),
    _few("blob_expired"),
    _few("invalid_next_page"),
    _few("repeated_next_page"),
    _few("hostile_next_page"),
    _few("window_refused"),
    _few("subscription_disabled"),
    _some("late_blob", delay_s=(600.0, 3 * HOUR)),
    _some("duplicate_listing", delay_s=(0.0, HOUR)),
    _some("events_in_new_blob", delay_s=(600.0, DAY)),
    _some("duplicates_in_blob"),
    _some("out_of_order"),
    _some("partial_blob"),
    _some("lone_surrogate"),
    _some("byte_order_mark"),
)
SIGN_IN_FAULTS: tuple[Draw, ...] = (
    _few("graph_throttled", retry_after="seconds", seconds=1),
    _few("server_error", ("sign_ins", "token"), status=502, retry_after=0),
    _few("connection_reset", ("sign_ins",)),
    _few("truncated_body", ("sign_ins",)),
    _few("empty_body", ("sign_ins",)),
    _few("token_rejected", ("sign_ins",)),
    _few("null_skip_token"),
    _few("repeated_next_link"),
    _few("hostile_next_link"),
    _few("big_window_timeout", rows=40),
    _few("empty_page"),
    _few("short_page", less=5),
    _few("incomplete_result"),
    _few("not_premium"),
    _some("late_record", delay_s=(300.0, HOUR)),
)


@dataclass
class Verdict:
    """`missing`: ids that could have been had and were not indexed. `unexplained`: ids indexed again without a kill or
    a lost memory that explains it. `unknown`: ids that nobody offered. `untold`: expired ids that no health event
    tells of. `kills_at_work`: kills of runs that had asked the tenant and were not done, by how the moment was chosen.
    """

    offered: int = 0
    indexed: int = 0
    duplicates: int = 0
    kills: int = 0
    kills_at_work: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    expired: int = 0
    missing: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.missing or self.unexplained or self.unknown or self.untold or self.broken)


class Life:
    """One input of one tenant, from its first run to the judgement. `story` is what was done, line by line.

    `by_admin`: between two runs an admin has it collected again, or imports a record of before.
    """

    def __init__(self, seed: int, forwarder: Forwarder, *, by_admin: bool = False) -> None:
        self._admin = random.Random(f"admin {seed}") if by_admin else None
        self._settings: dict[str, str] = {}
        self._rng = random.Random(f"soak {seed}")
        self._seed = seed
        self._forwarder = forwarder
        self._is_activity = self._rng.random() < 0.75
        self._stanza, self._sourcetype = (ACTIVITY, AUDIT) if self._is_activity else (SIGN_INS, SIGN_IN)
        self._batches = 0
        self._last_batch = 0
        self._explained: set[str] = set()
        self._memory_lost = False
        self._start = 0.0
        self._run_s = 2.0
        self._backups: list[dict[str, Any]] = []
        self.verdict = Verdict()
        self.story: list[str] = []

    def live(self) -> Verdict:
        """Everything; the judgement."""
        rng = self._rng
        faults = [draw(rng) for draw in rng.sample(self._faults(), rng.randint(1, 4))]
        self.story.append(f"faults: {faults}")
        first = self._records(None, rng.randint(40, 250), oldest_s=rng.uniform(HOUR, 6 * DAY))
        with Tenant(
            first,
            seed=self._seed,
            faults=faults,
            blob_events=rng.choice((1, 5, 20, 100)),
            page_size=rng.choice((2, 10, 200)),
            graph_page_limit=rng.choice((20, 100)),
            graph_limit=None,
        ) as tenant:
            self._set_up(tenant, min(record.time for record in first))
            self._killed_at_work(tenant)
            for _ in range(rng.randint(1, 2)):
                self._between_runs(tenant)
                self._disturbed_run(tenant, rng.choice(DISTURBANCES))
            self._between_runs(tenant)
            self._recover(tenant)
            self._judge(tenant)
        return self.verdict

    def _faults(self) -> tuple[Draw, ...]:
        return ACTIVITY_FAULTS if self._is_activity else SIGN_IN_FAULTS

    def _records(self, tenant: Tenant | None, count: int, oldest_s: float) -> list[Record]:
        """New records in both streams, spread from `oldest_s` before the tenant's present up to it, and none from
        before the input's start time."""
        self._batches += 1
        self._last_batch = count
        age_s = oldest_s if self._is_activity else min(oldest_s, 50 * 60.0)
        skew_s = tenant.skew_s if tenant is not None else 0.0
        if tenant is not None:
            age_s = min(age_s, tenant.now - self._start - 1.0)
        options = {
            "start_age_s": age_s - skew_s,
            "every_s": age_s / (count // 2 + 1),
            "seed": self._batches,
            "padding": self._rng.choice((0, 200, 3000)),
        }
        if self._is_activity:
            return [r for name in CONTENT_TYPES for r in audit_records(count // 2, content_type=name, **options)]
        return [r for kind in KINDS for r in sign_in_records(count // 2, kind=kind, **options)]

    def _set_up(self, tenant: Tenant, oldest: float) -> None:
        self._start = oldest - 60.0
        choice = {"content_types": ",".join(CONTENT_TYPES)} if self._is_activity else {"sign_in_kinds": ",".join(KINDS)}
        self._forwarder.add_account(tenant)
        self._settings = {"start_time": iso(self._start), **choice}
        self._forwarder.add_input(self._stanza, **self._settings)

    # What goes wrong

    def _killed_at_work(self, tenant: Tenant) -> None:
        """Runs until one was killed at work; the last is killed when it asks for the first time."""
        for nearer in range(_TRIES):
            how = self._rng.choice(KILLS_AT_WORK) if nearer < _TRIES - 1 else AT_REQUEST
            self._disturbed_run(tenant, how, nearer)
            if self.verdict.kills_at_work:
                return
            tenant.skew_s += 60.0
            tenant.add(self._records(tenant, self._rng.randint(40, 120), oldest_s=HOUR))
            self.story.append("done before it was to be killed; a minute passes, new records")
        self.verdict.broken.append("no run was killed at work")

    def _disturbed_run(self, tenant: Tenant, how: str, nearer: int = 0) -> None:
        """`nearer`: the range that the moment is drawn from is halved so many times."""
        rng = self._rng

        def drawn(most: int) -> int:
            return rng.randint(1, max(1, most >> nearer)) if nearer < _TRIES - 1 else 1

        interruption = None
        if how == AT_EVENT:
            interruption = Interruption(after_events=drawn(self._last_batch))
        elif how == AT_REQUEST:
            answers = len(tenant.store.blobs) if self._is_activity else self._last_batch // 20
            interruption = Interruption(moment=AtRequest(tenant, drawn(answers + 8)))
        elif how == AT_RECORD:
            directory = self._forwarder.checkpoint_dir(self._stanza)
            interruption = Interruption(moment=AtRecord(directory, rng.choice(list(STEPS)), drawn(16)))
        elif how == AT_TIME:
            # Anywhere in a run, however fast this machine is at the moment.
            interruption = Interruption(moment=AtTime(rng.uniform(0.2, 1.1) * self._run_s))
        elif how == TERMINATED:
            interruption = Interruption(after_events=rng.randint(1, 60), how="terminate", grace=5.0)
        asked, done = len(tenant.ledger.exchanges), self._ended()
        result = self._run(f"{how} {(interruption and interruption.moment) or ''}".rstrip(), interruption)
        if result.returncode == -9 and len(tenant.ledger.exchanges) > asked and self._ended() == done:
            self.verdict.kills_at_work[how] += 1
        if self._has_begun():
            self._backups.append(self._forwarder.kept[self._stanza])

    def _ended(self) -> int:
        """How many runs have told their log that they are done."""
        return self._forwarder.log().count("action=ended")

    def _run(self, how: str, interruption: Interruption | None = None) -> InputRun:
        before = Counter(self._forwarder.ids(self._sourcetype))
        result = self._forwarder.run(self._stanza, interruption=interruption)
        new = Counter(self._forwarder.ids(self._sourcetype)) - before
        self.verdict.runs += 1
        self._run_s = result.seconds if result.returncode != -9 else self._run_s
        if result.returncode == -9:
            self.verdict.kills += 1
            self._explained |= set(new)
        elif result.error or result.returncode not in (0, 1) or "unexpectedly" in result.stderr:
            self.verdict.broken.append(f"{how}: {result.error} {result.returncode} {result.stderr}")
        self.story.append(f"{how}: {sum(new.values())} events, exit {result.returncode}, {result.seconds:.1f} s")
        return result

    def _between_runs(self, tenant: Tenant) -> None:
        rng = self._rng
        self._forwarder.system.kvstore_status = "ready"
        if rng.random() < 0.7:
            jump_s = rng.choice((60.0, 900.0, HOUR) if not self._is_activity else (60.0, HOUR, 7 * HOUR, 25 * HOUR))
            if self._is_activity and rng.random() < 0.05:
                jump_s = 8 * DAY
            jump_s = jump_s if self._has_begun() else 60.0
            tenant.skew_s += jump_s
            self.story.append(f"{jump_s / HOUR:.1f} hours pass")
        if rng.random() < 0.6:
            tenant.add(self._records(tenant, rng.randint(4, 60), oldest_s=rng.uniform(60.0, 10 * HOUR)))
            self.story.append("new records")
        mishap = rng.choice((None, None, None, *self._mishaps()))
        if mishap is not None:
            self.story.append(mishap.__doc__ or "")
            mishap()
        if self._admin is not None:
            act = self._admin.choice((self._collect_again, self._collect_again, self._send_again, self._import))
            self.story.append(act.__doc__ or "")
            act()

    def _has_begun(self) -> bool:
        """Whether each copy of the record knows the streams. This host's clock stands still while the tenant's jumps:
        what expires before that would be taken for older than the start."""
        document = self._forwarder.kept.get(self._stanza)
        return document is not None and '"low_water"' in document["document"]

    def _mishaps(self) -> tuple[Callable[[], None], ...]:
        return (
            self._kv_store_down,
            self._lose_memory,
            self._lose_file,
            self._damage_file,
            self._damage_document,
            self._restore_document,
        )

    def _kv_store_down(self) -> None:
        """the KV store does not answer in the next run"""
        self._forwarder.system.kvstore_status = "starting"

    def _lose_memory(self) -> None:
        """the id memory is deleted"""
        self._memory_lost = True
        for path in self._forwarder.checkpoint_dir(self._stanza).glob("memory.sqlite*"):
            path.unlink()

    def _lose_file(self) -> None:
        """the file is deleted; the KV store has a copy"""
        if self._document_is_good():
            self._file().unlink(missing_ok=True)

    def _damage_file(self) -> None:
        """the file is cut off; the KV store has a copy"""
        if self._document_is_good() and self._file().exists():
            self._file().write_bytes(self._file().read_bytes()[:-30])

    def _damage_document(self) -> None:
        """the document is cut off; the file is there"""
        document = self._forwarder.kept.get(self._stanza)
        if document is not None and self._file().exists() and _is_whole(self._file().read_text()):
            self._forwarder.splunk.kv(CHECKPOINTS, "m365_mail_threats").upsert(
                [{**document, "document": document["document"][:-30]}]
            )

    def _restore_document(self) -> None:
        """the KV store is restored from a backup"""
        if self._backups:
            self._forwarder.splunk.kv(CHECKPOINTS, "m365_mail_threats").upsert([self._rng.choice(self._backups)])

    def _collect_again(self) -> None:
        """an admin has it collect again what was missed"""
        assert self._admin is not None
        start = self._admin.uniform(self._start, time.time())
        self._forwarder.add_input(self._stanza, **self._settings, collect_again_from=iso(start))

    def _send_again(self) -> None:
        """an admin has it send again what was delivered"""
        assert self._admin is not None
        self._memory_lost = True
        start = self._admin.uniform(self._start, time.time())
        wish = {"collect_again_from": iso(start), "collect_again_known": "1"}
        self._forwarder.add_input(self._stanza, **self._settings, **wish)

    def _import(self) -> None:
        """an admin imports a record of before"""
        assert self._admin is not None
        if self._backups:
            document = self._admin.choice(self._backups)["document"]
            self._forwarder.splunk.kv(CHECKPOINTS, "m365_mail_threats").upsert(
                [{"_key": f"import {self._stanza}", "document": document}]
            )

    def _document_is_good(self) -> bool:
        """A run that was killed early may not have found out yet about the other copy: with both damaged, an input has
        to pause."""
        document = self._forwarder.kept.get(self._stanza)
        return document is not None and _is_whole(document["document"])

    def _file(self) -> Any:
        return self._forwarder.checkpoint_dir(self._stanza) / "checkpoint.json"

    # The end

    def _recover(self, tenant: Tenant) -> None:
        """Everything works again, and enough time passes for what is late."""
        tenant.faults.faults.clear()
        self._forwarder.system.kvstore_status = "ready"
        settled_s = 26 * HOUR if self._is_activity else 3 * HOUR
        for pass_s in (settled_s, 2 * HOUR, 2 * HOUR) if self._has_begun() else (60.0, settled_s, 2 * HOUR):
            tenant.skew_s += pass_s
            self._run("clean run")
            if self._forwarder.health[-1]["caught_up"] and pass_s > HOUR:
                return
        self.verdict.broken.append(f"the last run is not caught up: {self._forwarder.health[-1]['errors']}")

    def _judge(self, tenant: Tenant) -> None:
        delivered = Counter(self._forwarder.ids(self._sourcetype))
        kind = "audit" if self._is_activity else "sign_in"
        judgement = tenant.ledger.judge(kind, delivered.elements(), at=tenant.now)
        verdict, expired = self.verdict, self._expired(tenant, judgement.missing)
        verdict.offered, verdict.indexed = judgement.expected, sum(delivered.values())
        verdict.duplicates, verdict.unknown = (
            sum(judgement.duplicate.values()) - len(judgement.duplicate),
            judgement.unknown,
        )
        verdict.expired = len(expired)
        verdict.missing = [event_id for event_id in judgement.missing if event_id not in expired]
        verdict.untold = [event_id for event_id, told in expired.items() if not told]
        if not self._memory_lost:
            verdict.unexplained = [event_id for event_id in judgement.duplicate if event_id not in self._explained]

    def _expired(self, tenant: Tenant, missing: list[str]) -> dict[str, bool]:
        """Of these ids, those that the tenant refused as expired in whatever blob they were, and whether it was
        told."""
        gaps = [gap for health in self._forwarder.health for gap in health["gaps"]]
        refused = {
            call.url.partition("/audit/")[2].partition("?")[0] for call in tenant.ledger.calls("blob", status=400)
        }
        found: dict[str, bool] = {}
        for event_id in missing:
            blobs = [blob for blob in tenant.store.blobs.values() if any(r.id == event_id for r in blob.records)]
            gone = [
                _has_ended(blob.created, tenant.now) or blob.id in refused or blob.id.replace("$", "%24") in refused
                for blob in blobs
            ]
            if blobs and all(gone):
                found[event_id] = any(_tells(gap, blob) for gap in gaps for blob in blobs)
        return found


def _is_whole(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _has_ended(created: float, now: float) -> bool:
    """Ten minutes before the service gives it up, an input no longer counts on it."""
    return created + 7 * DAY - 600.0 <= now


def _tells(gap: dict[str, str], blob: Any) -> bool:
    if gap["stream"] != blob.content_type:
        return False
    start, end = (
        time.mktime(time.strptime(gap[name], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone for name in ("start", "end")
    )
    return blob.id in gap["reason"] or start <= blob.created <= end


def told(verdict: Verdict, life: Life) -> str:
    """What a failed life has to say."""
    lists = {name: getattr(verdict, name) for name in ("missing", "unexplained", "unknown", "untold", "broken")}
    return json.dumps({name: [len(ids), ids[:3]] for name, ids in lists.items() if ids}) + "\n" + "\n".join(life.story)
