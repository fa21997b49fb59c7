"""SPL that Splunk documents and the second parser does not know, each with the spelling that it does know.

A respelling changes the form of one command, never its pieces: what is left out or separated is read on its own. Each
carries the smallest text that shows it, so that one which the parser has learned meanwhile is found and taken out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab.splunk.spl.registry import all_commands
from lab.splunk.spl.tokens import split_pipeline, string_end

_HIDDEN = re.compile(r'"#(\d+)"')
_WITH_LISTS = re.compile(r"\|\s*(?:stats|table|fields|rename|sort)\b")


@dataclass(frozen=True)
class Respelling:
    """name, the reason with its source, the smallest text that needs it, and how a command is respelled.

    `respell` takes a command whose quoted strings are "#0", "#1" ... and gives it in texts that are read one by one.
    """

    name: str
    reason: str
    smallest: str
    respell: Callable[[str], list[str]]


def commands_of(search: str) -> Iterator[str]:
    """The commands of a search without macros, each with its pipe; those of subsearches apart, "#" in their place."""
    waiting = [search]
    while waiting:
        text, kept, depth, start, place = waiting.pop(), [], 0, 0, 0
        while place < len(text):
            stop = string_end(text, place, len(text)) if text[place] == '"' else place + 1
            piece = text[place:stop]
            if piece == "[":
                depth, start = depth + 1, start if depth else stop
            elif piece == "]":
                depth -= 1
                if not depth:
                    waiting.append(text[start:place])
                    kept.append('"#"')
            elif not depth:
                kept.append(piece)
            place = stop
        flat = "".join(kept)
        pieces = [flat[begin:end].strip() for begin, end in split_pipeline(flat, 0, len(flat))]
        first = re.match(r"\w+", pieces[0])
        generating = first is not None and first[0] != "search" and first[0] in all_commands()
        for number, piece in enumerate(pieces):
            if piece:
                yield f"| {piece}" if number or generating else piece


def respelled(command: str, respellings: list[Respelling]) -> list[str]:
    """The texts that stand for a command, after every respelling in its order."""
    strings: list[str] = []

    def hide(found: re.Match[str]) -> str:
        strings.append(found[0])
        return f'"#{len(strings) - 1}"'

    texts = [re.sub(r'"(?:\\.|[^"\\])*"', hide, command, flags=re.DOTALL)]
    for respelling in respellings:
        texts = [new for text in texts for new in respelling.respell(text)]
    return [_HIDDEN.sub(lambda found: strings[int(found[1])], text) for text in texts]


def replacing(pattern: str, by: str | Callable[[re.Match[str]], str]) -> Callable[[str], list[str]]:
    return lambda text: [re.sub(pattern, by, text)]


def words(text: str) -> list[str]:
    """The words of a text, brackets with all that is in them being part of theirs; a comma between words goes."""
    found, word, depth = [], "", 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if depth == 0 and (char.isspace() or char == ","):
            found.append(word)
            word = ""
        else:
            word += char
    return [word for word in [*found, word] if word]


def with_commas(text: str) -> list[str]:
    """`stats`, `table`, `fields`, `rename` and `sort` with commas between what they list."""
    if not _WITH_LISTS.match(text):
        return [text]
    (_, name), listed = text.split(maxsplit=2)[:2], words(text.split(maxsplit=2)[2])
    out, by, place = "", False, 0
    while place < len(listed):
        word = listed[place]
        if word.upper() == "BY" and name == "stats":
            out, by = f"{out} BY ", True
        elif word == "-":
            out += "-"
        elif place + 2 < len(listed) and listed[place + 1].upper() == "AS" and not by:
            out += f"{word} AS {listed[place + 2]}, "
            place += 2
        else:
            out += f"{word}, "
        place += 1
    return [re.sub(r",\s*(?=BY\b|\Z)", " ", f"| {name} {out}").strip()]


def without_eval_in_aggregations(text: str) -> list[str]:
    """count(eval(x=1)) as count(x): what was in the brackets is read as a `where` of its own."""
    apart: list[str] = []
    place = text.find("(eval(")
    while place >= 0:
        depth, stop = 0, place
        while stop < len(text):
            depth += (text[stop] == "(") - (text[stop] == ")")
            stop += 1
            if not depth:
                break
        apart.append(f"| where {text[place + len('(eval(') : stop - 2]}")
        text = f"{text[:place]}(evaluated){text[stop:]}"
        place = text.find("(eval(")
    return [text, *apart]


def one_of(found: re.Match[str]) -> str:
    return "(" + " OR ".join(f"{found[1]}={value}" for value in words(found[2])) + ")"


def quoted_terms(text: str) -> list[str]:
    """Search terms with characters that the parser's words have not, in quotes."""
    if text.startswith("|") and not text.startswith("| search"):
        return [text]
    return [re.sub(r"(?<=[\s(=])(?!\")[^\s()\"=]*[@\-:{}<>/][^\s()\"=]*(?=[\s)]|\Z)", r'"\g<0>"', text)]


