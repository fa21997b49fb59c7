"""What default.meta says: other apps see what Enterprise Security runs, and only admins change it."""

from __future__ import annotations

import pytest
from rules.shipped import DEFAULT, REPOSITORY, conf

from lab.splunk.conf.files import read_conf
from lab.splunk.conf.metadata import Metadata

PACKAGE = REPOSITORY / "package"
META = "package/metadata/default.meta"
# conf files and the words for their objects in metadata.
CATEGORIES = {
    "collections": "collections",
    "commands": "commands",
    "eventtypes": "eventtypes",
    "macros": "macros",
    "props": "props",
    "savedsearches": "savedsearches",
    "searchbnf": "searchbnf",
    "tags": "tags",
    "transforms": "transforms",
}
OBJECTS = [(category, stanza) for name, category in CATEGORIES.items() for stanza in conf(name)]
LOOKUP_FILES = [("lookups", path.name) for path in sorted((REPOSITORY / "lookups").glob("*.csv"))]


@pytest.mark.parametrize(
    ("category", "name"), [pytest.param(*item, id="/".join(item)) for item in [*OBJECTS, *LOOKUP_FILES]]
)
def test_object_is_seen_from_other_apps(category: str, name: str) -> None:
    assert Metadata(PACKAGE).exported(category, name), f"{META}: [{category}] needs export = system, for {name}"


@pytest.mark.parametrize("category", ["views", "nav"])
def test_pages_stay_in_the_app(category: str) -> None:
    assert not Metadata(PACKAGE).exported(category, "findings"), f"{META}: pages need no export"


def test_every_conf_with_objects_is_thought_of() -> None:
    known = {*CATEGORIES, "app", "inputs", "restmap", "web"}
    unknown = {path.stem for path in DEFAULT.glob("*.conf")} - known
    assert not unknown, f"default/{sorted(unknown)}: say in tests/rules/test_sharing.py how these objects are shared"


@pytest.mark.parametrize("category", ["", *CATEGORIES.values(), "lookups", "views"])
def test_only_admins_write(category: str) -> None:
    access = Metadata(PACKAGE).access(category, "x")
    assert access == {"read": ["*"], "write": ["admin", "sc_admin"]}, f"{META} [{category}] access"


def test_access_is_said_where_it_matters() -> None:
    assert "access" in read_conf(PACKAGE / "metadata" / "default.meta")[""], f"{META} []: access is missing"
