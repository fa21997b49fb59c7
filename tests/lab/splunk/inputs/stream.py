"""The XML stream of a modular input, read as it arrives.

Rules ("Set up streaming", Splunk's developer manual): an ``<event>`` is one event as it stands; with ``unbroken="1"``
its data is a part of a stream that the sourcetype's line breaking cuts, and ``<done/>`` says that nothing more of it
is to come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

_TRUE = {"1", "true"}


class StreamError(Exception):
    """The input wrote something that is not the stream of a modular input; splunkd stops reading there."""


@dataclass(frozen=True)
class StreamEvent:
    """One ``<event>``; absent elements are None."""

    data: str
    stanza: str | None = None
    unbroken: bool = False
    done: bool = False
    time: float | None = None
    host: str | None = None
    index: str | None = None
    source: str | None = None
    sourcetype: str | None = None


class StreamReader:
    """Feed it bytes, take events out. An event counts once its end tag is there."""

    def __init__(self) -> None:
        # huge_tree: one event may be longer than libxml2's usual 10 MB. Entities are never resolved.
        self._parser = etree.XMLPullParser(
            events=("start", "end"), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True
        )
        self._root: etree._Element | None = None
        self._closed = False

    def feed(self, data: bytes) -> Iterator[StreamEvent]:
        """The events that are complete with these bytes. Raises StreamError."""
        if self._closed and data.strip():
            raise StreamError(f"output after </stream>: {data.strip()[:80]!r}")
        broken: etree.XMLSyntaxError | None = None
        try:
            self._parser.feed(data)
        except etree.XMLSyntaxError as error:
            broken = error
        # What was complete before the fault counts.
        yield from self._read()
        if broken is not None:
            raise StreamError(f"not well-formed XML: {broken}") from broken

    def _read(self) -> Iterator[StreamEvent]:
        for action, element in self._parser.read_events():
            if not isinstance(element, etree._Element):
                continue
            root = self._root = self._root if self._root is not None else _stream(element)
            if action != "end":
                continue
            if element is root:
                self._closed = True
            elif element.getparent() is root:
                if element.tag != "event":
                    raise StreamError(f"<{element.tag}> inside <stream>; only <event> belongs there")
                yield _event(element)
                # What was read is let go, or a long run would keep everything in memory.
                root.remove(element)


def _stream(root: etree._Element) -> etree._Element:
    """The root, if it is one."""
    document = root.getroottree()
    # The stubs of lxml do not know docinfo.doctype.
    if str(getattr(document.docinfo, "doctype", "")):
        raise StreamError("a DOCTYPE has no place in the stream of a modular input")
    if root.tag != "stream":
        raise StreamError(f"the root element is <{root.tag}>, not <stream>")
    return root


def _event(element: etree._Element) -> StreamEvent:
    texts = {str(child.tag): child.text for child in element}
    return StreamEvent(
        data=texts.get("data") or "",
        stanza=element.get("stanza"),
        unbroken=(element.get("unbroken") or "0").strip().lower() in _TRUE,
        done="done" in texts,
        time=_time(texts.get("time")),
        host=texts.get("host") or None,
        index=texts.get("index") or None,
        source=texts.get("source") or None,
        sourcetype=texts.get("sourcetype") or None,
    )


def _time(text: str | None) -> float | None:
    """An epoch; anything else is as good as absent, and the text of the event decides."""
    try:
        return float(text) if text else None
    except ValueError:
        return None