RESPELLINGS = [
    Respelling(
        "search at the head of a search",
        "the command that is meant when none is named may be named (Search Reference, search)",
        "search index=main",
        replacing(r"\A\s*search\b\s*", ""),
    ),
    Respelling(
        "values in brackets",
        "field IN (a, b) stands for field=a OR field=b (Search Reference, search)",
        'sourcetype IN ("a", "b")',
        replacing(r"([\w.{}]+)\s+IN\s*\(([^()]*)\)", one_of),
    ),
    Respelling(
        "terms with marks in them",
        "a term of a search is whatever stands between blanks (Search Manual, Use the search command)",
        "index=main someone@example.com",
        quoted_terms,
    ),
    Respelling(
        "true() and null()",
        "functions without arguments (Search Reference, Conditional functions); the parser takes the words alone",
        "| eval a=if(b=1, c, null())",
        replacing(r"\b(true|null|false)\(\)", r"\1"),
    ),
    Respelling(
        "dots beside names",
        "the dot joins texts (Search Reference, eval); the parser takes it for a part of the name",
        '| eval a=b." of ".c',
        replacing(r"\.(?=[A-Za-z_\"'])|(?<=[\"')])\.|(?<=[A-Za-z_])\.(?=\")", " . "),
    ),
    Respelling(
        "eval in aggregations",
        "stats count(eval(...)) (Search Reference, stats)",
        "| stats count(eval(a=1)) AS b",
        without_eval_in_aggregations,
    ),
    Respelling(
        "how many rows sort gives",
        "sort [<count>] (Search Reference, sort)",
        "| sort 0 a",
        replacing(r"\A(\|\s*sort)\s+\d+", r"\1"),
    ),
    Respelling(
        "blanks in lists",
        "blanks separate as commas do (Search Reference, stats, table, fields, rename, sort)",
        "| table a b",
        with_commas,
    ),
    Respelling(
        "names in quotes",
        "a name with blanks stands in quotes (Search Reference, eval)",
        '| eval "Last seen"=a',
        replacing(r"(\|\s*eval\s+|,\s*)\"#\d+\"(?=\s*=)", r"\1quoted_name"),
    ),
    Respelling(
        "braces of arrays",
        "path=a{}.b names all items of an array (Search Reference, spath)",
        "| spath path=a{} output=b",
        replacing(r"\{\}", ""),
    ),
    Respelling(
        "an asterisk by itself",
        "any value, any field (Search Reference, search, stats)",
        "| search *",
        replacing(r"(?<=[\s(])\*(?=[\s)]|\Z)", "any"),
    ),
    Respelling(
        "fields named as commands are",
        "the field search is what a subsearch returns (Search Reference, format, return)",
        "| fields search",
        replacing(r"(\|\s*(?:fields|eval)\s+)search\b", r"\1search_"),
    ),
    Respelling(
        "placeholders of foreach",
        "<<FIELD>> and <<ITEM>> (Search Reference, foreach)",
        "| eval <<FIELD>>=1",
        replacing(r"<<(\w+)>>", r"\1"),
    ),
]
