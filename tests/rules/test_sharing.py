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
    "workflow_actions": "workflow_actions",
}
ADMINS = ["admin", "sc_admin", "mail_threats_admin"]
OBJECTS = [(category, stanza) for name, category in CATEGORIES.items() for stanza in conf(name)]
# What the inputs keep for themselves: nobody else's search reads it.
STATE = ["mail_threats_checkpoints", "mail_threats_claims"]
OBJECTS = [item for item in OBJECTS if item[1] not in STATE]
LOOKUP_FILES = [("lookups", path.name) for path in sorted((REPOSITORY / "lookups").glob("*.csv"))]


@pytest.mark.parametrize(
    ("category", "name"), [pytest.param(*item, id="/".join(item)) for item in [*OBJECTS, *LOOKUP_FILES]]
)
def test_object_is_seen_from_other_apps(category: str, name: str) -> None:
    assert Metadata(PACKAGE).exported(category, name), f"{META}: [{category}] needs export = system, for {name}"


@pytest.mark.parametrize("name", STATE)
def test_state_of_the_inputs_is_for_administrators_of_the_app(name: str) -> None:
    # A report reads the checkpoints from whatever app it is opened in; nothing but the inputs reads the claims.
    assert Metadata(PACKAGE).exported("collections", name) == (name == "mail_threats_checkpoints")
    access = {"read": ADMINS, "write": ["admin", "sc_admin"]}
    assert Metadata(PACKAGE).access("collections", name) == access, f"{META} [collections/{name}]"


@pytest.mark.parametrize("category", ["views", "nav"])
def test_pages_stay_in_the_app(category: str) -> None:
    assert not Metadata(PACKAGE).exported(category, "findings"), f"{META}: pages need no export"


def test_every_conf_with_objects_is_thought_of() -> None:
    known = {*CATEGORIES, "analyticstories", "app", "authorize", "inputs", "restmap", "web"}
    unknown = {path.stem for path in DEFAULT.glob("*.conf")} - known
    assert not unknown, f"default/{sorted(unknown)}: say in tests/rules/test_sharing.py how these objects are shared"


@pytest.mark.parametrize("category", ["", *CATEGORIES.values(), "lookups", "views"])
def test_only_admins_write(category: str) -> None:
    assert Metadata(PACKAGE).access(category, "x")["write"] == ADMINS, f"{META} [{category}] access"


@pytest.mark.parametrize("collection", [name for name in conf("collections") if name not in STATE])
def test_collections_are_read_by_the_apps_roles_only(collection: str) -> None:
    """The allowlist tells an intruder what nobody looks at."""
    access = Metadata(PACKAGE).access("collections", collection)
    assert access == {"read": [*ADMINS, "mail_threats_user"], "write": ADMINS}, f"{META} [collections] access"


@pytest.mark.parametrize("category", [*CATEGORIES.values(), "lookups", "views"])
def test_everything_else_is_read_by_everybody(category: str) -> None:
    if category != "collections":
        assert Metadata(PACKAGE).access(category, "x")["read"] == ["*"], f"{META} [{category}] access"


@pytest.mark.parametrize("role", ["role_mail_threats_admin", "role_mail_threats_user"])
def test_roles_take_nothing_that_is_not_theirs(role: str) -> None:
    """Splunk Cloud refuses the first three; indexes are the admin's to give."""
    settings = conf("authorize")[role]
    imported = {name.strip() for name in settings["importRoles"].split(";")}
    assert not imported & {"admin", "sc_admin", "splunk-system-role"}, f"default/authorize.conf [{role}] importRoles"
    odd = [key for key in settings if key in ("admin_all_objects", "change_authentication") or key.startswith("srch")]
    assert not odd, f"default/authorize.conf [{role}] {odd}"


def test_access_is_said_where_it_matters() -> None:
    assert "access" in read_conf(PACKAGE / "metadata" / "default.meta")[""], f"{META} []: access is missing"
