"""Runs modular inputs."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, Protocol

from defusedxml.ElementTree import fromstring

from lab.splunk.conf.files import conf_boolean
from lab.splunk.conf.layering import ConfTree
from lab.splunk.index.store import Index
from lab.splunk.inputs.definition import InputStanza, Server, run_definition, validation_definition
from lab.splunk.inputs.indexing import StreamIndexer
from lab.splunk.inputs.scheme import Scheme, SchemeError
from lab.splunk.inputs.stream import StreamError, StreamReader
from lab.splunk.interpreters import Interpreters
from lab.splunk.process_environment import script_environment

_READ_SIZE = 1 << 17
_INTROSPECTION_TIMEOUT = 60.0
_NEVER_PASSED = ("python.version", "python.required", "_rcvbuf")
_LEVEL = re.compile(r"(DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b[ :-]*")


class InputError(Exception):
    """An input that splunkd would not start; the text names the stanza and what to change."""


class Moment(Protocol):
    """Chooses when a run is killed or terminated: ``begin`` is given the means to do it, ``end`` is called when the run
    is over."""

    def begin(self, act: Callable[[], None]) -> None: ...

    def end(self) -> None: ...


@dataclass(frozen=True)
class Interruption:
    """Ends a run from outside once ``after_events`` events have been indexed, or at a ``moment``, wherever it is.

    kill: SIGKILL, as a crash: splunkd still reads what the process had written; terminate: SIGTERM, as splunkd stops
    an input, then SIGKILL after ``grace`` seconds; hang_up: splunkd is gone, nobody reads the stream any more.
    """

    after_events: int = -1
    how: Literal["kill", "terminate", "hang_up"] = "kill"
    grace: float = 10.0
    moment: Moment | None = None


@dataclass(frozen=True)
class LogLine:
    """One line of stderr: splunkd logs it as ExecProcessor, at the level the line begins with (ERROR without one)."""

    level: str
    text: str


@dataclass(frozen=True)
class InputRun:
    """What a run did. ``error``: why splunkd stopped reading or ended it, None for a run that ended by itself."""

    stanza: str
    returncode: int
    events_indexed: int
    stderr: str
    seconds: float
    error: str | None = None
    log: list[LogLine] = field(default_factory=list)


@dataclass(frozen=True)
class Start:
    """What splunkd starts an input with: the command, its environment, and the XML for its stdin."""

    command: list[str]
    environment: dict[str, str]
    definition: bytes


@dataclass
class InputHost:
    """Starts the modular inputs of the installed apps.

    ``session_key()`` is the key of the system user, ``rest_uri()`` the management port's address; ``log(level, text)``
    receives what splunkd would write to its own log.
    """

    home: Path
    conf: ConfTree
    sink: Index
    interpreters: Interpreters
    session_key: Callable[[], str]
    rest_uri: Callable[[], str]
    log: Callable[[str, str], None]
    server_host: str = "splunk.example.com"
    default_index: str = "main"
    _schemes: dict[tuple[Path, int, Path, str], Scheme] = field(default_factory=dict)

    def run(
        self,
        stanza: str,
        *,
        python: Path | None = None,
        timeout: float = 300.0,
        interruption: Interruption | None = None,
        on_event: Callable[[int], None] = lambda count: None,
        python_path: Iterable[Path] = (),
    ) -> InputRun:
        """Runs an input once, to its end, and indexes what it writes.

        ``python`` overrides the interpreter; ``on_event(count)`` is called after each ``<event>``, ``python_path``
        puts other packages where Splunk's own are. Raises InputError for an
        input that cannot start; whatever happens later is in the InputRun.
        """
        kind, app, script = self._script(stanza)
        definition = self._stanza(stanza, kind)
        interpreter = python or self.interpreters.choose(definition.settings, f"inputs.conf [{stanza}]")
        environment = script_environment(self.home, python_path)
        scheme = self.scheme(kind, script, interpreter, environment)
        stanzas = self._all_of(kind) if scheme.single_instance else [definition]
        indexer = StreamIndexer(
            self.sink,
            kind,
            {each.name: each for each in stanzas},
            scheme.single_instance,
            self.default_index,
            self.server_host,
        )
        run = _Run([str(interpreter), str(script)], environment, run_definition(self._server(kind), stanzas), timeout)
        try:
            error = run.stream(indexer, interruption, on_event)
        except BaseException:
            run.abandon()
            raise
        result = run.result(stanza, indexer.count, error)
        for line in result.log:
            self.log(line.level, f'message from "{interpreter} {script}" {line.text}')
        if error:
            self.log("ERROR", f"{stanza}: {error}")
        return result

    def start_of(self, stanza: str, *, python: Path | None = None) -> Start:
        """How splunkd would start an input, for those who run it themselves. Raises InputError."""
        kind, _, script = self._script(stanza)
        definition = self._stanza(stanza, kind)
        interpreter = python or self.interpreters.choose(definition.settings, f"inputs.conf [{stanza}]")
        document = run_definition(self._server(kind), [definition])
        return Start([str(interpreter), str(script)], script_environment(self.home), document)

    def scheme(self, kind: str, script: Path, python: Path, environment: dict[str, str]) -> Scheme:
        """What the script answers to ``--scheme``; asked once for each state of the script. Raises InputError."""
        key = (script, script.stat().st_mtime_ns, python, environment["PYTHONPATH"])
        known = self._schemes.get(key)
        if known is None:
            known = self._schemes[key] = self._introspect(kind, script, python, environment)
        return known

    def validate(self, stanza: str, settings: dict[str, str], *, python: Path | None = None) -> str | None:
        """What the script says against these settings (``--validate-arguments``); None when it has no objection."""
        kind, _, script = self._script(stanza)
        interpreter = python or self.interpreters.choose({}, f"inputs.conf [{stanza}]")
        document = validation_definition(self._server(kind), stanza.partition("://")[2], settings)
        answer = self._call(
            [str(interpreter), str(script), "--validate-arguments"], document, script_environment(self.home)
        )
        if answer.returncode == 0:
            return None
        try:
            message = fromstring(answer.stdout, forbid_dtd=True).findtext("message")
        except Exception:
            message = None
        stderr = answer.stderr.decode("utf-8", "replace")[-500:]
        return message or f"the script ended with {answer.returncode}: {stderr}"

    def _introspect(self, kind: str, script: Path, python: Path, environment: dict[str, str]) -> Scheme:
        answer = self._call([str(python), str(script), "--scheme"], b"", environment)
        if answer.returncode != 0:
            raise InputError(
                f'Unable to initialize modular input "{kind}": Introspecting scheme={kind}: script running failed '
                f"(exited with code {answer.returncode}): {answer.stderr.decode('utf-8', 'replace')[-800:]}"
            )
        try:
            return Scheme.parse(kind, answer.stdout)
        except SchemeError as error:
            raise InputError(f'Unable to initialize modular input "{kind}": {error}') from error

    @staticmethod
    def _call(command: list[str], document: bytes, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command,
            input=document,
            capture_output=True,
            env=environment,
            cwd="/",
            timeout=_INTROSPECTION_TIMEOUT,
            check=False,
        )

    def _script(self, stanza: str) -> tuple[str, str, Path]:
        """Kind, app and script of an input, which an app declares in README/inputs.conf.spec and has in bin."""
        kind, separator, name = stanza.partition("://")
        if not separator or not name:
            raise InputError(f"[{stanza}] is not the stanza of a modular input; write <kind>://<name>")
        for app in self.conf.apps():
            folder = self.conf.app_folder(app)
            spec = folder / "README" / "inputs.conf.spec"
            script = folder / "bin" / f"{kind}.py"
            if spec.is_file() and script.is_file() and _declares(spec, kind):
                return kind, app, script
        raise InputError(
            f"No app has a modular input {kind!r}: it needs bin/{kind}.py, and [{kind}://<name>] in "
            "README/inputs.conf.spec"
        )

    def _stanza(self, stanza: str, kind: str) -> InputStanza:
        view = self.conf.index_time("inputs")
        if stanza not in view:
            raise InputError(f"inputs.conf has no stanza [{stanza}]")
        merged = {key: setting.value for key, setting in view.default().items()}
        merged |= {key: setting.value for key, setting in view.own(kind).items()}
        merged |= {key: setting.value for key, setting in view.own(stanza).items()}
        if conf_boolean(merged.get("disabled", "0"), view.where(stanza, "disabled")):
            raise InputError(f"{view.where(stanza)}: the input is disabled")
        passed = {key: value for key, value in sorted(merged.items()) if key not in _NEVER_PASSED}
        passed.setdefault("interval", "60")
        return InputStanza(stanza, view.app(stanza), passed)

    def _all_of(self, kind: str) -> list[InputStanza]:
        view = self.conf.index_time("inputs")
        names = [name for name in view if name.startswith(f"{kind}://")]
        return [
            self._stanza(name, kind)
            for name in names
            if not conf_boolean(view[name].get("disabled", "0"), view.where(name, "disabled"))
        ]

    def _server(self, kind: str) -> Server:
        checkpoints = self.home / "var" / "lib" / "splunk" / "modinputs" / kind
        checkpoints.mkdir(parents=True, exist_ok=True)
        return Server(self.server_host, self.rest_uri(), self.session_key(), checkpoints)


class _Run:
    """One process and its pipes."""

    def __init__(self, command: list[str], environment: dict[str, str], definition: bytes, timeout: float) -> None:
        self._started = time.monotonic()
        self._deadline = self._started + timeout
        self._timeout = timeout
        self._stderr: IO[bytes] = tempfile.TemporaryFile()
        stdin = tempfile.TemporaryFile()
        stdin.write(definition)
        stdin.seek(0)
        with stdin:
            self._process = subprocess.Popen(
                command, stdin=stdin, stdout=subprocess.PIPE, stderr=self._stderr, env=environment, cwd="/", bufsize=0
            )

    def stream(
        self, indexer: StreamIndexer, interruption: Interruption | None, on_event: Callable[[int], None]
    ) -> str | None:
        """Reads to the end of the stream; the reason when the input was ended, or splunkd would have stopped before."""
        moment = interruption.moment if interruption is not None else None
        if moment is not None and interruption is not None:
            moment.begin(self._process.kill if interruption.how == "kill" else lambda: self._interrupt(interruption))
        try:
            return self._stream(indexer, interruption, on_event)
        finally:
            if moment is not None:
                moment.end()

    def _stream(
        self, indexer: StreamIndexer, interruption: Interruption | None, on_event: Callable[[int], None]
    ) -> str | None:
        reader = StreamReader()
        seen = 0
        ended = None
        try:
            while data := self._read():
                for event in reader.feed(data):
                    indexer.add(event)
                    seen += 1
                    on_event(seen)
                    if interruption is not None and seen == interruption.after_events:
                        self._interrupt(interruption)
                        if interruption.how != "terminate":
                            ended = f"interrupted ({interruption.how}) after {seen} events"
                        if interruption.how == "hang_up":
                            return ended
            indexer.finish()
            return self._leave(ended)
        except StreamError as error:
            return self._leave(f"the stream is not readable: {error}")
        except KeyError as error:
            return self._leave(f"an event names the stanza {error}, which this run was not given")
        except TimeoutError as error:
            return self._leave(str(error))

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        if self._process.stdout.closed:
            return b""
        ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, self._deadline - time.monotonic()))
        if not ready:
            raise TimeoutError(f"ended after {self._timeout:g} s")
        return os.read(self._process.stdout.fileno(), _READ_SIZE)

    def _interrupt(self, interruption: Interruption) -> None:
        assert self._process.stdout is not None
        if interruption.how == "terminate":
            self._process.send_signal(signal.SIGTERM)
            self._deadline = time.monotonic() + interruption.grace
        elif interruption.how == "kill":
            self._process.kill()
            self._process.wait()
        else:
            self._process.stdout.close()
            try:
                self._process.wait(interruption.grace)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _leave(self, error: str | None) -> str | None:
        """Waits for a process whose stream has ended; one that was given up or stays is killed."""
        if error is None:
            try:
                self._process.wait(max(0.1, self._deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                error = f"still running {self._timeout:g} s after its start, with its output closed"
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        return error

    def abandon(self) -> None:
        """Ends the process when the stand-in itself cannot go on (props.conf asks for what it does not support)."""
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._stderr.close()

    def result(self, stanza: str, count: int, error: str | None) -> InputRun:
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._stderr.seek(0)
        with self._stderr:
            text = self._stderr.read().decode("utf-8", "replace")
        return InputRun(
            stanza=stanza,
            returncode=self._process.returncode,
            events_indexed=count,
            stderr=text,
            seconds=time.monotonic() - self._started,
            error=error,
            log=[_log_line(line) for line in text.splitlines() if line.strip()],
        )


def _log_line(line: str) -> LogLine:
    level = _LEVEL.match(line)
    if level is None:
        return LogLine("ERROR", line)
    return LogLine("WARN" if level[1] == "WARNING" else level[1], line[level.end() :])


def _declares(spec: Path, kind: str) -> bool:
    """A spec file is a conf file whose bulleted lines are prose."""
    text = spec.read_text(encoding="utf-8", errors="replace")
    return re.search(rf"^\[{re.escape(kind)}://[^\]]*\]", text, re.MULTILINE) is not None
