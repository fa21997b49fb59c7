"""Searches over the whole stand-in: apps, clocks, late events, roles, macros, collect, and installing an app."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from knowledge.fixture_apps import EXPORT_ALL, NOW, AddApp

from lab.splunk.conf.files import ConfError
from lab.splunk.spl.errors import SearchFailure, SplError, Unsupported
from lab.splunk.stand_in import StandIn

HOUR = 3600
DAY = 86400


def raws(splunk: StandIn, spl: str = "search index=main", **options: Any) -> list[str]:
    return [str(row["_raw"]) for row in splunk.search(spl, **options).rows]


@pytest.fixture
def events(splunk: StandIn) -> StandIn:
    for raw, age, late in [
        ("now", 0, 0),
        ("minute", 60, 0),
        ("hour", HOUR, 0),
        ("late", HOUR, 2 * HOUR),
        ("old", 2 * DAY, 0),
    ]:
        splunk.index.add(raw, time=NOW - age, indextime=NOW - age + late)
    return splunk


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, ["minute", "late", "hour"], id="24 hours, the present second is not over"),
        pytest.param({"earliest": "-5m", "latest": ""}, ["now", "minute"], id="no upper bound"),
        pytest.param({"earliest": ""}, ["minute", "late", "hour", "old"], id="no lower bound"),
        pytest.param({"earliest": NOW - HOUR, "latest": NOW - 60}, ["late", "hour"], id="epochs"),
        pytest.param({"earliest": "-1h@h", "latest": "@h"}, ["minute", "late", "hour"], id="snapped"),
        pytest.param({"now": NOW - 60, "latest": "now"}, ["late", "hour"], id="another clock"),
        pytest.param({"visible_at": NOW}, ["minute", "hour"], id="before the late event arrives"),
        pytest.param({"visible_at": NOW + HOUR}, ["minute", "late", "hour"], id="when the late event is there"),
        pytest.param(
            {"spl": "search index=main earliest=-5m latest=+1s"}, ["now", "minute"], id="bounds in the search"
        ),
    ],
)
def test_time_ranges(events: StandIn, options: dict[str, Any], expected: list[str]) -> None:
    assert raws(events, **options) == expected


def test_a_bound_that_is_no_time_is_refused(splunk: StandIn) -> None:
    with pytest.raises(ValueError, match="earliest='yesterday'"):
        splunk.search("search index=main", earliest="yesterday")


@pytest.mark.parametrize(
    ("spl", "user", "expected"),
    [
        pytest.param("search x=*", "admin", ["main"], id="no index named: the default index"),
        pytest.param("search index=*", "admin", ["summary", "main"], id="all indexes"),
        pytest.param("search index=_internal", "admin", ["internal"], id="an administrator reads internal indexes"),
        pytest.param("search index=_internal", "analyst", [], id="an analyst does not"),
        pytest.param("search index=_internal", "nobody", ["internal"], id="the system does"),
        pytest.param("search x=*", "nobody", ["main"], id="and searches the default index"),
        pytest.param("search index=summary", "analyst", ["summary"], id="an analyst reads other indexes"),
    ],
)
def test_indexes_and_roles(splunk: StandIn, spl: str, user: str, expected: list[str]) -> None:
    for index, name in (("main", "main"), ("summary", "summary"), ("_internal", "internal")):
        splunk.index.add(f"x={name}", time=NOW - 5, index=index)
    assert [row["x"] for row in splunk.search(f"{spl} | table x", user=user).rows] == expected


# macros and saved searches, by app

MACROS = """
[source]
definition = index=main
[pick(2)]
args = field, value
definition = $field$="$value$"
[clock]
definition = "| eval at=".now()
iseval = 1
[checked(1)]
args = n
definition = head $n$
validation = isnum($n$)
errormsg = n must be a number
"""


@pytest.fixture
def ours(splunk: StandIn, add_app: AddApp) -> StandIn:
    add_app(
        "ours",
        {
            "default/macros.conf": MACROS,
            "default/savedsearches.conf": "[Report]\nsearch = index=main | stats count\n",
            "metadata/default.meta": "[savedsearches]\nexport = system\n",
        },
    )
    splunk.index.add("a=1", time=NOW - 5)
    splunk.index.add("a=2", time=NOW - 6)
    return splunk


def test_macros_of_the_app(ours: StandIn) -> None:
    assert raws(ours, "search `source` `pick(a,2)`", app="ours") == ["a=2"]


def test_a_private_macro_does_not_exist_in_another_app(ours: StandIn) -> None:
    with pytest.raises(SplError, match="source"):
        raws(ours, "search `source`", app="search")


def test_an_exported_macro_does(ours: StandIn, add_app: AddApp) -> None:
    add_app("ours", {"metadata/default.meta": EXPORT_ALL})
    assert len(raws(ours, "search `source`", app="search")) == 2


def test_a_macro_changed_in_local_is_used_by_the_next_search(ours: StandIn) -> None:
    assert raws(ours, "search `source`", app="ours") == ["a=1", "a=2"]
    ours.set_local("macros", "source", {"definition": "index=main a=2"}, app="ours")
    assert raws(ours, "search `source`", app="ours") == ["a=2"]


def test_a_macro_that_is_an_expression_is_worked_out_in_every_run(ours: StandIn) -> None:
    spl = "search index=main | head 1 `clock` | table at"
    assert [ours.search(spl, app="ours", now=NOW + n).rows for n in (0, 1)] == [[{"at": NOW}], [{"at": NOW + 1}]]


def test_macro_validation(ours: StandIn) -> None:
    assert len(raws(ours, "search index=main | `checked(1)`", app="ours")) == 1
    with pytest.raises(SplError, match="n must be a number"):
        raws(ours, "search index=main | `checked(x)`", app="ours")


@pytest.mark.parametrize(
    ("macro", "words"),
    [
        pytest.param("[m]\nargs = a\n", r"\[m\].*no definition", id="no definition"),
        pytest.param("[m(2)]\nargs = a\ndefinition = x\n", r"\[m\(2\)\] args: 1 arguments are named", id="arguments"),
        pytest.param("[m]\ndefinition = x\niseval = perhaps\n", r"\[m\] iseval", id="boolean"),
    ],
)
def test_a_macro_that_cannot_be_used_is_named(splunk: StandIn, add_app: AddApp, macro: str, words: str) -> None:
    add_app("search", {"default/macros.conf": macro})
    call = "`m(1,2)`" if "(2)" in macro else "`m`"
    with pytest.raises(SearchFailure, match=rf"apps/search/default/macros\.conf {words}"):
        splunk.search(f"search {call}")


def test_saved_searches_are_found_by_name(ours: StandIn) -> None:
    assert ours.environment(app="search").saved_search("Report") == "index=main | stats count"
    assert ours.environment(app="search").saved_search("Nothing") is None


def test_an_unknown_command_is_refused_before_any_row(splunk: StandIn) -> None:
    with pytest.raises(Unsupported) as caught:
        splunk.search("search index=main | nosuchcommand a")
    assert caught.value.what == "nosuchcommand"


# knowledge in searches


def test_a_search_uses_the_knowledge_of_its_app(splunk: StandIn, add_app: AddApp) -> None:
    add_app("ours", {"default/props.conf": '[st]\nKV_MODE = json\nEVAL-kind = if(n>5,"big","small")\n'})
    splunk.index.add('{"n": 9}', time=NOW - 5, sourcetype="st")
    spl = "search sourcetype=st kind=big | stats count"
    assert splunk.search(spl, app="ours").rows == [{"count": 1}]
    assert splunk.search(spl, app="search").rows == [{"count": 0}]


def test_a_calculated_field_that_reads_the_clock_is_worked_out_in_every_search(splunk: StandIn) -> None:
    splunk.set_local("props", "st", {"EVAL-age": "now()-_time"}, app="search")
    splunk.index.add("x", time=NOW - 5, sourcetype="st")
    assert [splunk.search("search sourcetype=st | table age", now=NOW + n).rows for n in (0, 10)] == [
        [{"age": 5}],
        [{"age": 15}],
    ]


def test_kv_lookups_work_behind_a_transforming_command_only(splunk: StandIn, add_app: AddApp) -> None:
    add_app(
        "search",
        {
            "default/collections.conf": "[people]\n",
            "default/transforms.conf": "[people]\nexternal_type = kvstore\nfields_list = user, dept\n",
        },
    )
    splunk.kv("people").insert({"user": "bob", "dept": "HR"})
    splunk.index.add("user=bob", time=NOW - 5)
    assert splunk.search("search index=main | stats count by user | lookup people user OUTPUT dept").rows == [
        {"user": "bob", "count": 1, "dept": "HR"}
    ]
    assert (
        len(splunk.search('search index=main | lookup local=true people user OUTPUT dept | where dept="HR"').rows) == 1
    )
    with pytest.raises(SearchFailure, match="replicate"):
        splunk.search("search index=main | lookup people user OUTPUT dept")


# collect


def collected(splunk: StandIn, spl: str, **options: Any) -> list[dict[str, Any]]:
    splunk.search(spl, earliest=NOW - HOUR, **options)
    return splunk.search("search index=summary", earliest="", latest="").rows


def test_collect_writes_stash_events_that_read_back(splunk: StandIn) -> None:
    rows = collected(
        splunk,
        '| makeresults | eval _time=1767222000, user="bob x", names=split("a,b",","), n=5 | collect index=summary',
        search_name="Daily - Rule",
    )
    assert len(rows) == 1
    row = rows[0]
    assert row["_raw"] == (
        '12/31/2025 23:00:00 +0000, search_name="Daily - Rule", search_now=1767225600.000, '
        "info_min_time=1767222000.000, "
        'info_max_time=1767225600.000, info_search_time=1767225600.000, user="bob x", names=a, names=b, n=5'
    )
    assert (row["_time"], row["_indextime"], row["source"], row["sourcetype"]) == (
        1767222000,
        NOW,
        "Daily - Rule",
        "stash",
    )
    assert (row["user"], row["names"], row["n"]) == ("bob x", ["a", "b"], "5")


def test_collect_with_raw_text_and_a_sourcetype_uses_its_index_time_rules(splunk: StandIn) -> None:
    splunk.set_local(
        "props", "finding", {"TIME_PREFIX": '"time":', "TIME_FORMAT": "%s", "KV_MODE": "json"}, app="search"
    )
    rows = collected(
        splunk,
        '| makeresults | eval _raw="{\\"time\\":1767222000,\\"user\\":\\"bob\\"}" '
        "| collect index=summary sourcetype=finding source=src host=hst",
    )
    assert [(row["_time"], row["user"], row["source"], row["host"]) for row in rows] == [
        (1767222000, "bob", "src", "hst")
    ]


@pytest.mark.parametrize(
    ("spl", "words"),
    [
        pytest.param("| makeresults | collect index=summary output_format=hec", "output_format", id="HEC format"),
        pytest.param('| makeresults | eval _raw="x" | collect index=summary', "no TIME_FORMAT", id="time of raw stash"),
    ],
)
def test_collect_refuses_what_it_cannot_do(splunk: StandIn, spl: str, words: str) -> None:
    with pytest.raises(SplError, match=words):
        splunk.search(spl)


def test_collect_into_an_index_that_does_not_exist_loses_the_event(splunk: StandIn) -> None:
    splunk.search("| makeresults | eval a=1 | collect index=nowhere")
    assert [message.level for message in splunk.index.messages] == ["ERROR"]


def test_collected_events_do_not_exist_before_they_were_written(splunk: StandIn) -> None:
    splunk.search("| makeresults | eval _time=now()-60, a=1 | collect index=summary", now=NOW)
    spl = "search index=summary | stats count"
    counts = [splunk.search(spl, now=NOW, visible_at=NOW + n).rows[0]["count"] for n in (-1, 0)]
    assert counts == [0, 1]


# installing


def package(path: Path, members: dict[str, str], *, link: str | None = None) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
        if link is not None:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    return path


def test_installing_an_app(splunk: StandIn, tmp_path: Path) -> None:
    app = splunk.install(package(tmp_path / "a.spl", {"ours/default/macros.conf": "[m]\ndefinition = index=main\n"}))
    assert app == "ours"
    assert "ours" in splunk.apps()
    assert splunk.conf("macros", app="ours")["m"]["definition"] == "index=main"


def test_an_upgrade_replaces_the_app_and_keeps_local(splunk: StandIn, tmp_path: Path) -> None:
    splunk.install(
        package(tmp_path / "1.spl", {"ours/default/macros.conf": "[m]\ndefinition = 1\n", "ours/old.txt": "x"})
    )
    splunk.set_local("macros", "n", {"definition": "kept"}, app="ours")
    splunk.install(package(tmp_path / "2.spl", {"ours/default/macros.conf": "[m]\ndefinition = 2\n"}))
    macros = splunk.conf("macros", app="ours")
    assert (macros["m"]["definition"], macros["n"]["definition"]) == ("2", "kept")
    assert not (splunk.home / "etc/apps/ours/old.txt").exists()


@pytest.mark.parametrize(
    ("members", "link", "words"),
    [
        pytest.param({"../evil.txt": "x"}, None, "outside the app", id="parent folder"),
        pytest.param({"ours/../../evil.txt": "x"}, None, "outside the app", id="parent folder further in"),
        pytest.param({"/tmp/evil.txt": "x"}, None, "outside the app", id="absolute path"),
        pytest.param({"ours/a": "x"}, "ours/link", "neither a file nor a folder", id="link"),
        pytest.param({"ours/a": "x", "theirs/b": "x"}, None, "one folder at its top", id="two folders"),
        pytest.param({"file": "x"}, None, "not a folder", id="no folder"),
        pytest.param({}, None, "one folder at its top", id="empty"),
    ],
)
def test_a_hostile_package_installs_nothing(
    splunk: StandIn, tmp_path: Path, members: dict[str, str], link: str | None, words: str
) -> None:
    with pytest.raises(ConfError, match=words):
        splunk.install(package(tmp_path / "bad.spl", members, link=link))
    assert splunk.apps() == ["search"]
    assert not list(tmp_path.rglob("evil.txt"))


def test_a_file_that_is_no_package(splunk: StandIn, tmp_path: Path) -> None:
    (tmp_path / "bad.spl").write_text("no archive")
    with pytest.raises(ConfError, match="not an app package"):
        splunk.install(tmp_path / "bad.spl")
