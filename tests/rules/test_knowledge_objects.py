"""Macros, lookups and collections: each has what it needs, and each is needed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from rules.shipped import LOOKUPS, REPOSITORY, Spl, all_spl, conf, macro_calls

LOOKUP_DEFINITIONS = {
    name: settings
    for name, settings in conf("transforms").items()
    if "filename" in settings or "collection" in settings
}
CSV_FILES = sorted(LOOKUPS.glob("*"))
each_spl = pytest.mark.parametrize("spl", [pytest.param(spl, id=spl.where) for spl in all_spl()])
each_file = pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in CSV_FILES])


# macros


@each_spl
def test_macros_that_are_called_exist_with_that_many_arguments(spl: Spl) -> None:
    missing = [call.stanza for call in macro_calls(spl.text) if call.stanza not in conf("macros")]
    assert not missing, f"{spl.where}: default/macros.conf has no [{'], ['.join(missing)}]"


@cache
def documentation() -> str:
    pages = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in pages if path.is_file())


@pytest.mark.parametrize("stanza", list(conf("macros")))
def test_macro_is_used_or_documented(stanza: str) -> None:
    name = stanza.partition("(")[0]
    used = any(call.stanza == stanza for spl in all_spl() for call in macro_calls(spl.text))
    assert used or name in documentation(), (
        f"default/macros.conf [{stanza}]: nothing calls it, and neither README.md nor docs/ says what it is for"
    )


@pytest.mark.parametrize("stanza", list(conf("macros")))
def test_macro_names_as_many_arguments_as_its_stanza_says(stanza: str) -> None:
    settings = conf("macros")[stanza]
    found = re.search(r"\((\d+)\)$", stanza)
    names = [name.strip() for name in settings.get("args", "").split(",") if name.strip()]
    assert len(names) == (int(found[1]) if found else 0), f"default/macros.conf [{stanza}] args = {names}"
    unused = [name for name in names if f"${name}$" not in settings["definition"]]
    assert not unused, f"default/macros.conf [{stanza}]: the definition does not use {unused}"


# lookups


@pytest.mark.parametrize("name", list(LOOKUP_DEFINITIONS))
def test_lookup_has_its_file_or_collection(name: str) -> None:
    settings = LOOKUP_DEFINITIONS[name]
    if "collection" in settings:
        assert settings["external_type"] == "kvstore", f"default/transforms.conf [{name}] external_type"
        assert settings["collection"] in conf("collections"), (
            f"default/transforms.conf [{name}]: default/collections.conf has no [{settings['collection']}]"
        )
        assert settings.get("fields_list"), f"default/transforms.conf [{name}] fields_list: a KV store lookup needs it"
    else:
        assert (LOOKUPS / settings["filename"]).is_file(), (
            f"default/transforms.conf [{name}]: lookups/{settings['filename']} does not exist"
        )


@pytest.mark.parametrize("name", list(LOOKUP_DEFINITIONS))
def test_lookup_is_used(name: str) -> None:
    use = re.compile(rf"\b(?:lookup|inputlookup|outputlookup)\b[^|\]]*?\b{name}\b")
    assert any(use.search(spl.text) for spl in all_spl()), (
        f"default/transforms.conf [{name}]: no search uses it; remove it"
    )


@pytest.mark.parametrize("name", list(conf("collections")))
def test_collection_is_used_through_a_lookup_or_by_code(name: str) -> None:
    used = any(settings.get("collection") == name for settings in LOOKUP_DEFINITIONS.values())
    asked = any(f'"{name}"' in path.read_text(encoding="utf-8") for path in (REPOSITORY / "bin").rglob("*.py"))
    assert used or asked, (
        f"default/collections.conf [{name}]: no lookup in default/transforms.conf reads it, no code does"
    )


@each_spl
def test_lookups_that_are_used_are_defined(spl: Spl) -> None:
    """By definition, not by file name: only a definition is shared with other apps."""
    named = re.findall(r"\b(mail_threats_\w+(?:\.csv)?)\b", spl.text)
    files = {path.name for path in CSV_FILES}
    assert not [name for name in named if name in files], f"{spl.where}: use the lookup definition, not its file"


# CSV files


@each_file
def test_file_in_lookups_belongs_to_a_definition(path: Path) -> None:
    defined = {settings.get("filename") for settings in LOOKUP_DEFINITIONS.values()}
    assert path.name in defined, f"lookups/{path.name}: no stanza in default/transforms.conf names it"


def records(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


@each_file
def test_every_row_has_a_cell_for_each_column(path: Path) -> None:
    header, *rows = records(path)
    assert rows, f"lookups/{path.name} has no rows"
    ragged = [number for number, row in enumerate(rows, 2) if len(row) != len(header)]
    assert not ragged, f"lookups/{path.name}: rows {ragged} have not the {len(header)} cells of the header"
    assert len(set(header)) == len(header), f"lookups/{path.name}: two columns have one name"


@each_file
def test_cells_have_no_blanks_around_them(path: Path) -> None:
    for number, row in enumerate(records(path), 1):
        odd = [cell for cell in row if cell != cell.strip()]
        assert not odd, f"lookups/{path.name}, row {number}: {odd} would match nothing; remove the blanks"


@each_file
def test_keys_are_there_and_unique(path: Path) -> None:
    """The first column is what a search looks up; a second row of one key would never be reached."""
    (settings,) = [settings for settings in LOOKUP_DEFINITIONS.values() if settings.get("filename") == path.name]
    exact = settings.get("case_sensitive_match", "true") == "true"
    keys = [row[0] if exact else row[0].lower() for row in records(path)[1:]]
    twice = [key for key, count in Counter(keys).items() if count > 1 or not key]
    assert not twice, f"lookups/{path.name}: the keys {twice} are empty or there twice; keep one row each"


@pytest.mark.parametrize("name", [name for name, settings in LOOKUP_DEFINITIONS.items() if "filename" in settings])
def test_match_type_names_columns_of_the_file(name: str) -> None:
    settings = LOOKUP_DEFINITIONS[name]
    header = records(LOOKUPS / settings["filename"])[0]
    columns = re.findall(r"(?:WILDCARD|CIDR|EXACT)\(([^)]+)\)", settings.get("match_type", ""))
    wrong = [column for column in columns if column not in header]
    assert not wrong, (
        f"default/transforms.conf [{name}] match_type: lookups/{settings['filename']} has no column {wrong}"
    )
