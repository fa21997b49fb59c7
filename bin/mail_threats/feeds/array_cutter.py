"""Cutting a JSON array of audit records, as it arrives, into records that keep the vendor's bytes.

Of a record only `Id` and `CreationTime` have to be known, so most records are not decoded: a record's end is guessed,
and then proved by its brackets. The proof holds for every valid JSON: once escapes and strings are taken out, a text
that begins with a record's first brace is that record if, and only if, its brackets close at its end and not before.
What cannot be proved is decoded.

Of a name that occurs twice in a record the first counts. Control characters inside strings, bytes that are not UTF-8
and a byte order mark are accepted, since all of these were seen in answers; the output makes them safe.
"""

from __future__ import annotations

import json
import re
from typing import ClassVar

from mail_threats.errors import ContentUnreadable
from mail_threats.timestamps import event_time

_NAME = b'"CreationTime"'
_BETWEEN = b"},{"
# What nearly all records say of themselves; everything else is decoded.
_HEAD = re.compile(rb'"CreationTime":"(\d{4}-\d\d-\d\dT\d\d:\d\d:)([0-5]\d)Z?","Id":"([ !\x23-\x5b\x5d-\x7e]{1,200})"')
_SPACE = re.compile(rb"[ \t\r\n]*")
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_CONTROL = bytes(range(0x20))
_ORDINARY = bytes(set(range(0x20, 0x100)) - set(b'"{}[]\\'))
_BOM = b"\xef\xbb\xbf"
# A text that breaks off shows its fault within a word or an escape of its end; one further in front is damage.
_LAST_WORD = 16
# The rest of a piece that holds no proved record is decoded when it is at least this long, and anew when it doubled.
_DECODE_FROM = 64 * 1024
_REMEMBERED = 5000
_WHOLE, _WHOLE_UNLESS_QUOTED, _DOUBTFUL, _NOT = 1, 2, 3, 4


class Number(str):
    """A number as it is written: Python refuses integers of many digits, and nothing here calculates."""

    __slots__ = ()


_scan = json.JSONDecoder(strict=False, parse_int=Number, parse_float=Number).raw_decode
_decode = json.JSONDecoder(strict=False, parse_int=Number, parse_float=Number, object_pairs_hook=list).decode


class Cut:
    """Records in columns.

    `raws`: as the vendor wrote them. `keys`: what an event is known again by, its Id or else its text. `times`: the
    text for `<time>`, empty when CreationTime cannot be read. `odd`: positions of records that hold control characters.
    `fault`: what is wrong with the array behind these records. `size`: the bytes of the records.
    """

    __slots__ = ("fault", "keys", "odd", "raws", "size", "times")

    def __init__(self) -> None:
        self.raws: list[bytes] = []
        self.keys: list[bytes] = []
        self.times: list[bytes] = []
        self.odd: set[int] = set()
        self.fault: ContentUnreadable | None = None
        self.size = 0


