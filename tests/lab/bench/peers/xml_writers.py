"""Both XML writers over the events of a file; prints {"ours_us": ..., "splunklib_us": ...} as JSON.

Runs with the built app's bin and lib folders on the path. Each writer gets the events as its own callers have them:
the app's as bytes in columns, 500 at a time, splunklib's as one object of text each.
"""

import io
import json
import sys
import time

from splunklib.modularinput import Event, EventWriter

from mail_threats.feeds.raw_event import RawEvents
from mail_threats.splunkio.event_stream import EventStream

ROUNDS = 5
SOURCE, SOURCETYPE, STANZA = "bench", "o365:management:activity", "o365_management_activity://bench"


class Sink(io.RawIOBase):
    """Takes bytes or text, keeps nothing."""

    def write(self, data):
        return len(data)


def best(write):
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        write()
        times.append(time.perf_counter() - began)
    return 1e6 * min(times) / len(raws)


def ours():
    output = EventStream(Sink(), STANZA, "main")
    for at in range(0, len(encoded), 500):
        chunk = encoded[at : at + 500]
        output.write_raw(RawEvents(SOURCE, SOURCETYPE, chunk, chunk, [b"1700000000"] * len(chunk), set()))
        output.flush()


def splunklib():
    writer = EventWriter(Sink(), Sink())
    for raw in raws:
        writer.write_event(
            Event(data=raw, stanza=STANZA, time="1700000000", source=SOURCE, sourcetype=SOURCETYPE, index="main")
        )


with open(sys.argv[1]) as file:
    raws = json.load(file)
encoded = [raw.encode() for raw in raws]
print(json.dumps({"ours_us": best(ours), "splunklib_us": best(splunklib)}))
