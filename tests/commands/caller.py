"""Runs SPL with one of the app's commands in it over given rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lab.rules import APP
from lab.splunk.kvstore import Collection
from lab.splunk.spl.compiler import Compiler
from lab.splunk.spl.environment import CustomCommand
from lab.splunk.spl.search import SearchResult
from lab.splunk.stand_in import StandIn

NOW = 1_772_532_000
"""2026-03-03T10:00:00Z"""


class Caller:
    """One installed app. `messages(result, level)` reads what a search said beside its rows."""

    def __init__(self, splunk: StandIn) -> None:
        self.splunk = splunk

    def __call__(
        self, spl: str, rows: Iterable[Mapping[str, Any]], *, chunk_rows: int | None = None, user: str = "admin"
    ) -> SearchResult:
        """chunk_rows: how many rows splunkd puts into a chunk at most (None: 50,000, as limits.conf says)."""
        self.splunk.processes.commands.chunk_rows = chunk_rows
        return self.splunk.search(spl, rows=[dict(row) for row in rows], now=NOW, app=APP, user=user)

    def command(self, name: str) -> CustomCommand:
        command = self.splunk.environment(app=APP).custom_command(name)
        assert command is not None, f"default/commands.conf has no [{name}]"
        return command

    def roles(self, spl: str) -> list[str]:
        """Where each command of a search runs."""
        return Compiler(self.splunk.environment(spl, app=APP)).search(spl).roles

    @property
    def allowlist(self) -> Collection:
        return self.splunk.kv("mail_threats_allowlist", app=APP)

    def forget(self) -> None:
        """Takes back what a test changed."""
        self.allowlist.delete()
        self.splunk.processes.commands.previews = False
        for name in ("commands", "limits"):
            for stanza in list(self.splunk.conf_tree.local(name, APP)):
                self.splunk.conf_tree.remove_local(name, stanza, APP)
            for stanza in list(self.splunk.conf_tree.local(name)):
                self.splunk.conf_tree.remove_local(name, stanza)


def said(result: SearchResult, level: str) -> list[str]:
    """The messages of one level: INFO, WARN or ERROR."""
    return [message.text for message in result.messages if message.level == level]