class ArrayCutter:
    """Takes the bytes of one array in pieces of any length; `what` names it in errors."""

    # What was found out about outlines and minutes is true of every array.
    _outlines: ClassVar[dict[bytes, int]] = {}
    _minutes: ClassVar[dict[bytes, int]] = {}

    def __init__(self, what: str) -> None:
        self._what = what
        self._rest = b""
        self._text: str | None = None
        self._passed = 0
        self._wait_for = 0
        self._step = self._before

    def feed(self, data: bytes) -> Cut:
        """The records that are whole with these bytes."""
        cut = Cut()
        self._rest = self._rest + data if self._rest else data
        if len(self._rest) >= self._wait_for:
            self._advance(cut, last=False)
        return cut

    def finish(self) -> Cut:
        """The records that were waiting for the end; `fault` is set unless the text was one whole array."""
        cut = Cut()
        self._advance(cut, last=True)
        if cut.fault is None and self._step != self._after_array:
            cut.fault = self._broken(len(self._rest))
        return cut

    def _advance(self, cut: Cut, last: bool) -> None:
        at: int | None = 0
        done = 0
        try:
            while at is not None:
                done = at
                at = self._step(at, cut, last)
        except ContentUnreadable as fault:
            cut.fault = fault
        cut.size = sum(map(len, cut.raws))
        self._passed += done
        self._rest = self._rest[done:]
        self._text = None

    # Steps: each returns where the next begins, or None when it needs more bytes

    def _before(self, at: int, cut: Cut, last: bool) -> int | None:
        data = self._rest
        if not last and len(data) < len(_BOM):
            return None
        at = _skip(data, len(_BOM) if data.startswith(_BOM) else 0)
        if at == len(data) and not last:
            return None
        if data[at : at + 1] != b"[":
            raise ContentUnreadable(f"{self._what} is not a JSON array but {_kind(data, at)}.")
        self._step = self._first
        return at + 1

    def _first(self, at: int, cut: Cut, last: bool) -> int | None:
        at = _skip(self._rest, at)
        if at == len(self._rest):
            return None
        if self._rest[at : at + 1] == b"]":
            self._step = self._after_array
            return at + 1
        self._step = self._records
        return at

    def _records(self, at: int, cut: Cut, last: bool) -> int | None:
        at = _skip(self._rest, at)
        proved = self._prove(at, cut)
        if proved != at:
            return proved
        end = self._prove_last(at, cut) if last or self._rest.endswith(b"}]") else None
        if end is None:
            if not last and len(self._rest) - at < max(_DECODE_FROM, self._wait_for):
                return None
            end = self._decode(at, cut, last)
        if end is None:
            self._wait_for = 2 * (len(self._rest) - at)
            return None
        self._wait_for = 0
        self._step = self._after_record
        return end

    def _after_record(self, at: int, cut: Cut, last: bool) -> int | None:
        at = _skip(self._rest, at)
        mark = self._rest[at : at + 1]
        if mark == b"," or mark == b"]":
            self._step = self._records if mark == b"," else self._after_array
            return at + 1
        if mark:
            raise self._broken(at)
        return None

    def _after_array(self, at: int, cut: Cut, last: bool) -> int | None:
        at = _skip(self._rest, at)
        if at < len(self._rest):
            raise ContentUnreadable(f"{self._what} goes on after its JSON array, at byte {self._passed + at}.")
        return None

    # Records

    def _prove(self, at: int, cut: Cut) -> int:
        """Take records from `at` on for as long as their ends can be proved; returns where the next one begins."""
        data = self._rest
        if data[at : at + 1] != b"{":
            return at
        find, rfind, outlines, minutes = data.find, data.rfind, self._outlines, self._minutes
        raws, keys, times = cut.raws.append, cut.keys.append, cut.times.append
        name = find(_NAME, at)
        following = find(_NAME, name + 1) if name >= 0 else -1
        while following >= 0:
            end = rfind(_BETWEEN, name, following)
            if end < 0:
                return at
            raw = data[at : end + 1]
            outline = raw.translate(None, _ORDINARY)
            proof = outlines.get(outline) or self._proof(outline)
            if proof != _WHOLE and not self._proved(raw, outline, proof, cut):
                return at
            head = _HEAD.match(raw, name - at)
            if head is None or (name - at > 1 and not self._opens(raw[: name - at])):
                time, key = _identity(raw)
            else:
                minute, second, key = head.groups()
                start = minutes.get(minute)
                time = b"%d" % (start + int(second)) if start is not None else self._time(minute, second)
            raws(raw)
            keys(key)
            times(time)
            at = end + 2
            name = following
            following = find(_NAME, name + 1)
        return at

    def _prove_last(self, at: int, cut: Cut) -> int | None:
        """The end of the record at `at` when it is the only one left in the array; None when that is not sure."""
        end = len(self._rest.rstrip(b" \t\r\n")) - 1
        raw = self._rest[at:end]
        if self._rest[end : end + 1] != b"]" or raw[:1] != b"{" or raw[-1:] != b"}":
            return None
        outline = raw.translate(None, _ORDINARY)
        if not self._proved(raw, outline, self._proof(outline), cut):
            return None
        time, key = _identity(raw)
        cut.raws.append(raw)
        cut.keys.append(key)
        cut.times.append(time)
        return end

    def _proof(self, outline: bytes) -> int:
        """What an outline says of its text, which begins where a record does.

        An outline is all of a text that is a bracket, a quote, a backslash or a control character. Most texts of one
        kind have the same, so what it says is remembered. An escaped quote shows as a backslash before a quote, which
        may have been any escape at the end of a string, too.
        """
        if outline.translate(None, b'"{}[]\\'):
            proof = _DOUBTFUL
        else:
            whole = _is_one_object(_brackets(outline.replace(b"\\", b"")))
            if b'\\"' in outline:
                proof = _WHOLE_UNLESS_QUOTED if whole else _DOUBTFUL
            else:
                proof = _WHOLE if whole else _NOT
        if len(self._outlines) >= _REMEMBERED:
            self._outlines.clear()
        self._outlines[outline] = proof
        return proof

    def _proved(self, raw: bytes, outline: bytes, proof: int, cut: Cut) -> bool:
        """Whether `raw`, which begins where a record does, is that record and nothing more."""
        if proof == _WHOLE or proof == _NOT:
            return proof == _WHOLE
        if proof == _WHOLE_UNLESS_QUOTED and not _escapes_a_quote(raw):
            return True
        plain = _ESCAPE.sub(b"", raw) if b"\\" in outline else raw
        if not _is_one_object(_brackets(plain.translate(None, _ORDINARY)).translate(None, _CONTROL)):
            return False
        if raw.translate(None, _CONTROL) != raw:
            cut.odd.add(len(cut.raws))
        return True

    def _opens(self, before: bytes) -> bool:
        """Whether `before`, the beginning of a record, opens only the record itself and names no Id of it."""
        if b'"Id"' in before:
            return False
        closed = before.translate(None, _ORDINARY) + b"}"
        return (self._outlines.get(closed) or self._proof(closed)) == _WHOLE

    def _time(self, minute: bytes, second: bytes) -> bytes:
        """The text for `<time>`; times of one minute differ in their seconds alone."""
        text = event_time(f"{minute.decode('ascii')}00")
        if not text:
            return b""
        if len(self._minutes) >= _REMEMBERED:
            self._minutes.clear()
        self._minutes[minute] = int(text)
        return b"%d" % (int(text) + int(second))

    def _decode(self, at: int, cut: Cut, last: bool) -> int | None:
        """Take the value at `at`, whatever it is; returns its end, or None when more bytes have to come.

        Positions are those of bytes: read as Latin-1, each byte is a character, and JSON's own are all ASCII.
        """
        if self._text is None:
            self._text = self._rest.decode("latin-1")
        try:
            _, end = _scan(self._text, at)
        except json.JSONDecodeError as fault:
            open_end = fault.msg.startswith("Unterminated string") or fault.pos >= len(self._text) - _LAST_WORD
            if open_end and not last:
                return None
            raise self._broken(at) from None
        except RecursionError:
            raise ContentUnreadable(f"{self._what} is nested too deeply, at byte {self._passed + at}.") from None
        if _skip(self._rest, end) == len(self._rest) and not last:
            return None  # a number might go on
        raw = self._rest[at:end]
        if raw.translate(None, _CONTROL) != raw:
            cut.odd.add(len(cut.raws))
        time, key = _identity(raw)
        cut.raws.append(raw)
        cut.times.append(time)
        cut.keys.append(key)
        return end

    def _broken(self, at: int) -> ContentUnreadable:
        return ContentUnreadable(
            f"{self._what} is not whole JSON; it breaks off or is malformed after byte {self._passed + at}."
        )


