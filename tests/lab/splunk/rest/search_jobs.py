"""``search/jobs`` and ``search/v2/jobs``: searches that an outside client starts, waits for and reads.

Shapes: "Search endpoint descriptions" of the REST API Reference. A search is compiled when it is posted, so that one
that cannot run is answered 400; it then runs on a thread of its own, because its commands may call this very port.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.splunk.conf.files import ConfError
from lab.splunk.rest.answers import Answer, Content, Entry, Page, entry_document, feed, json_answer, message
from lab.splunk.rest.paging import page_of
from lab.splunk.rest.requests import Fault, Request
from lab.splunk.rest.routes import Routes
from lab.splunk.spl.errors import SplError
from lab.splunk.spl.search import Message, SearchResult
from lab.splunk.spl.values import Row, Value, as_list, text

if TYPE_CHECKING:
    from lab.splunk.stand_in import StandIn

_PATHS = ("search/jobs", "search/v2/jobs")
_CONTROLS = ("cancel", "finalize", "touch", "setttl", "save", "unsave")
_STEERING = {
    "search", "earliest_time", "latest_time", "exec_mode", "output_mode", "now", "count", "offset", "id",
    # Accepted without effect: they bound time, rows or previews of a search that is over at once here.
    "max_time", "max_count", "auto_cancel", "auto_finalize_ec", "auto_pause", "timeout", "ttl", "status_buckets",
    "preview", "search_mode", "adhoc_search_level", "reuse_max_seconds_ago", "required_field_list", "rf", "label",
    "namespace", "segmentation", "time_format", "force_bundle_replication", "enable_lookups", "spawn_process",
    "workload_pool",
}  # fmt: skip


@dataclass
class _Job:
    sid: str
    search: str
    owner: str
    app: str
    published: str
    work: Future[SearchResult] = field(default_factory=Future)

    @property
    def result(self) -> SearchResult:
        """Waits for the end. A search that ends with an error has that error as its message, and no rows."""
        try:
            return self.work.result()
        except (SplError, ConfError, LookupError, ValueError) as error:
            return SearchResult([], [Message("FATAL", str(error))])

    @property
    def failed(self) -> bool:
        return self.work.done() and self.work.exception() is not None

    def content(self) -> dict[str, Content]:
        """What a client asks after: whether it is over, and what it gave."""
        done = self.work.done()
        result = self.result if done else SearchResult([], [])
        return {
            "sid": self.sid,
            "search": self.search,
            "dispatchState": "FAILED" if self.failed else "DONE" if done else "RUNNING",
            "doneProgress": 1 if done else 0,
            "isDone": done,
            "isFailed": self.failed,
            "isFinalized": False,
            "isPaused": False,
            "isSaved": False,
            "isZombie": False,
            "resultCount": len(result.rows),
            "eventCount": len(result.rows),
            "ttl": 600,
            "messages": {said.level.lower(): [said.text] for said in result.messages},
        }


class SearchJobs:
    """The jobs of a server. They are kept until they are cancelled or the server stops."""

    def __init__(self, splunk: StandIn, clock: Callable[[], float]) -> None:
        self._splunk = splunk
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._numbers = itertools.count(1)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="splunk-search")

    def register(self, routes: Routes) -> None:
        for path in _PATHS:
            routes.add(path, GET=self.list_jobs, POST=self.create)
            routes.add(f"{path}/*", GET=self.get, DELETE=self.delete)
            routes.add(f"{path}/*/control", POST=self.control)
            for kind in ("results", "results_preview", "events"):
                routes.add(f"{path}/*/{kind}", GET=self.results, POST=self.results)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def list_jobs(self, request: Request) -> Answer:
        entries = [self._entry(job, request) for job in self._jobs.values() if self._visible(job, request)]
        return feed("jobs", page_of(entries, request), request.origin, as_json=request.wants_json)

    def create(self, request: Request) -> Answer | Future[Answer]:
        """A new job. ``exec_mode``: normal answers at once, blocking when it is over, oneshot with the rows.

        Raises Fault 400 for a search that cannot run.
        """
        request.require("search")
        search = request.argument("search").strip()
        mode = request.argument("exec_mode", "normal")
        if not search:
            raise Fault(400, "The following required arguments are missing: search.")
        if mode not in ("normal", "blocking", "oneshot"):
            raise Fault(400, f"exec_mode must be normal, blocking or oneshot, not {mode!r}.")
        unknown = sorted(set(request.form) - _STEERING)
        if unknown:
            raise Fault(400, f"The stand-in does not carry out the job arguments {', '.join(unknown)}.")
        job = self._start(request, _as_pipeline(search))
        if mode == "normal":
            return _created(job, request)
        answered: Future[Answer] = Future()
        finish = _oneshot if mode == "oneshot" else _created

        def done(_: object) -> None:
            try:
                answered.set_result(finish(job, request))
            except Fault as fault:
                answered.set_exception(fault)

        job.work.add_done_callback(done)
        return answered

    def get(self, request: Request) -> Answer:
        """One job, as a bare entry."""
        entry = self._entry(self._job(request), request)
        if request.wants_json:
            return feed(entry.name, Page([entry], 1), request.origin, as_json=True)
        return entry_document(entry, request.origin)

    def delete(self, request: Request) -> Answer:
        self._jobs.pop(self._job(request).sid)
        return message(200, "INFO", "Search job cancelled.", as_json=request.wants_json)

    def control(self, request: Request) -> Answer:
        job, action = self._job(request), request.argument("action")
        if action not in _CONTROLS:
            raise Fault(400, f"The stand-in's jobs take the actions {', '.join(_CONTROLS)}, not {action!r}.")
        if action == "cancel":
            self._jobs.pop(job.sid)
        return message(200, "INFO", f"Search job {action}.", as_json=request.wants_json)

    def results(self, request: Request) -> Answer:
        """The rows of a job that is over, 204 before. ``count`` (default 100, 0: all), ``offset``, ``f``."""
        job = self._job(request)
        if not job.work.done():
            return Answer(204, b"", "text/xml; charset=UTF-8")
        return _rows(job, request)

    def _start(self, request: Request, search: str) -> _Job:
        app = "search" if request.namespace.is_wildcard else request.namespace.app
        user = request.session.user
        bounds: dict[str, Any] = {
            "earliest": request.argument("earliest_time"),
            "latest": request.argument("latest_time"),
            "now": float(request.argument("now")) if request.argument("now") else None,
        }
        try:
            self._splunk.parse(search, app=app, user=user)
            self._splunk.environment(search, app=app, user=user, **bounds)
        except (SplError, ConfError, LookupError, ValueError) as error:
            raise Fault(400, str(error)) from error
        now = self._clock()
        sid = request.argument("id") or f"{now:.0f}.{next(self._numbers)}"
        job = _Job(sid, search, user, app, datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"))
        self._jobs[sid] = job
        job.work = self._pool.submit(self._splunk.search, search, app=app, user=user, sid=sid, **bounds)
        return job

    def _job(self, request: Request) -> _Job:
        sid = request.path[-2] if request.path[-2] in self._jobs else request.path[-1]
        job = self._jobs.get(sid)
        if job is None or not self._visible(job, request):
            raise Fault(404, f"Unknown sid. {'/'.join(request.path)}")
        return job

    def _visible(self, job: _Job, request: Request) -> bool:
        return job.owner == request.session.user or request.session.may("admin_all_objects")

    def _entry(self, job: _Job, request: Request) -> Entry:
        endpoint = "/".join(request.path[: request.path.index("jobs") + 1])
        return Entry(job.sid, endpoint, job.content(), app=job.app, owner=job.owner, sharing="global", removable=True)


def _as_pipeline(search: str) -> str:
    """REST takes a search command by command: it begins with ``|`` or with the name of a command."""
    first = search.split(None, 1)[0]
    return search if search.startswith("|") or first.lower() == "search" else f"| {search}"


def _created(job: _Job, request: Request) -> Answer:
    if request.wants_json:
        return json_answer({"sid": job.sid}, 201)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<response>\n  <sid>{job.sid}</sid>\n</response>\n'
    return Answer(201, body.encode(), "text/xml; charset=UTF-8")


def _oneshot(job: _Job, request: Request) -> Answer:
    said = next((said for said in job.result.messages if said.level == "FATAL"), None)
    if said is not None:
        raise Fault(400, said.text)
    return _rows(job, request)


def _rows(job: _Job, request: Request) -> Answer:
    if not request.wants_json:
        raise Fault(400, "The stand-in gives results as JSON only: ask for output_mode=json.")
    result = job.result
    offset, count = request.number("offset", 0), request.number("count", 100)
    page = result.rows[offset:] if count == 0 else result.rows[offset : offset + count]
    return json_answer(
        {
            "preview": False,
            "init_offset": offset,
            "messages": [{"type": said.level, "text": said.text} for said in result.messages],
            "fields": [{"name": name} for name in result.fields],
            "results": [shown(row) for row in page],
            "highlighted": {},
        }
    )


def shown(row: Row) -> dict[str, Any]:
    """A row as the results endpoint gives it."""
    return {name: _shown_value(name, value) for name, value in row.items()}


def _shown_value(name: str, value: Value) -> str | list[str]:
    """Everything is text, a multivalue field a list; ``_time`` is written as ISO 8601."""
    if name == "_time" and not isinstance(value, list):
        return _iso(text(value))
    texts = [text(item) for item in as_list(value)]
    return texts if isinstance(value, list) else texts[0]


def _iso(epoch: str) -> str:
    try:
        return datetime.fromtimestamp(float(epoch), UTC).isoformat(timespec="milliseconds")
    except ValueError:
        return epoch
