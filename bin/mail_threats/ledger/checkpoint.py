"""Where the record of what was delivered is kept between runs, and what happens when it cannot be read.

There are two copies: a file, written after every window, and a document in the KV store, written every few seconds and
at the end of a run. The newer one counts. The file alone is enough where it is provably the newest: on a host that
shares its KV store with no other and wrote the file itself. docs/adr/0009-two-copies.md has every case.

A record that cannot be read is set aside and the input pauses: starting afresh would repeat days of data or, worse,
skip them without a trace. The pause outlasts restarts. It ends when the admin puts a good checkpoint back and removes
the pause file, removes the pause file alone (collection begins again at the input's start time), or sets another start
time on the input. A store that does not answer is not a damaged record: the input waits for the next run.

An admin can put a copy, of this input or of its former host, into the store under IMPORT and the input's name: whoever
collects takes it over when its next run begins, and keeps the record it replaced as a file.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from mail_threats.clock import Clock
from mail_threats.errors import CheckpointDamaged, ConfigError, MailThreatsError, StateUnavailable, Transient
from mail_threats.ledger.copies import Copy, read_copy
from mail_threats.ledger.documents import Documents
from mail_threats.ledger.host import Host
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Gap
from mail_threats.timestamps import zulu

STORE_EVERY_S = 10.0
"""How far the KV store's copy may lie behind the file while a run goes on: what a host that takes over repeats."""
IMPORT = "import "
COUNTED = "An imported checkpoint counts this time as delivered; this input had not collected it."
_LARGEST_DOCUMENT = 8 << 20
_WAITS_S = (0.5, 1.5, 3.0)
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Checkpoint:
    """The record of one input.

    `directory` is the input's own; `store` is None where the KV store is switched off. `stanza` is the key in the
    store. `notes` are faults that were got over, for the health event; `store_fault` is the last failure to write the
    store's copy, None after a success.
    """

    def __init__(
        self, directory: Path, stanza: str, start_time: str, store: Documents | None, host: Host, clock: Clock
    ) -> None:
        self.notes: list[MailThreatsError] = []
        self.store_fault: StateUnavailable | None = None
        self._directory = directory
        self._path = directory / "checkpoint.json"
        self._pause = directory / "paused.json"
        self._stanza = stanza
        self._start_time = start_time
        self._store = store
        self._host = host
        self._clock = clock
        self._copy = Copy(clock.now(), 0, host.guid, {})
        self._stored_at = float("-inf")
        self._offered: Copy | None = None

    def load(self) -> Copy:
        """The newest copy, or an empty one before the first run.

        Raises: CheckpointDamaged when the input is paused or pauses now; StateUnavailable when it cannot be known which
        copy is the newest; Stopped.
        """
        self._sweep()
        try:
            pause = self._paused_since()
            found = self._after_pause(pause) if pause is not None else self._newest()
        except CheckpointDamaged:
            self._offered = self._find_import()
            if self._offered is None:
                raise
            # Older than every other copy, should this host not be the one that takes the import over.
            found = Copy(0.0, 0, self._host.guid, {})
        else:
            self._offered = self._find_import()
        if found is not None:
            self._copy = found
        self._copy.host = self._host.guid
        return self._copy

    def take_over_import(self) -> tuple[Copy, CheckpointDamaged] | None:
        """Replace the record by the copy that an admin offered, if any, and say so. To be called once it is certain
        that this input is the one that collects.

        Streams that the copy does not know stay as they are. Time that it counts as delivered, and this input had not
        collected, is recorded as a gap. Raises: ConfigError when a file cannot be written.
        """
        copy, former = self._offered, self._copy
        if copy is None or self._store is None:
            return None
        aside = self._aside("replaced")
        self._write(aside, former.text(self._clock.now()))
        replaced = sorted(copy.streams)
        copy.begun_at, copy.generation, copy.host, copy.claims = self._clock.now(), 0, self._host.guid, former.claims
        for key, state in former.streams.items():
            if key in copy.streams:
                _count_as_delivered(state, copy.streams[key])
            else:
                copy.streams[key] = state
        self._copy, self._offered = copy, None
        self.save(now=True)
        if self.store_fault is None:
            self._store.delete({"_key": IMPORT + self._stanza})
        return copy, CheckpointDamaged(
            f"An imported checkpoint replaced the record of {', '.join(replaced) or 'no stream'}; the record before it"
            f" is kept as {aside}.",
            advice="To take it back, import that file.",
        )

    def keep(self) -> None:
        """Write the copy into the file as it was loaded. It is no newer for that: an input that stands by has nothing
        to say.

        Raises: ConfigError when the file cannot be written.
        """
        self._write(self._path, self._copy.text(self._clock.now()))

    def save(self, *, now: bool = False) -> None:
        """Write the file, and the store's copy when it is due or `now`. After it returns, a crash leaves the old or
        the new file.

        Raises: ConfigError when the file cannot be written.
        """
        self._copy.generation += 1
        text = self._copy.text(self._clock.now())
        self._write(self._path, text)
        if self._pause.exists():
            self._pause.unlink()
        if now or self._clock.monotonic() - self._stored_at >= STORE_EVERY_S:
            self._put(text)

    def _put(self, text: str) -> None:
        if self._store is None:
            return
        self._stored_at = self._clock.monotonic()
        if len(text) > _LARGEST_DOCUMENT:
            self.store_fault = StateUnavailable(
                f"The checkpoint has {len(text):,} bytes, too many for the KV store; only the file is written.",
                advice="The input works off what it owes first; look at content_owed in the health event.",
            )
            return
        document = {
            "_key": self._stanza,
            "generation": self._copy.generation,
            "host": self._host.name,
            "written_at": zulu(self._clock.now()),
            "document": text,
        }
        try:
            self._store.put([document])
            self.store_fault = None
        except StateUnavailable as fault:
            self.store_fault = fault

    # Which copy counts

    def _newest(self) -> Copy | None:
        file, file_fault = self._read_file()
        try:
            stored, store_fault = self._read_store()
        except StateUnavailable as fault:
            return self._file_alone(file, file_fault, fault)
        if stored is not None:
            if file_fault:
                self._replaced(self._set_aside_file(), file_fault)
            return max(stored, file, key=lambda copy: copy.age) if file is not None else stored
        if store_fault:
            return self._without_the_stored(file, file_fault, store_fault)
        if file_fault:
            raise self._begin_pause(file_fault, self._set_aside_file())
        if file is None and self._ran_before():
            raise self._begin_pause("it is gone, although the memory of delivered ids is there", "")
        return file

    def _file_alone(self, file: Copy | None, file_fault: str, fault: StateUnavailable) -> Copy:
        """The KV store does not answer."""
        if file is not None and self._is_provably_newest(file):
            self.notes.append(
                Transient(f"{fault.message} The file's copy of the checkpoint is used.", advice=fault.advice)
            )
            return file
        reason = "this host's copy may not be the newest" if file is not None else "this host has no copy of it"
        if file_fault:
            reason = f"this host's copy is damaged ({file_fault})"
        raise StateUnavailable(
            f"The checkpoint cannot be read: {fault.message} Without it nothing is collected, because {reason}.",
            advice=f"Collection goes on by itself when the KV store answers. {fault.advice}",
        )

    def _without_the_stored(self, file: Copy | None, file_fault: str, store_fault: str) -> Copy:
        """The KV store's copy is damaged."""
        aside = self._set_aside_stored()
        if file is not None and self._is_provably_newest(file):
            self._replaced(aside, store_fault)
            return file
        if file_fault:
            aside = self._set_aside_file()
        raise self._begin_pause(store_fault, aside)

    def _is_provably_newest(self, file: Copy) -> bool:
        return not self._host.in_cluster and file.host in ("", self._host.guid)

    def _ran_before(self) -> bool:
        """Whether this input collected here, and no admin has decided since that it begins anew."""
        return (self._directory / "memory.sqlite").exists() and not any(self._directory.glob("checkpoint.damaged-*"))

    def _read_file(self) -> tuple[Copy | None, str]:
        try:
            return read_copy(self._path.read_bytes()), ""
        except FileNotFoundError:
            return None, ""
        except OSError as fault:
            raise CheckpointDamaged(
                f"The checkpoint {self._path} cannot be read ({fault.strerror}).",
                advice="Give the user that runs Splunk access to it; nothing is collected until then.",
            ) from None
        except _BROKEN as fault:
            return None, str(fault) or type(fault).__name__

    def _read_store(self) -> tuple[Copy | None, str]:
        if self._store is None:
            return None, ""
        documents = self._patiently(self._store)
        if not documents:
            return None, ""
        try:
            return read_copy(documents[0]["document"]), ""
        except _BROKEN as fault:
            return None, str(fault) or type(fault).__name__

    def _find_import(self) -> Copy | None:
        if self._store is None:
            return None
        try:
            documents = self._store.find({"_key": IMPORT + self._stanza})
        except StateUnavailable:
            return None  # the next run finds it
        if not documents:
            return None
        try:
            return read_copy(documents[0]["document"])
        except _BROKEN as fault:
            self.notes.append(
                Transient(
                    f"The checkpoint that was imported cannot be used ({str(fault) or type(fault).__name__}); nothing"
                    " changed.",
                    advice=f"Import the whole text, or delete the document {IMPORT + self._stanza!r} in the KV store.",
                )
            )
            return None

    def _patiently(self, store: Documents) -> list[dict[str, Any]]:
        """A store that is starting answers 503 for a while."""
        for wait_s in _WAITS_S:
            try:
                return store.find({"_key": self._stanza})
            except StateUnavailable:
                self._clock.wait(wait_s)
        return store.find({"_key": self._stanza})

    # What is damaged

    def _set_aside_file(self) -> str:
        aside = self._aside()
        os.replace(self._path, aside)
        return str(aside)

    def _set_aside_stored(self) -> str:
        """Keep the damaged document as a file. In a cluster it also stays in the store, so that every member sees
        it."""
        assert self._store is not None
        aside = self._aside()
        documents = self._store.find({"_key": self._stanza})
        self._write(aside, json.dumps(documents))
        if not self._host.in_cluster:
            self._store.delete({"_key": self._stanza})
        return str(aside)

    def _aside(self, what: str = "damaged") -> Path:
        stamp = zulu(self._clock.now()).replace(":", "")
        names = (self._directory / f"checkpoint.{what}-{stamp}{more}.json" for more in ("", *"bcdefgh"))
        return next(path for path in names if not path.exists())

    def _replaced(self, aside: str, reason: str) -> None:
        self.notes.append(
            CheckpointDamaged(
                f"One of the two copies of the checkpoint was damaged ({reason}) and is set aside as {aside}.",
                advice="The other copy is used: nothing is lost. Check the disk of this host, and what writes there.",
            )
        )

    # The pause

    def _begin_pause(self, reason: str, aside: str) -> CheckpointDamaged:
        pause = {
            "reason": reason,
            "set_aside": aside,
            "start_time": self._start_time,
            "paused_at": self._clock.now(),
        }
        self._write(self._pause, json.dumps(pause))
        return self._paused(reason, aside)

    def _paused_since(self) -> float | None:
        """When the pause began that an admin has ended, by another start time or, on another member of the cluster, by
        an import; None without a pause.

        Raises: CheckpointDamaged while it lasts.
        """
        try:
            pause = json.loads(self._pause.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            pause = {}
        if not isinstance(pause, dict):
            pause = {}
        paused_at = pause.get("paused_at")
        since = float(paused_at) if isinstance(paused_at, (int, float)) else None
        if self._start_time and pause and pause.get("start_time") != self._start_time:
            return since or 0.0
        if since is not None and self._after_pause(since) is not None:
            return since
        raise self._paused(str(pause.get("reason", "unknown")), str(pause.get("set_aside", "")))

    def _after_pause(self, since: float) -> Copy | None:
        """What another member of the cluster began after the pause, or nothing: the record begins anew."""
        if not self._host.in_cluster:
            return None
        stored, _ = self._read_store()
        return stored if stored is not None and stored.begun_at > since else None

    def _paused(self, reason: str, aside: str) -> CheckpointDamaged:
        kept = f" and is set aside as {aside}" if aside else ""
        return CheckpointDamaged(
            f"The checkpoint was damaged ({reason}){kept}; the input is paused.",
            advice=(
                f"Put a good copy back as {self._path} and delete {self._pause}, or import one; or, to collect again"
                " from a time of your choice, set another start time on the input."
            ),
        )

    # Files

    def _sweep(self) -> None:
        """Remove what a run left that was killed while it wrote, or found the disk full."""
        for path in self._directory.glob("*.tmp"):
            path.unlink()

    def _write(self, path: Path, text: str) -> None:
        temporary = None
        try:
            handle, temporary = tempfile.mkstemp(dir=str(self._directory), prefix=path.name, suffix=".tmp")
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as fault:
            if temporary is not None and os.path.exists(temporary):
                os.unlink(temporary)
            raise ConfigError(
                f"The checkpoint {path} cannot be written ({fault.strerror}).",
                advice="Free space on the volume, or give the user that runs Splunk write access to it.",
            ) from None


def _count_as_delivered(former: StreamState, taken: StreamState) -> None:
    """Carry over what of the former state must not be forgotten: losses not told yet, and time that only the import
    knows as delivered."""
    taken.untold = list(former.untold)
    taken.sent_again = former.sent_again
    edge, told = _owed_from(former), _owed_from(taken)
    if told > edge:
        taken.record_gap(Gap(edge, told, COUNTED))


def _owed_from(state: StreamState) -> float:
    """Up to where everything was listed and delivered."""
    edge = state.low_water
    for window in state.windows:
        if window.listed_at is None or window.troubled:
            break
        edge = min(window.end, window.listed_at)
    return edge
