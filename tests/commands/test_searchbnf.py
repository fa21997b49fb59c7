"""searchbnf.conf, the help that Splunk shows while somebody types, says the options that the commands really take."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from commands.caller import NOW, Caller

from lab.splunk.conf.files import read_conf
from lab.splunk.spl.errors import SearchFailure

REPOSITORY = Path(__file__).resolve().parents[2]
COMMANDS = ("scoreenum", "allowlist")
ROW = {
    "_time": str(NOW),
    "src": "203.0.113.9",
    "user": "a@contoso.com",
    "outcome": "guess_not_real",
    "allow_row": "finding",
}
SAMPLES = {"int": ["60"], "string": ["T1589.002"], "field": ["some_field"]}
_OPTION = re.compile(r"\((\w+)=(?:<(\w+)>|\(([\w|]+)\))\)\?")


def stanza(command: str) -> dict[str, str]:
    stanzas = read_conf(REPOSITORY / "default" / "searchbnf.conf")
    assert f"{command}-command" in stanzas, f"default/searchbnf.conf: [{command}-command] is missing"
    return stanzas[f"{command}-command"]


def documented(command: str) -> dict[str, list[str]]:
    """{option: values to try} of the syntax line: a sample of the type, or every choice."""
    return {
        name: choices.split("|") if choices else SAMPLES[kind]
        for name, kind, choices in _OPTION.findall(stanza(command)["syntax"])
    }


def in_the_source(command: str) -> set[str]:
    """The names that the command's class gives an Option."""
    tree = ast.parse((REPOSITORY / "bin" / "mail_threats" / "commands" / f"{command}.py").read_text(encoding="utf-8"))
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name) and node.value.func.id == "Option"
        for target in node.targets
        if isinstance(target, ast.Name)
    }  # fmt: skip


TRIED = [
    (command, f"{name}={value}")
    for command in COMMANDS
    for name, values in documented(command).items()
    for value in values
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_in_the_syntax_and_nothing_else(command: str) -> None:
    assert set(documented(command)) == in_the_source(command), f"default/searchbnf.conf [{command}-command] syntax"
    rest = _OPTION.sub("", stanza(command)["syntax"]).split()
    assert rest == [command], f"default/searchbnf.conf [{command}-command] syntax: {rest} cannot be read"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_complete(command: str) -> None:
    lacking = {"syntax", "shortdesc", "description", "usage", "example1", "comment1", "tags"} - set(stanza(command))
    assert not lacking, f"default/searchbnf.conf [{command}-command] lacks {sorted(lacking)}"
    assert stanza(command)["usage"] == "public"


@pytest.mark.parametrize("command", COMMANDS)
def test_numbers_in_the_description_are_the_defaults(command: str) -> None:
    """A default stands in brackets in the description and as `default=` in the source."""
    source = (REPOSITORY / "bin" / "mail_threats" / "commands" / f"{command}.py").read_text(encoding="utf-8")
    said = set(re.findall(r"\b\d+\b", " ".join(re.findall(r"\(([\d, ]+)\)", stanza(command)["description"]))))
    assert said == set(re.findall(r"default=(\d+)", source))


@pytest.mark.parametrize(("command", "option"), [pytest.param(*tried, id=" ".join(tried)) for tried in TRIED])
def test_documented_option_is_taken(warm_call: Caller, command: str, option: str) -> None:
    values = f"{option} moderate=60 high=60" if option == "low=60" else option
    warm_call(f"{command} {'high=60 ' if option == 'moderate=60' else ''}{values}", [ROW])


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_that_is_not_documented_is_refused(warm_call: Caller, command: str) -> None:
    with pytest.raises(SearchFailure, match="nonsense"):
        warm_call(f"{command} nonsense=1", [ROW])


@pytest.mark.parametrize(
    ("command", "option"), [tried for tried in TRIED if tried[1].startswith(("mode=", "entries="))]
)
def test_only_the_documented_choices_are_taken(warm_call: Caller, command: str, option: str) -> None:
    with pytest.raises(SearchFailure, match=option.partition("=")[0]):
        warm_call(f"{command} {option}x", [ROW])
