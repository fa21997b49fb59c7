"""A parser that is not ours reads every search of the app: syntax only, in an environment of its own.

tachtech-panther-sdk (MIT) translates SPL into another language and knows less of SPL than Splunk documents. What it
does not know is listed in second_parser/respelling.py; a search has to be read as it is, or after those respellings and
nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rules.second_parser.respelling import RESPELLINGS, Respelling, commands_of, respelled
from rules.shipped import Spl, all_searches

from lab.rules import APP
from lab.splunk.spl.compiler import Compiler
from lab.splunk.stand_in import StandIn

SCRIPT = Path(__file__).parent / "second_parser" / "verdicts.py"
PYTHON = os.environ.get("MAIL_THREATS_PARSER_PYTHON", "")
Read = Callable[[list[str]], list[str]]

each_respelling = pytest.mark.parametrize("respelling", [pytest.param(one, id=one.name) for one in RESPELLINGS])


@pytest.fixture(scope="session")
def read() -> Read:
    """read(texts) -> what stopped the parser in each; "" for one that it read."""
    if not PYTHON:
        if os.environ.get("CI"):
            pytest.fail("MAIL_THREATS_PARSER_PYTHON is not set: `python3 build.py test rules` sets it")
        pytest.skip("needs MAIL_THREATS_PARSER_PYTHON, which `python3 build.py test rules` sets")

    def ask(texts: list[str]) -> list[str]:
        told = subprocess.run(
            [PYTHON, "-I", str(SCRIPT)],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        verdicts: list[str] = json.loads(told.stdout)
        assert len(verdicts) == len(texts)
        return verdicts

    return ask


@pytest.fixture(scope="module")
def commands(installed: StandIn) -> dict[str, list[str]]:
    """{where a search stands: its commands as Splunk parses them, with macros replaced}."""
    compiler = Compiler(installed.environment(app=APP))
    return {spl.where: list(commands_of(compiler.expand(spl.text))) for spl in all_searches()}


@pytest.fixture(scope="module")
def odd(commands: dict[str, list[str]], read: Read) -> list[str]:
    """The commands that are not read as they are."""
    every = sorted({command for found in commands.values() for command in found})
    return [command for command, stop in zip(every, read(every), strict=True) if stop]


def stops(odd: list[str], respellings: list[Respelling], read: Read) -> dict[str, str]:
    """{command that is not read even when respelled: what stopped the parser}."""
    texts = [(command, text) for command in odd for text in respelled(command, respellings)]
    told = zip(texts, read([text for _, text in texts]), strict=True)
    return {command: f"{stop} in {text!r}" for (command, text), stop in told if stop}


@pytest.fixture(scope="module")
def unread(odd: list[str], read: Read) -> dict[str, str]:
    return stops(odd, RESPELLINGS, read)


@pytest.mark.parametrize("spl", [pytest.param(spl, id=spl.where) for spl in all_searches()])
def test_second_parser_reads(spl: Spl, commands: dict[str, list[str]], unread: dict[str, str]) -> None:
    found = {command: unread[command] for command in commands[spl.where] if command in unread}
    assert found == {}, f"{spl.where}: the second parser does not read it"


@each_respelling
def test_respelling_is_still_needed(respelling: Respelling, odd: list[str], read: Read) -> None:
    (as_documented,) = read([respelling.smallest])
    assert as_documented, f"{respelling.name}: the parser reads {respelling.smallest!r} by now; take the respelling out"
    after = respelled(respelling.smallest, [respelling])
    assert read(after) == [""] * len(after), f"{respelling.name}: {after} is not read either"
    others = [one for one in RESPELLINGS if one is not respelling]
    touched = [command for command in odd if respelled(command, others) != respelled(command, RESPELLINGS)]
    assert stops(touched, others, read), f"{respelling.name}: every search is read without it; take the respelling out"


@pytest.mark.parametrize(
    "wrong",
    [
        "index=main (sourcetype=a",
        "index=main | where a=",
        "index=main | where (a=1",
        "index=main | eval a=if(b=1, 2)",
        "index=main | eval a=b c",
        'index=main | eval a="b',
        "index=main | rename a",
        "index=main | stats count(a BY b",
        "index=main | table a b",
        "index=main OR",
    ],
)
def test_second_parser_refuses(wrong: str, read: Read) -> None:
    """Otherwise its word would be worth nothing."""
    (stop,) = read([wrong])
    assert stop, wrong
