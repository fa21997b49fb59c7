"""The embedded Splunk stand-in: a SPLUNK_HOME, its configuration, index, lookups and searches.

It does what the suites, the demo and the replay need, as Splunk does it, and refuses the rest.
"""

from __future__ import annotations

import gc
import itertools
import shutil
import time as clock
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from .apps.install import install_app
from .conf.files import ConfError
from .conf.layering import Conf, ConfTree
from .environment import SYSTEM_USERS, SearchEnvironment
from .fields.default_fields import SERVER_NAME
from .fields.knowledge import Knowledge
from .index.store import Index, index_matches
from .inputs.host import InputRun
from .interpreters import Interpreters
from .kvstore import Collection, KVStore
from .lookups.catalog import LookupCatalog
from .processes import Processes
from .scheduler.scheduler import Scheduler
from .spl import run
from .spl.compiler import Compiler, Pipeline
from .spl.environment import CustomCommand
from .spl.search import Search, SearchResult
from .spl.search_command import SearchCommand
from .spl.times import time_of

_FACTORY = Path(__file__).parent / "factory"
DEFAULT_APP = "search"
_KEPT_PIPELINES = 256
# So many more objects than were freed before Python looks for circles; its own 700 are one row of ten events.
_NEW_OBJECTS = 100_000
# Commands that read events beside those of the first one.
_READ_BESIDES = ("append", "appendcols", "join", "union")


