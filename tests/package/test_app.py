"""What is in the package: the files that were reviewed, one version, both Pythons, the pinned libraries."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from ksconf.conf.parser import parse_conf
from package.checkouts import REPOSITORY

REVIEWED_FILES = Path(__file__).parent / "shipped_files.txt"
GENERATED_BY_OTHERS = ("lib/", "appserver/static/")


def test_the_package_holds_the_reviewed_files_and_no_others(app: Path) -> None:
    """Outside the libraries and UCC's page scripts; a new file is added to shipped_files.txt by hand."""
    paths = (path.relative_to(app).as_posix() for path in app.rglob("*") if path.is_file())
    shipped = {path for path in paths if not path.startswith(GENERATED_BY_OTHERS)}
    reviewed = set(REVIEWED_FILES.read_text(encoding="utf-8").splitlines())
    assert sorted(shipped - reviewed) == [], f"shipped, but not in {REVIEWED_FILES}"
    assert sorted(reviewed - shipped) == [], f"in {REVIEWED_FILES}, but not shipped"


def test_the_version_is_the_same_everywhere(app: Path, spl: Path) -> None:
    conf = parse_conf(str(app / "default" / "app.conf"))
    page = json.loads((app / "appserver" / "static" / "js" / "build" / "globalConfig.json").read_text())
    versions = {
        "source": json.loads((REPOSITORY / "package" / "app.manifest").read_text())["info"]["id"]["version"],
        "app.manifest": json.loads((app / "app.manifest").read_text())["info"]["id"]["version"],
        "app.conf id": conf["id"]["version"],
        "app.conf launcher": conf["launcher"]["version"],
        "pages": page["meta"]["version"],
        "VERSION": (app / "VERSION").read_text().split()[0],
        "file name": spl.stem.rsplit("-", 1)[1],
    }
    assert len(set(versions.values())) == 1, versions


def test_app_conf_is_what_splunk_and_its_cloud_ask_for(app: Path) -> None:
    conf = parse_conf(str(app / "default" / "app.conf"))
    assert conf["id"]["name"] == conf["package"]["id"] == app.name
    assert conf["package"]["check_for_updates"] == "false"
    assert conf["install"]["is_configured"] == "false"
    assert 5 <= len(conf["ui"]["label"]) <= 80


def test_custom_confs_are_reloaded_and_replicated(app: Path) -> None:
    custom = {path.name.split(".")[0] for path in (app / "README").glob("m365_mail_threats_*.conf.spec")}
    assert custom == {"m365_mail_threats_account", "m365_mail_threats_settings"}
    triggers = parse_conf(str(app / "default" / "app.conf"))["triggers"]
    replicated = parse_conf(str(app / "default" / "server.conf"))["shclustering"]
    assert {f"reload.{name}": "simple" for name in custom}.items() <= triggers.items()
    assert {f"conf_replication_include.{name}": "true" for name in custom} == replicated


@pytest.mark.parametrize(
    ("conf", "stanzas"),
    [
        pytest.param("inputs", {"o365_management_activity", "entra_sign_ins"}, id="inputs"),
        pytest.param("commands", {"scoreenum", "allowlist"}, id="search commands"),
        pytest.param(
            "restmap",
            {
                "admin_external:m365_mail_threats_account",
                "admin_external:m365_mail_threats_settings",
                "admin_external:m365_mail_threats_o365_management_activity",
                "admin_external:m365_mail_threats_entra_sign_ins",
                "script:m365_mail_threats_account_check",
                "script:m365_mail_threats_allowlist",
            },
            id="pages and endpoints",
        ),
    ],
)
def test_everything_that_runs_says_for_which_pythons(app: Path, conf: str, stanzas: set[str]) -> None:
    found = parse_conf(str(app / "default" / f"{conf}.conf"))
    # ksconf gives what precedes the first stanza under a key that is no string.
    running = {name: found[name] for name in found if isinstance(name, str) and not name.startswith("admin:")}
    assert set(running) == stanzas
    for stanza in running.values():
        assert (stanza["python.version"], stanza["python.required"]) == ("python3", "3.9, 3.13")


def test_the_libraries_are_the_pinned_ones(app: Path) -> None:
    pins = re.findall(
        r"^([\w.-]+)==([^\s\\]+)", (REPOSITORY / "package/lib/requirements.txt").read_text(), re.MULTILINE
    )
    found = {tuple(path.stem.rsplit("-", 1)) for path in (app / "lib").glob("*.dist-info")}
    assert {(name.lower().replace("_", "-"), version) for name, version in found} == set(pins)


def test_the_libraries_list_only_files_that_are_there(app: Path) -> None:
    """Scripts that pip writes name the interpreter of the build; they do not ship, and no record of them does."""
    for record in (app / "lib").glob("*.dist-info/RECORD"):
        listed = [line.rsplit(",", 2)[0] for line in record.read_text(encoding="utf-8").splitlines()]
        assert [name for name in listed if not (app / "lib" / name).is_file()] == [], record


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/Argentina/Buenos_Aires", "Australia/Lord_Howe", "UTC"])
def test_time_zones_need_nothing_of_the_host(app: Path, zone: str) -> None:
    """Windows and small containers have no time zone database; -S leaves out what is installed beside this Python."""
    script = (
        "import sys, zoneinfo; sys.path[:0] = sys.argv[1:3]; zoneinfo.reset_tzpath([]); "
        "from mail_threats.allowlist.hours import read_hours; print(read_hours('22:00-06:00', sys.argv[3]).text)"
    )
    command = [sys.executable, "-I", "-S", "-c", script, str(app / "lib"), str(app / "bin"), zone]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == (f"22:00-06:00 {zone}", "")


@pytest.mark.parametrize(
    ("name", "size"), [("appIcon", 36), ("appIconAlt", 36), ("appIcon_2x", 72), ("appIconAlt_2x", 72)]
)
def test_icons_have_the_size_that_splunk_draws(app: Path, name: str, size: int) -> None:
    header = (app / "static" / f"{name}.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", header[16:24]) == (size, size)


@pytest.mark.parametrize(
    "kind", ["macros", "commands", "searchbnf", "lookups", "transforms", "eventtypes", "tags", "savedsearches", "props"]
)
def test_what_other_apps_search_with_is_exported(app: Path, kind: str) -> None:
    assert parse_conf(str(app / "metadata" / "default.meta"))[kind]["export"] == "system"


def test_only_admins_write_and_pages_stay_in_the_app(app: Path) -> None:
    meta = parse_conf(str(app / "metadata" / "default.meta"))
    assert meta[""]["access"] == "read : [ * ], write : [ admin, sc_admin, mail_threats_admin ]"
    assert meta[""]["export"] == "none"
    assert not {"views", "nav"} & set(meta)
