"""The dispatch directory of a search, and the ``info.csv`` in it that splunklib reads as ``search_results_info``."""

from __future__ import annotations

import csv
import shutil
from collections import OrderedDict
from pathlib import Path
from urllib.parse import urlsplit

from lab.splunk.spl.environment import Environment

# Directories of finished searches that stay: enough to look into, and a replay of thousands does not fill the disk.
_KEPT = 20


class DispatchDirectories:
    """``var/run/splunk/dispatch/<sid>`` of each search that started a custom command."""

    def __init__(self, home: Path) -> None:
        self._base = home / "var" / "run" / "splunk" / "dispatch"
        self._made: OrderedDict[str, Path] = OrderedDict()

    def path(self, sid: str) -> Path:
        """A directory without the files of a search."""
        directory = self._base / sid
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def of(self, environment: Environment, *, session_key: str, splunkd_uri: str) -> Path:
        """The directory of a search, made at its first command."""
        directory = self._made.get(environment.sid)
        if directory is not None:
            self._made.move_to_end(environment.sid)
            return directory
        directory = self.path(environment.sid)
        _write_info(directory / "info.csv", environment, session_key, splunkd_uri)
        self._made[environment.sid] = directory
        while len(self._made) > _KEPT:
            shutil.rmtree(self._made.popitem(last=False)[1], ignore_errors=True)
        return directory


def _write_info(path: Path, environment: Environment, session_key: str, splunkd_uri: str) -> None:
    uri = urlsplit(splunkd_uri)
    columns = {
        "_sid": environment.sid,
        "_timestamp": f"{environment.now:.6f}",
        "now": f"{environment.now:.6f}",
        "_search_StartTime": f"{environment.now:.6f}",
        "_rt_earliest": "",
        "_rt_latest": "",
        "_rtspan": "",
        "_scan_count": "0",
        "_drop_count": "0",
        "_maxevents": "0",
        "_countMap": "",
        "_columnOrder": "",
        "_keySet": "",
        "_remoteServers": "",
        "rt_backfill": "0",
        "read_raw": "1",
        "enable_event_stream": "1",
        "_auth_token": session_key,
        "_splunkd_port": str(uri.port or ""),
        "_splunkd_protocol": uri.scheme,
        "_splunkd_uri": splunkd_uri,
        "_search": environment.search_text,
        "_startTime": f"{environment.earliest:.6f}",
        "_endTime": f"{environment.latest:.6f}",
        "_is_scheduled": "1" if environment.sid.startswith("scheduler__") else "0",
        "_ppc.app": environment.app,
        "_ppc.user": environment.user,
        "_ppc.bs": "$SPLUNK_ETC",
        "msgType": "",
        "msg": "",
    }
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([columns.keys(), columns.values()])