class StandIn:
    """A Splunk server. home: the SPLUNK_HOME to use; it is made when it is not there.

    now: the clock of the server, epoch seconds. interpreters: the Pythons that run the apps' scripts (default: the one
    that runs the lab, without its packages). warm_commands: search commands are forked from processes that have their
    modules loaded.
    """

    def __init__(
        self,
        home: Path,
        *,
        now: Callable[[], float] = clock.time,
        interpreters: Interpreters | None = None,
        warm_commands: bool = False,
    ) -> None:
        _collect_rarely()
        self.home = Path(home)
        self.host = SERVER_NAME
        self.now = now
        _make_home(self.home)
        self._conf = ConfTree(self.home / "etc")
        self.index = Index(self._conf, now)
        self._kvstore = KVStore(self.home / "var/lib/splunk/kvstore/kvstore.sqlite", self._conf, self.limit)
        self.lookups = LookupCatalog(self._conf, self._kvstore, self._lookup_filter, self._may)
        self.processes = Processes(self, self._kvstore, interpreters=interpreters, warm=warm_commands)
        self._knowledge: dict[tuple[str, str, tzinfo], tuple[int, Knowledge]] = {}
        self._pipelines: OrderedDict[tuple[str, str, str], Pipeline] = OrderedDict()
        self._pipelines_generation = -1
        self._limits: tuple[int, dict[tuple[str, str], int]] = (-1, {})
        self._search_numbers = itertools.count(1)

    # apps and configuration

    def install(self, package: Path) -> str:
        """Install a packaged app (.spl, .tar.gz); returns its id. Its local folder survives an upgrade."""
        app = install_app(package, self.home / "etc" / "apps")
        self._conf.reload()
        self.processes.apps_changed()
        return app

    def apps(self) -> list[str]:
        """Installed and enabled apps."""
        return self._conf.apps()

    @property
    def conf_tree(self) -> ConfTree:
        """The configuration files, for parts that need more than a merged view."""
        return self._conf

    def conf(self, name: str, app: str | None = None, user: str = "nobody") -> Conf:
        """A merged conf: as a search in the app sees it; without an app the global context (inputs, index time)."""
        return self._conf.index_time(name) if app is None else self._conf.for_app(name, app, user)

    def set_local(self, conf: str, stanza: str, settings: Mapping[str, str], app: str | None = None) -> None:
        """Write settings into local/ of an app (None: the system), as an administrator's form does."""
        self._conf.set_local(conf, stanza, settings, app)

    def reload(self) -> None:
        """Read configuration files again after they were changed by hand."""
        self._conf.reload()

    def limit(self, stanza: str, key: str) -> int:
        """A limits.conf value. Raises ConfError for one that is not there or is no whole number."""
        if self._limits[0] != self._conf.generation:
            self._limits = (self._conf.generation, {})
        values = self._limits[1]
        if (stanza, key) not in values:
            conf = self._conf.index_time("limits")
            value = (conf[stanza] if stanza in conf else {}).get(key)
            if value is None or not value.lstrip("-").isdigit():
                raise ConfError(f"limits.conf [{stanza}] {key}: expected a whole number, found {value!r}.")
            values[stanza, key] = int(value)
        return values[stanza, key]

    def kv(self, collection: str, app: str | None = None) -> Collection:
        """A KV store collection; app: the one to look from, when several have the name. Raises LookupError."""
        if app is not None:
            return self._kvstore.collection(collection, app)
        owners = [name for name in self._conf.apps() if collection in self._conf.for_app("collections", name)]
        owners = [name for name in owners if self._conf.for_app("collections", name).app(collection) == name]
        if len(owners) != 1:
            raise LookupError(
                f"The collection {collection!r} is in {len(owners)} apps ({', '.join(owners)}); name one."
            )
        return self._kvstore.collection(collection, owners[0])

    # searches

    def search(
        self,
        spl: str,
        *,
        earliest: str | float = "-24h",
        latest: str | float = "now",
        now: float | None = None,
        app: str = DEFAULT_APP,
        user: str = "admin",
        tz: tzinfo = UTC,
        visible_at: float | None = None,
        sid: str | None = None,
        search_name: str = "",
        rows: Any = None,
    ) -> SearchResult:
        """Run a search. earliest, latest: epochs or time modifiers ("" is no bound), relative to now (epoch).

        visible_at: events whose _indextime is later do not exist yet; None: all exist. rows: what goes into the first
        command, for a search that is only the end of one.
        """
        environment = self.environment(
            spl, earliest=earliest, latest=latest, now=now, app=app, user=user, tz=tz, visible_at=visible_at, sid=sid,
            search_name=search_name,
        )  # fmt: skip
        if rows is not None:
            return run(spl, environment, rows)
        search = Search(environment)
        return SearchResult(list(self._pipeline(spl, environment).stream(search)), search.messages)

    def parse(self, spl: str, *, app: str = DEFAULT_APP, user: str = "admin") -> None:
        """Refuse a search that cannot run, as `search` does, and run nothing. Raises SplError."""
        self._pipeline(spl, self.environment(spl, app=app, user=user))

    def sourcetypes_read(self, spl: str, *, app: str = DEFAULT_APP, user: str = "admin") -> frozenset[str] | None:
        """The sourcetypes (patterns) whose events alone a search reads; None when it may read any. Raises SplError."""
        environment = self.environment(spl, app=app, user=user)
        first, *others = self._pipeline(spl, environment).commands
        if not isinstance(first, SearchCommand) or not first.reads_index:
            return None
        if any(command.name in _READ_BESIDES for command in others):
            return None
        return first.expression.tree.patterns("sourcetype")

    def environment(
        self,
        spl: str = "",
        *,
        earliest: str | float = "",
        latest: str | float = "now",
        now: float | None = None,
        app: str = DEFAULT_APP,
        user: str = "admin",
        tz: tzinfo = UTC,
        visible_at: float | None = None,
        sid: str | None = None,
        search_name: str = "",
    ) -> SearchEnvironment:
        """What a search with these settings sees. Raises ValueError for a time that is not one."""
        at = self.now() if now is None else now
        return SearchEnvironment(
            stand_in=self,
            now=at,
            tz=tz,
            earliest=_bound(earliest, at, tz, "earliest", 0.0),
            latest=_bound(latest, at, tz, "latest", float("inf")),
            sid=sid or f"{at:.0f}.{next(self._search_numbers)}",
            app=app,
            user=user,
            search_text=spl,
            search_name=search_name,
            visible_at=visible_at,
        )

    def forget(self) -> None:
        """As if apps and settings had just been installed: no events, no KV store documents, nothing ever raised."""
        self.index.clear()
        self._kvstore.clear()
        self._knowledge.clear()
        self.scheduler.forget()

    def close(self) -> None:
        """Stop what runs and close the files."""
        self.processes.close()
        self._kvstore.close()

    # processes

    def start(self) -> None:
        """Open the management port. Without it the port opens when a process first needs it."""
        self.processes.start()

    @property
    def rest_uri(self) -> str:
        """The address of the management port."""
        return self.processes.uri()

    @property
    def collector_uri(self) -> str:
        """The address of the HTTP Event Collector; its token is ``collector_token``."""
        return self.processes.port.collector_uri

    @property
    def collector_token(self) -> str:
        return self.processes.port.collector.token

    @property
    def session_key(self) -> str:
        """A session key of the system user, as inputs get it."""
        return self.processes.session_key("nobody")

    @property
    def scheduler(self) -> Scheduler:
        return self.processes.scheduler

    @property
    def notables(self) -> list[dict[str, Any]]:
        """The notable events that the scheduler's runs have made."""
        return self.processes.scheduler.notables

    def run_input(self, stanza: str, **options: Any) -> InputRun:
        """Run a modular input once and index what it writes; options: see InputHost.run."""
        return self.processes.inputs.run(stanza, **options)

    # what environments ask

    def knowledge(self, environment: SearchEnvironment) -> Knowledge:
        """Fields, event types and tags as one app and user see them."""
        key = (environment.app, environment.user, environment.tz)
        known = self._knowledge.get(key)
        if known is None or known[0] != self._conf.generation:
            neutral = self.environment(
                "", app=environment.app, user=environment.user, tz=environment.tz, now=environment.now
            )
            made = Knowledge(self._conf, neutral, Compiler(neutral, {}), Search(neutral))
            known = self._knowledge[key] = (self._conf.generation, made)
        known[1].search.now = environment.now
        return known[1]

    def custom_command(self, name: str, environment: SearchEnvironment) -> CustomCommand | None:
        return self.processes.custom_command(name, environment)

    def index_rights(self, user: str) -> tuple[Callable[[str], bool], list[str]]:
        """Which indexes a user may search, and which are searched when none is named (authorize.conf)."""
        if user in SYSTEM_USERS:
            return (lambda name: True), ["main"]
        allowed: list[str] = []
        default: list[str] = []
        conf = self._conf.index_time("authorize")
        waiting = [f"role_{role}" for role in self.processes.roles_of(user)]
        for stanza in waiting:
            settings = conf[stanza] if stanza in conf else {}
            allowed += _semicolons(settings.get("srchIndexesAllowed", ""))
            default += _semicolons(settings.get("srchIndexesDefault", ""))
            imported = [f"role_{role}" for role in _semicolons(settings.get("importRoles", ""))]
            waiting += [role for role in imported if role not in waiting]
        return (lambda name: any(index_matches(text, name) for text in allowed)), default

    def _may(self, user: str, roles: Sequence[str]) -> bool:
        return user in SYSTEM_USERS or self.processes.access.may(user, roles, self.processes.roles_of(user))

    def _pipeline(self, spl: str, environment: SearchEnvironment) -> Pipeline:
        """The compiled search, kept until the configuration changes: a schedule runs one text thousands of times."""
        if self._pipelines_generation != self._conf.generation:
            self._pipelines.clear()
            self._pipelines_generation = self._conf.generation
        key = (spl, environment.app, environment.user)
        pipeline = self._pipelines.pop(key, None)
        if pipeline is None:
            pipeline = Compiler(environment).search(spl)
        if not environment.macros_depend_on_run:
            self._pipelines[key] = pipeline
            if len(self._pipelines) > _KEPT_PIPELINES:
                self._pipelines.popitem(last=False)
        return pipeline

    def _lookup_filter(self, text: str) -> Callable[[Mapping[str, Any]], bool]:
        environment = self.environment()
        predicate = Compiler(environment, {}).search_expression(text).resolve(Search(environment))
        return lambda row: predicate(row)


def _collect_rarely() -> None:
    """Events, rows and values refer to nothing in circles; looking for some took a tenth of a replay."""
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


def _bound(value: str | float, now: float, tz: tzinfo, name: str, open_end: float) -> float:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return open_end
    epoch = time_of(value, now, tz)
    if epoch is None:
        raise ValueError(f"{name}={value!r} is neither an epoch nor a time modifier such as -24h@h.")
    return epoch


def _semicolons(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _make_home(home: Path) -> None:
    """The folders and factory settings of a new installation."""
    for folder in (
        "etc/system/default",
        "etc/system/local",
        "etc/system/lookups",
        "etc/users",
        "var/lib/splunk",
        "var/log/splunk",
    ):
        (home / folder).mkdir(parents=True, exist_ok=True)
    search_app = home / "etc/apps" / DEFAULT_APP / "default"
    search_app.mkdir(parents=True, exist_ok=True)
    for path in _FACTORY.glob("*.conf"):
        shutil.copyfile(path, home / "etc/system/default" / path.name)
