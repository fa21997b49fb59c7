"""The search commands that this engine has. A command is here or it is refused."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from .command import Command


def by_name(classes: Iterable[type[Command]]) -> dict[str, type[Command]]:
    """Name and aliases -> class. Raises ValueError when two classes claim one name."""
    table: dict[str, type[Command]] = {}
    for command in classes:
        for name in (command.name, *command.aliases):
            if name in table:
                raise ValueError(f"two search commands are called {name}: {table[name].__name__}, {command.__name__}")
            table[name] = command
    return table


@cache
def all_commands() -> dict[str, type[Command]]:
    """Every command, those of the language (`search`) and those of `commands/__init__.py` (COMMANDS: a tuple of
    classes)."""
    from .commands import COMMANDS
    from .search_command import SearchCommand

    return by_name((SearchCommand, *COMMANDS))
