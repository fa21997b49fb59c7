"""The processes of a stand-in: its management port, modular inputs, search commands and scheduler."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lab.splunk.chunked.command import ChunkedCommand, CommandHost
from lab.splunk.chunked.process import ColdLauncher, Launcher
from lab.splunk.chunked.warm import WarmLauncher
from lab.splunk.conf.files import write_conf
from lab.splunk.inputs.host import InputHost
from lab.splunk.interpreters import Interpreters
from lab.splunk.kvstore import KVStore
from lab.splunk.rest.access import SYSTEM_USER, Access
from lab.splunk.rest.event_collector import EventCollector
from lab.splunk.rest.handler_processes import HandlerProcesses
from lab.splunk.rest.passwords import MASK, PasswordStore
from lab.splunk.rest.receivers import ReceiverEndpoints
from lab.splunk.rest.rest_command import rest_rows
from lab.splunk.rest.search_jobs import SearchJobs
from lab.splunk.rest.server import ManagementPort
from lab.splunk.scheduler.occupancy import Occupancy
from lab.splunk.scheduler.scheduler import Scheduler
from lab.splunk.spl.environment import CustomCommand, IndexScope
from lab.splunk.spl.values import Row

if TYPE_CHECKING:
    from lab.splunk.environment import SearchEnvironment
    from lab.splunk.stand_in import StandIn

_INTERNAL = "_internal"


class Processes:
    """What a splunkd starts and listens on.

    ``interpreters`` run the apps' scripts; ``warm`` forks search commands from processes with their modules loaded. The
    management port opens when something first needs its address.
    """

    def __init__(
        self, splunk: StandIn, kvstore: KVStore, *, interpreters: Interpreters | None = None, warm: bool = False
    ) -> None:
        self._splunk = splunk
        self._commands: dict[tuple[object, ...], ChunkedCommand] = {}
        self.interpreters = interpreters or Interpreters.of_lab()
        self.access = Access(lambda: splunk.conf("authorize"))
        self.access.add_user("admin", "changeme", ["admin"])
        self.passwords = PasswordStore()
        self.handlers = HandlerProcesses(splunk.home, lambda level, text: self.log(level, "PersistentScript", text))
        self.port = ManagementPort(
            splunk.conf_tree, kvstore, self.access, self.passwords, clock=splunk.now, server_name=splunk.host,
            interpreters=self.interpreters, handlers=self.handlers,
            collector=EventCollector(splunk.index.add, splunk.index.names, str(uuid.uuid4()), splunk.now),
        )  # fmt: skip
        ReceiverEndpoints(splunk.index.add, splunk.index.names).register(self.port.routes)
        self.jobs = SearchJobs(splunk, splunk.now)
        self.jobs.register(self.port.routes)
        self.launcher: Launcher = WarmLauncher() if warm else ColdLauncher()
        self.commands = CommandHost(
            home=splunk.home,
            interpreters=self.interpreters,
            launcher=self.launcher,
            session_key=self.session_key,
            splunkd_uri=self.uri,
        )
        self.inputs = InputHost(
            home=splunk.home,
            conf=splunk.conf_tree,
            sink=splunk.index,
            interpreters=self.interpreters,
            session_key=lambda: self.session_key(SYSTEM_USER),
            rest_uri=self.uri,
            log=lambda level, text: self.log(level, "ExecProcessor", text),
            server_host=splunk.host,
        )
        self.scheduler = Scheduler(splunk, Occupancy(lambda: len(splunk.index), self._occupied))

    def start(self) -> None:
        """Opens the management port and notes its address in web.conf, where Splunk's own Python looks for it."""
        self.port.start()
        address = self.port.uri.removeprefix("https://")
        local = self._splunk.home / "etc" / "system" / "local"
        write_conf(local / "web.conf", {"settings": {"mgmtHostPort": address}})

    def close(self) -> None:
        self.launcher.close()
        self.port.close()
        self.jobs.close()
        self.handlers.close()

    def uri(self) -> str:
        """The management port's address; opens the port when it is not open yet."""
        if not self.port.is_open:
            self.start()
        return self.port.uri

    def session_key(self, user: str) -> str:
        """The key that a process of this user's search gets; nobody's searches run under the system user's."""
        return self.access.key_for(SYSTEM_USER if user == "nobody" else user)

    def rest_rows(self, path: str, arguments: Mapping[str, str], user: str) -> list[Row]:
        """The entries of an endpoint as `rest` shows them. Raises LookupError."""
        return rest_rows(self.port, self._splunk.host, path, arguments, SYSTEM_USER if user == "nobody" else user)

    def roles_of(self, user: str) -> tuple[str, ...]:
        """The roles of a user; one that was never added is an ordinary user."""
        return self.access.roles(user) or ("user",)

    def custom_command(self, name: str, environment: SearchEnvironment) -> CustomCommand | None:
        """A command of commands.conf as the search's app sees it. Raises Unsupported or LookupError."""
        conf = self._splunk.conf("commands", app=environment.app, user=environment.user)
        if name not in conf:
            return None
        app = conf.app(name)
        settings = conf[name]
        key = (name, app, *sorted(settings.items()))
        if key not in self._commands:
            self._commands[key] = self.commands.command(name, settings, self._splunk.conf_tree.app_folder(app))
        return self._commands[key]

    def apps_changed(self) -> None:
        """After an app was installed or replaced: what is known of its programs is forgotten."""
        self._commands.clear()
        self.launcher.close()

    def add_account(
        self, app: str, conf: str, name: str, settings: Mapping[str, str], encrypted: Iterable[str]
    ) -> None:
        """Stores a stanza as UCC's handlers do: ``******`` for secrets, and their values in storage/passwords."""
        hidden = {field: settings[field] for field in encrypted if settings.get(field)}
        self._splunk.set_local(conf, name, {**settings, **dict.fromkeys(hidden, MASK)}, app)
        if hidden:
            self.passwords.put_ucc(app, conf, name, hidden)

    def log(self, level: str, component: str, text: str) -> None:
        """A line of splunkd.log, indexed into _internal as Splunk does with its own log."""
        now = self._splunk.now()
        stamp = datetime.fromtimestamp(now, UTC).strftime("%m-%d-%Y %H:%M:%S.%f")[:-3]
        self._splunk.index.add(
            f"{stamp} +0000 {level} {component} - {text}",
            index=_INTERNAL,
            host=self._splunk.host,
            source=str(self._splunk.home / "var/log/splunk/splunkd.log"),
            sourcetype="splunkd",
            time=now,
            whole=True,
        )

    def _occupied(self) -> Iterable[tuple[str, float]]:
        scope = IndexScope(float("-inf"), float("inf"), indexes=frozenset({"*"}))
        for event in self._splunk.index.read(
            scope, default_indexes=(), allowed=lambda name: not name.startswith("_"), visible_at=None
        ):
            yield event.sourcetype, event.time
