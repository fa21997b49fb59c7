"""Events to splunkd: the XML stream of a modular input, written by hand because an XML library costs eight times as
much.

An `<event>` is one event as it stands, whatever line breaks it holds and however long it is. With `unbroken="1"`
splunkd would take its data for a piece of a stream and break it by the sourcetype's rules.
Source: Splunk, modular inputs, "XML streaming"; XML 1.0, 2.2 (characters).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import Match
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from mail_threats.feeds.raw_event import RawEvent, RawEvents
from mail_threats.splunkio.outflow import Outflow

_TAIL = b"</data></event>\n"
# U+FFFE and U+FFFF, which UTF-8 can write and XML cannot hold.
_NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class EventStream:
    """`<stream>` on a byte stream. Events are kept back until `push`, which sends them on their way, or `flush`, which
    hands over all of them or raises OutputClosed."""

    def __init__(self, output: IO[bytes], stanza: str, index: str) -> None:
        self._outflow = Outflow(output)
        self._head = f"<event stanza={quoteattr(stanza)}>"
        # Without an index, and always for the host, splunkd takes what the stanza says.
        self._place = f"<index>{escape(index)}</index>" if index not in ("", "default") else ""
        self._metadata: dict[tuple[str, str], bytes] = {}
        self._held: list[bytes] = [b"<stream>\n"]

    def write(self, events: Iterable[RawEvent]) -> int:
        """Accept events; returns the size of their text in bytes."""
        size = 0
        head = self._head.encode("utf-8")
        for event in events:
            metadata = self._metadata_of(event.source, event.sourcetype)
            text = event.raw
            size += len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
            time = f"<time>{event.time}</time>".encode("ascii") if event.time else b""
            self._held += (head, time, metadata, safe_text(text).encode("utf-8"), _TAIL)
        return size

    def write_raw(self, events: RawEvents) -> int:
        """Accept events; returns the size of their text in bytes."""
        metadata = self._metadata_of(events.source, events.sourcetype)
        head = self._head.encode("utf-8")
        timed, behind_time = head + b"<time>", b"</time>" + metadata
        hold = self._held.extend
        odd = events.odd
        size = 0
        for number, raw in enumerate(events.raws):
            size += len(raw)
            text = _safe_bytes(raw, number in odd) if number in odd or not raw.isascii() else _escaped_bytes(raw)
            time = events.times[number]
            hold((timed, time, behind_time, text, _TAIL) if time else (head, metadata, text, _TAIL))
        return size

    def push(self) -> None:
        """Send what was accepted on its way, without waiting for splunkd to read it.

        Raises: OutputClosed.
        """
        held, self._held = self._held, []
        if held:
            self._outflow.put(b"".join(held))

    def flush(self) -> None:
        """Return when splunkd has read everything written so far; where that cannot be seen, when it is in its pipe.

        Raises: OutputClosed.
        """
        self.push()
        self._outflow.drained()

    def close(self) -> None:
        """End the stream.

        Raises: OutputClosed.
        """
        self._held.append(b"</stream>\n")
        self.flush()

    def _metadata_of(self, source: str, sourcetype: str) -> bytes:
        """What stands between an event's time and its text."""
        known = self._metadata.get((source, sourcetype))
        if known is None:
            text = f"<sourcetype>{escape(sourcetype)}</sourcetype><source>{escape(source)}</source>{self._place}<data>"
            known = self._metadata[(source, sourcetype)] = text.encode("utf-8")
        return known


def _safe_bytes(raw: bytes, odd: bool) -> bytes:
    """As `safe_text`, for the bytes that are UTF-8 mostly; `odd` ones hold control characters."""
    if not odd:
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            if not any(character in raw for character in _NONCHARACTERS):
                return _escaped_bytes(raw)
    return safe_text(raw.decode("utf-8", "surrogateescape")).encode("utf-8")


def _escaped_bytes(raw: bytes) -> bytes:
    if b"&" in raw:
        raw = raw.replace(b"&", b"&amp;")
    if b"<" in raw:
        raw = raw.replace(b"<", b"&lt;")
    if b">" in raw:
        raw = raw.replace(b">", b"&gt;")
    return raw


def safe_text(text: str) -> str:
    """`text` as XML character data.

    What XML cannot hold (control characters, lone surrogates) becomes its JSON escape, which reads the same to a JSON
    parser; a carriage return becomes a reference, since an XML parser would turn it into a line feed.
    """
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if text.isascii() and text.isprintable():
        return text
    return _NOT_XML.sub(_escaped, text)


def _escaped(match: Match[str]) -> str:
    character = match.group()
    return "&#13;" if character == "\r" else f"\\u{ord(character):04x}"
