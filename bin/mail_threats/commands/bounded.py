"""A reporting command in bounded memory: a chunk is read row by row, and the answer waits on disk.

splunklib copies a chunk into a StringIO (four bytes a letter), makes a list of all rows of the answer, and holds its
text three times, once more in four bytes a letter. Nor can an answer be sent in parts: splunkd takes one reply for each
chunk, and the last chunk's has to be the last one (splunklib's RecordWriterV2 says so too, SPL-103525).
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from splunklib.searchcommands import ReportingCommand
from splunklib.searchcommands.internals import CsvDialect, RecordWriterV2

from .whole_input import Record

_IN_MEMORY = 4 * 1024 * 1024


class BoundedReportingCommand(ReportingCommand):
    """What `reduce` yields is written while it is made; more than 4 MB of it lie in the search's dispatch directory."""

    _record_writer: RecordWriterV2

    def prepare(self) -> None:
        """Does not call splunklib's, which asks indexers to run the command first: the app is not installed there."""
        given = self._record_writer
        self._record_writer = SpooledReply(given.ofile, given._maxresultrows)

    def _execute_chunk_v2(
        self, process: Callable[[Iterator[Record]], Iterable[dict[str, Any]]], chunk: tuple[object, str]
    ) -> None:
        self._record_writer.write_records(process(self._read_csv_records(_lines(chunk[1]))))


class SpooledReply(RecordWriterV2):
    """Writes each row as it comes."""

    def __init__(self, ofile: BinaryIO, most_rows: int) -> None:
        super().__init__(ofile, most_rows)
        self._buffer = _Spool()
        self._writer = csv.writer(self._buffer, dialect=CsvDialect)
        self._writerow = self._writer.writerow

    def write_records(self, records: Iterable[dict[str, Any]]) -> None:
        self._ensure_validity()
        for record in records:
            self._write_record(record)

    def _write_chunk(self, metadata: Iterable[tuple[str, Any]], body: str | _Spool) -> None:
        if isinstance(body, str):
            super()._write_chunk(metadata, body)
            return
        known = {name: value for name, value in metadata if value is not None}
        text = json.dumps(known, separators=(",", ":")).encode()
        self.write(f"chunked 1.0,{len(text)},{body.size}\n")
        self.write(text)
        body.copy_to(self._ofile)
        self._ofile.flush()
        self._flushed = True


class _Spool:
    """The part of StringIO that splunklib's writer uses. tempfile.tempdir is the dispatch directory by now."""

    def __init__(self) -> None:
        self._file: SpooledTemporaryFile[bytes] | None = None
        self.size = 0

    def write(self, text: str) -> None:
        if self._file is None:
            self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)
        self.size += self._file.write(text.encode("utf-8"))

    def getvalue(self) -> _Spool:
        return self

    def copy_to(self, stream: BinaryIO) -> None:
        if self._file is not None:
            self._file.seek(0)
            shutil.copyfileobj(cast(BinaryIO, self._file), stream)

    def seek(self, _place: int) -> None:
        """splunklib goes to the beginning only, to truncate there."""

    def truncate(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self.size = 0


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, cut at line feeds alone as StringIO cuts them."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end
