"""One run of a chunked search command: the handshake, the chunks, the end, and what of it the search gets to see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lab.splunk.chunked.process import CommandProcess
from lab.splunk.chunked.protocol import Frame, FrameChannel, ProcessEnded, ProtocolError
from lab.splunk.chunked.rows import columns_of, decode_rows, encode_rows
from lab.splunk.spl.search import Search
from lab.splunk.spl.values import Row

PLACEMENTS = {"streaming": "streaming", "stateful": "stateful", "events": "dataset", "reporting": "transforming"}
_INDEX = "_chunked_idx"
_ENDS_SEARCH = {"ERROR", "FATAL"}


@dataclass(frozen=True)
class CommandInfo:
    """The reply to ``getinfo``.

    ``type`` is streaming (the default), stateful, events or reporting. ``required_fields`` is None for all fields.
    ``max_inputs`` is the most rows a chunk may have, 0 for no limit of the command's own.
    """

    type: str = "streaming"
    generating: bool = False
    required_fields: tuple[str, ...] | None = None
    max_inputs: int = 0
    run_in_preview: bool = True

    @property
    def placement(self) -> str:
        """The engine's word for where the command may stand."""
        return "generating" if self.generating else PLACEMENTS[self.type]

    @classmethod
    def from_reply(cls, metadata: dict[str, Any]) -> CommandInfo:
        """Raises ProtocolError for a reply that splunkd would not take or this host does not carry out."""
        kind = metadata.get("type", "streaming")
        if kind not in PLACEMENTS:
            raise ProtocolError(f"answered getinfo with type {kind!r}; it has to be one of {', '.join(PLACEMENTS)}")
        if metadata.get("requires_preop"):
            raise ProtocolError("asks for a map phase on the indexers (requires_preop), which this host does not run")
        fields = metadata.get("required_fields")
        if isinstance(fields, str):
            fields = [fields]
        return cls(
            type=kind,
            generating=bool(metadata.get("generating", False)),
            required_fields=None if not fields or "*" in fields else tuple(fields),
            max_inputs=int(metadata.get("maxinputs") or 0),
            run_in_preview=bool(metadata.get("run_in_preview", True)),
        )


class Invocation:
    """The conversation with one started program."""

    def __init__(
        self, name: str, process: CommandProcess, channel: FrameChannel, search: Search | None, patience: float
    ) -> None:
        self._name = name
        self._process = process
        self._channel = channel
        self._search = search
        self._patience = patience
        self.finished = False

    def getinfo(self, searchinfo: dict[str, Any], *, preview: bool = False) -> CommandInfo:
        """The handshake. Raises ProtocolError; messages of level ERROR end the search first."""
        request = {
            "action": "getinfo",
            "preview": preview,
            "streaming_command_will_restart": False,
            "searchinfo": searchinfo,
        }
        reply = self._exchange(request)
        self._finish_if_told(reply)
        if reply.metadata.get("error"):
            raise ProtocolError(str(reply.metadata["error"]))
        return CommandInfo.from_reply(reply.metadata)

    def generate(self, info: CommandInfo) -> Iterator[Row]:
        """Rows of a generating command: empty requests until it says that it has finished."""
        while not self.finished:
            yield from self._execute([], (), final=False)

    def stream(self, info: CommandInfo, rows: Iterator[Row], chunk_rows: int) -> Iterator[Row]:
        """Rows through a streaming or stateful command, chunk by chunk, then an empty last chunk."""
        columns: list[str] = []
        while not self.finished and (chunk := list(islice(rows, chunk_rows))):
            if info.required_fields is None:
                columns = columns_of(chunk)
                yield from self._execute(chunk, columns, final=False)
            else:
                here = columns_of(chunk)
                columns = [*(field for field in info.required_fields if field in here), _INDEX]
                yield from self._merged(chunk, columns)
        if not self.finished:
            yield from self._execute([], columns, final=True)

    def reduce(self, info: CommandInfo, rows: Iterator[Row], chunk_rows: int) -> Iterator[Row]:
        """Rows through an events or reporting command; its last chunk carries rows."""
        chunk = list(islice(rows, chunk_rows))
        while not self.finished:
            following = list(islice(rows, chunk_rows))
            yield from self._execute(chunk, self._reduce_columns(info, chunk), final=not following)
            if not following:
                return
            chunk = following

    @staticmethod
    def _reduce_columns(info: CommandInfo, chunk: Sequence[Row]) -> list[str]:
        columns = columns_of(chunk)
        if info.type == "reporting" and info.required_fields is not None:
            return [field for field in info.required_fields if field in columns]
        return columns

    def _merged(self, chunk: Sequence[Row], columns: Sequence[str]) -> Iterator[Row]:
        """With required fields only those travel; splunkd joins what comes back to the fields that stayed behind."""
        sent = [{**row, _INDEX: number} for number, row in enumerate(chunk)]
        kept = set(columns)
        for row in self._execute(sent, columns, final=False):
            number = row.pop(_INDEX, None)
            if isinstance(number, str) and number.isdecimal() and int(number) < len(chunk):
                yield {field: value for field, value in chunk[int(number)].items() if field not in kept} | row
            else:
                yield row

    def _execute(self, rows: Sequence[Row], columns: Sequence[str], *, final: bool) -> list[Row]:
        reply = self._exchange({"action": "execute", "finished": final}, encode_rows(rows, columns))
        self._finish_if_told(reply)
        if final and not self.finished:
            raise ProtocolError("did not finish with the last chunk")
        try:
            return decode_rows(reply.body)
        except ValueError as error:
            raise ProtocolError(f"sent CSV that cannot be read: {error}") from error

    def _finish_if_told(self, reply: Frame) -> None:
        self.finished = bool(reply.metadata.get("finished", False))

    def _exchange(self, metadata: dict[str, Any], body: bytes = b"") -> Frame:
        try:
            reply = self._channel.exchange(metadata, body)
        except ProcessEnded:
            self._process.close_stdin()
            code = self._process.wait(self._patience)
            if code:
                raise exit_error(code) from None
            raise
        self._pass_on_messages(reply)
        return reply

    def _pass_on_messages(self, reply: Frame) -> None:
        inspector = reply.metadata.get("inspector")
        if self._search is None or not isinstance(inspector, dict):
            return
        for level, message in inspector.get("messages", ()):
            if level in _ENDS_SEARCH:
                raise self._search.fail(f"Error in '{self._name}' command: {message}")
            if level == "WARN":
                self._search.warn(message)
            elif level == "INFO":
                self._search.info(message)

    def end(self) -> None:
        """Waits for the program to leave. Raises ProtocolError for an exit code, or when it does not leave."""
        self._process.close_stdin()
        code = self._process.wait(self._patience)
        if code is None:
            raise ProtocolError(f"was still running {self._patience:g} s after its last chunk")
        if code:
            raise exit_error(code)


def exit_error(code: int) -> ProtocolError:
    """The words of splunkd for a program that failed."""
    return ProtocolError(f"External search command exited unexpectedly with non-zero error code {code}.")
