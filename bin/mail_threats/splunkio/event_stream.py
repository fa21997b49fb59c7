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

from mail_threats.errors import OutputClosed
from mail_threats.feeds.raw_event import RawEvent

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class EventStream:
    """`<stream>` on a byte stream. Events are kept back until `flush`, which hands over all of them or raises
    OutputClosed."""

    def __init__(self, output: IO[bytes], stanza: str, index: str) -> None:
        self._output = output
        self._head = f"<event stanza={quoteattr(stanza)}>"
        # Without an index, and always for the host, splunkd takes what the stanza says.
        self._place = f"<index>{escape(index)}</index>" if index not in ("", "default") else ""
        self._metadata: dict[tuple[str, str], str] = {}
        self._held: list[str] = ["<stream>\n"]

    def write(self, events: Iterable[RawEvent]) -> int:
        """Accept events; returns the size of their text in bytes."""
        size = 0
        hold = self._held.append
        for event in events:
            metadata = self._metadata.get((event.source, event.sourcetype)) or self._remember(event)
            text = event.raw
            size += len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
            time = f"<time>{event.time}</time>" if event.time else ""
            hold(f"{self._head}{time}{metadata}<data>{safe_text(text)}</data></event>\n")
        return size

    def flush(self) -> None:
        """Return when everything written so far is in splunkd's pipe.

        Raises: OutputClosed.
        """
        held, self._held = self._held, []
        if not held:
            return
        try:
            self._output.write("".join(held).encode("utf-8"))
            self._output.flush()
        except (BrokenPipeError, ValueError, OSError) as fault:
            raise OutputClosed(f"splunkd closed the input's output ({type(fault).__name__}).") from None

    def close(self) -> None:
        """End the stream.

        Raises: OutputClosed.
        """
        self._held.append("</stream>\n")
        self.flush()

    def _remember(self, event: RawEvent) -> str:
        metadata = (
            f"<sourcetype>{escape(event.sourcetype)}</sourcetype><source>{escape(event.source)}</source>{self._place}"
        )
        self._metadata[(event.source, event.sourcetype)] = metadata
        return metadata


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