def fields_of(raw: bytes) -> dict[str, object]:
    """What a record says, of a name that occurs twice the first; empty when it is not an object."""
    found = _decode(raw.decode("utf-8", "surrogateescape")) if raw[:1] == b"{" else []
    return dict(reversed(found))


def _identity(raw: bytes) -> tuple[bytes, bytes]:
    """The text for `<time>` and the key of a record, by decoding it."""
    try:
        fields = fields_of(raw)
    except (ValueError, RecursionError):
        return b"", raw  # brackets that fit around something else than JSON: still the vendor's text
    event_id, created = fields.get("Id"), fields.get("CreationTime")
    time = event_time(created).encode("ascii") if type(created) is str else b""
    key = event_id.encode("utf-8", "surrogatepass") if type(event_id) is str and event_id else raw
    return time, key


def _brackets(outline: bytes) -> bytes:
    """The part of an outline without escapes that lies outside of strings: quotes open and close in turn."""
    return b"".join(outline.split(b'"')[::2])


def _escapes_a_quote(raw: bytes) -> bool:
    at = raw.find(b"\\")
    while at >= 0:
        if raw[at + 1 : at + 2] == b'"':
            return True
        at = raw.find(b"\\", at + 2)
    return False


def _is_one_object(shape: bytes) -> bool:
    """Whether brackets, of which some may close wrongly, are those of one object."""
    if shape[:1] != b"{" or shape[-1:] != b"}":
        return False
    inside = shape[1:-1]
    while inside:
        smaller = inside.replace(b"{}", b"").replace(b"[]", b"")
        if len(smaller) == len(inside):
            return False
        inside = smaller
    return True


def _skip(data: bytes, at: int) -> int:
    match = _SPACE.match(data, at)
    return match.end() if match else at


def _kind(data: bytes, at: int) -> str:
    if at >= len(data):
        return "empty"
    kinds = {b"{": "an object", b"[": "an array", b'"': "a string", b"<": "markup"}
    return kinds.get(data[at : at + 1], "something else")
