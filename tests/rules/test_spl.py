"""Every command and function of the app's SPL is Splunk's or our own, and every search compiles before it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from rules.shipped import FACTS, Spl, all_searches, all_spl, conf, macro_calls, without_strings

from lab.splunk.environment import SearchEnvironment
from lab.splunk.spl.command import Command
from lab.splunk.spl.compiler import Compiler
from lab.splunk.spl.errors import SplError
from lab.splunk.spl.registry import all_commands

# Short names that the Search Reference gives beside the full ones.
SHORT_FUNCTIONS = {"c": "count", "dc": "distinct_count"}
# A word before a bracket that is an operator of search, eval or stats, not a function; stats takes dc(eval(...)).
OPERATORS = {"AND", "OR", "NOT", "IN", "BY", "AS", "XOR", "eval"}
_CALL = re.compile(r"(?<![\w.`'$])([A-Za-z_]\w*)\(")
_PERCENTILE = re.compile(r"(?:p|perc|exactperc|upperperc)\d+(?:\.\d+)?")


class Recorded(Mapping[str, type[Command]]):
    """The engine's commands, which keeps the names that a compilation asked for, in subsearches too."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self._known = all_commands()

    def __getitem__(self, name: str) -> type[Command]:
        self.asked.add(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@cache
def splunk_names() -> dict[str, Any]:
    names: dict[str, Any] = json.loads((FACTS / "spl-names.json").read_text(encoding="utf-8"))
    return names


@cache
def splunk_functions() -> set[str]:
    return {name for family in splunk_names()["functions"].values() for name in family} | set(SHORT_FUNCTIONS)


def each(spls: list[Spl]) -> Callable[..., Any]:
    return pytest.mark.parametrize("spl", [pytest.param(spl, id=spl.where) for spl in spls])


@each(all_searches())
def test_search_compiles(spl: Spl, environment: SearchEnvironment) -> None:
    try:
        Compiler(environment).search(spl.text)
    except SplError as error:
        pytest.fail(f"{spl.where}: {error}")


@each(all_searches())
def test_commands_are_those_of_splunk_or_ours(spl: Spl, environment: SearchEnvironment) -> None:
    recorded = Recorded()
    Compiler(environment, recorded).search(spl.text)
    unknown = recorded.asked - set(splunk_names()["commands"]) - set(conf("commands"))
    assert not unknown, (
        f"{spl.where}: {sorted(unknown)} are no commands of Splunk 10.2 and not in default/commands.conf"
    )


@each(all_spl())
def test_functions_are_those_of_splunk(spl: Spl) -> None:
    """Lower case as the Search Reference writes them; an unknown one also stops the compiler."""
    called = {name for name in _CALL.findall(without_strings(spl.text)) if name not in OPERATORS}
    unknown = {name for name in called if name not in splunk_functions() and not _PERCENTILE.fullmatch(name)}
    assert not unknown, f"{spl.where}: {sorted(unknown)} are no eval or stats functions of Splunk 10.2"


def test_short_function_names_stand_for_real_ones() -> None:
    full = {name for family in splunk_names()["functions"].values() for name in family}
    assert set(SHORT_FUNCTIONS.values()) <= full


@pytest.mark.parametrize("stanza", list(conf("commands")))
def test_our_commands_take_no_name_of_splunk(stanza: str) -> None:
    assert stanza not in splunk_names()["commands"], (
        f"default/commands.conf [{stanza}]: Splunk has a command of this name"
    )


CALLED = {call.stanza for spl in all_spl() for call in macro_calls(spl.text)}


@pytest.mark.parametrize("stanza", [stanza for stanza in conf("macros") if stanza not in CALLED])
def test_macro_that_nothing_calls_compiles_by_itself(stanza: str, environment: SearchEnvironment) -> None:
    """The others are compiled by the searches that call them."""
    assert "(" not in stanza, (
        f"default/macros.conf [{stanza}]: nothing shows what its arguments are; remove it or use it"
    )
    try:
        Compiler(environment).search(f"`{stanza}`")
    except SplError as error:
        pytest.fail(f"default/macros.conf [{stanza}]: {error}")
