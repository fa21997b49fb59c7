"""Custom search commands of commands.conf, run as splunkd runs them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from lab.splunk.chunked.arguments import split_arguments
from lab.splunk.chunked.dispatch import DispatchDirectories
from lab.splunk.chunked.invocation import CommandInfo, Invocation
from lab.splunk.chunked.process import CommandProcess, Launch, Launcher
from lab.splunk.chunked.protocol import FrameChannel, ProtocolError
from lab.splunk.interpreters import Interpreters
from lab.splunk.process_environment import script_environment
from lab.splunk.spl.environment import Environment
from lab.splunk.spl.errors import Unsupported
from lab.splunk.spl.search import INDEXER, Search
from lab.splunk.spl.values import Row

SPLUNK_VERSION = "10.2.3"
_TRUE = {"1", "true", "t", "yes", "y", "on"}
# commands.conf maxwait = 0 lets a command pause for ever; a run of tests does not wait that long.
_PATIENCE = 120.0
_LOG_LINES = 5_000
_ARGUMENT = "command.arg."
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True)
class Stderr:
    """What a command wrote on stderr: splunkd puts it into search.log."""

    command: str
    sid: str
    text: str


@dataclass
class CommandHost:
    """What all custom commands of a stand-in share.

    ``session_key(user)`` gives a key for the REST facade, ``splunkd_uri()`` its address. ``chunk_rows`` overrides
    how many rows a chunk has at most (tests cut small); ``previews`` also runs reporting commands for a preview
    where commands.conf asks for that.
    """

    home: Path
    interpreters: Interpreters
    launcher: Launcher
    session_key: Callable[[str], str]
    splunkd_uri: Callable[[], str]
    chunk_rows: int | None = None
    previews: bool = False
    patience: float = _PATIENCE
    log: list[Stderr] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dispatch = DispatchDirectories(self.home)

    def command(self, name: str, settings: Mapping[str, str], app_folder: Path) -> ChunkedCommand:
        """A command by its merged stanza. Raises Unsupported for the old protocol, LookupError for a missing script."""
        return ChunkedCommand(self, name, settings, app_folder)

    def note_stderr(self, entry: Stderr) -> None:
        """Keeps what a command wrote on stderr; the oldest goes first."""
        if entry.text:
            self.log.append(entry)
            del self.log[:-_LOG_LINES]


class ChunkedCommand:
    """One stanza of commands.conf with ``chunked = true`` (the engine's CustomCommand).

    ``placement`` comes from a handshake without arguments: a command whose type depended on its arguments could
    not be planned before it runs, and is refused when it turns out otherwise.
    """

    def __init__(self, host: CommandHost, name: str, settings: Mapping[str, str], app_folder: Path) -> None:
        where = f"commands.conf [{name}]"
        if settings.get("chunked", "false").strip().lower() not in _TRUE:
            raise Unsupported(name, f"{where}: only commands with chunked = true are supported.")
        self.name = name
        self._host = host
        self._settings = settings
        self._script = _script(where, app_folder / "bin", settings.get("filename") or f"{name}.py")
        self._python = host.interpreters.choose(settings, where)
        numbered = {int(key[len(_ARGUMENT) :]): value for key, value in settings.items() if key.startswith(_ARGUMENT)}
        self._arguments = [numbered[number] for number in sorted(numbered)]
        self._info = self._probe()
        self.placement = self._info.placement

    def run(self, rows: Iterator[Row], args_text: str, search: Search) -> Iterator[Row]:
        """The command's rows. Raises SearchFailure for everything that ends a search on a real Splunk."""
        if search.role == INDEXER:
            raise search.fail(
                f"Error in '{self.name}' command: it is a distributed streaming command in front of the first command "
                f"that runs on the search head, and the app is not installed on the indexers."
            )
        if self._host.previews and self._previewed():
            rows = iter(held := list(rows))
            self._preview(held, args_text, search)
        yield from self._run(rows, args_text, search, preview=False)

    def _run(self, rows: Iterator[Row], args_text: str, search: Search, *, preview: bool) -> Iterator[Row]:
        environment = search.environment
        directory = self._directory(environment)
        process = self._start(directory)
        try:
            invocation = self._invocation(process, search)
            info = invocation.getinfo(self._searchinfo(args_text, search, directory), preview=preview)
            if info.placement != self.placement:
                raise ProtocolError(
                    f"says {info.placement} with these arguments and {self.placement} without; "
                    "its type must not depend on arguments"
                )
            yield from self._exchange_rows(invocation, info, rows, search)
            invocation.end()
        except ProtocolError as error:
            raise search.fail(f"Error in '{self.name}' command: {error}") from error
        finally:
            self._leave(process, environment.sid)

    def _exchange_rows(
        self, invocation: Invocation, info: CommandInfo, rows: Iterator[Row], search: Search
    ) -> Iterator[Row]:
        if invocation.finished:
            return
        size = search.limit("searchresults", "maxresultrows")
        size = min(size, info.max_inputs or size, self._host.chunk_rows or size)
        if info.generating:
            yield from invocation.generate(info)
        elif info.type in ("streaming", "stateful"):
            yield from invocation.stream(info, rows, size)
        else:
            yield from invocation.reduce(info, rows, size)

    def _preview(self, rows: list[Row], args_text: str, search: Search) -> None:
        """A run over what has come in so far, whose result is thrown away, in a process of its own."""
        for _ in self._run(iter(rows[: len(rows) // 2]), args_text, search, preview=True):
            pass

    def _previewed(self) -> bool:
        wanted = self._settings.get("run_in_preview", "false").strip().lower() in _TRUE
        return wanted and self.placement == "transforming" and self._info.run_in_preview

    def _probe(self) -> CommandInfo:
        directory = self._host.dispatch.path("probe")
        process = self._start(directory)
        try:
            return self._invocation(process, None).getinfo(self._searchinfo("", None, directory))
        except ProtocolError as error:
            tail = process.stderr()[-500:]
            raise Unsupported(self.name, f"commands.conf [{self.name}]: {self._script.name} {error} {tail}") from error
        finally:
            self._leave(process, "probe")

    def _directory(self, environment: Environment) -> Path:
        host = self._host
        return host.dispatch.of(
            environment, session_key=host.session_key(environment.user), splunkd_uri=host.splunkd_uri()
        )

    def _start(self, directory: Path) -> CommandProcess:
        environment = script_environment(self._host.home)
        arguments = tuple(
            _VARIABLE.sub(lambda name: environment.get(name[1], name[0]), argument) for argument in self._arguments
        )
        return self._host.launcher.start(Launch(self._python, self._script, environment, directory, arguments))

    def _invocation(self, process: CommandProcess, search: Search | None) -> Invocation:
        patience = float(self._settings.get("maxwait") or 0) or self._host.patience
        channel = FrameChannel(
            process.stdin,
            process.stdout,
            patience=min(patience, self._host.patience),
            max_chunk=int(self._settings.get("maxchunksize") or 0),
        )
        return Invocation(self.name, process, channel, search, self._host.patience)

    def _searchinfo(self, args_text: str, search: Search | None, directory: Path) -> dict[str, object]:
        """All keys that splunkd sends, in its order."""
        try:
            args, raw_args = split_arguments(args_text)
        except ValueError as error:
            raise ProtocolError(str(error)) from error
        environment = search.environment if search is not None else None
        user = environment.user if environment else "nobody"
        return {
            "args": args,
            "raw_args": raw_args,
            "dispatch_dir": str(directory),
            "sid": environment.sid if environment else "probe",
            "app": environment.app if environment else "search",
            "owner": user,
            "username": user,
            "session_key": self._host.session_key(user),
            "splunkd_uri": self._host.splunkd_uri(),
            "splunk_version": SPLUNK_VERSION,
            "search": _quoted(environment.search_text) if environment else "",
            "command": self.name,
            "maxresultrows": search.limit("searchresults", "maxresultrows") if search else 50_000,
            "earliest_time": _epoch(search.earliest if search else 0),
            "latest_time": _epoch(search.latest if search else 0),
        }

    def _leave(self, process: CommandProcess, sid: str) -> None:
        """Ends a program that is still there (a search that failed or was stopped early) and keeps its stderr."""
        process.close_stdin()
        if process.wait(0) is None:
            process.kill()
            process.wait(self._host.patience)
        self._host.note_stderr(Stderr(self.name, sid, process.stderr()))
        process.close()


@lru_cache(maxsize=64)
def _quoted(search_text: str) -> str:
    """A search as splunkd sends it: a schedule runs one of tens of thousands of characters again and again."""
    return quote(search_text, safe="")


def _script(where: str, folder: Path, filename: str) -> Path:
    path = (folder / filename).resolve()
    if folder.resolve() not in path.parents or not path.is_file():
        raise LookupError(f"{where}: the program {filename} is not in {folder}")
    if path.suffix != ".py":
        raise Unsupported(filename, f"{where}: only Python programs are supported, not {filename}.")
    return path


def _epoch(time: float) -> str:
    if time in (float("inf"), float("-inf")):
        return "0"
    return str(int(time)) if float(time).is_integer() else f"{time:.3f}"
