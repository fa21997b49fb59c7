"""Which file wins: precedence, sharing between apps, multi-line values, and what is refused."""

from __future__ import annotations

import pytest
from knowledge.fixture_apps import EXPORT_ALL, AddApp

from lab.splunk.conf.files import ConfError, read_conf
from lab.splunk.stand_in import StandIn


def value(splunk: StandIn, conf: str, stanza: str, key: str, app: str | None) -> str | None:
    merged = splunk.conf(conf, app=app)
    return merged[stanza].get(key) if stanza in merged else None


def write(splunk: StandIn, relative: str, text: str) -> None:
    path = splunk.home / "etc" / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    splunk.reload()


LAYERS = {
    "system/default": "system/default/demo.conf",
    "system/local": "system/local/demo.conf",
    "AA/default": "apps/AA/default/demo.conf",
    "AA/local": "apps/AA/local/demo.conf",
    "ZZ/default": "apps/ZZ/default/demo.conf",
    "ZZ/local": "apps/ZZ/local/demo.conf",
    "user": "users/nobody/AA/local/demo.conf",
}


@pytest.mark.parametrize(
    ("layers", "app", "winner"),
    [
        pytest.param(
            ["system/default", "AA/default"], None, "AA/default", id="global: an app beats the system's default"
        ),
        pytest.param(["AA/default", "AA/local"], None, "AA/local", id="global: local beats default"),
        pytest.param(["AA/local", "system/local"], None, "system/local", id="global: system/local beats every app"),
        pytest.param(["AA/default", "ZZ/default"], None, "AA/default", id="global: first app in ASCII order"),
        pytest.param(
            ["AA/default", "ZZ/local"], None, "ZZ/local", id="global: any app's local beats any app's default"
        ),
        pytest.param(["AA/local", "system/local"], "AA", "AA/local", id="search time: the app beats system/local"),
        pytest.param(
            ["AA/default", "ZZ/local"], "AA", "AA/default", id="search time: own default beats another's local"
        ),
        pytest.param(["AA/local", "user"], "AA", "user", id="search time: the user's file beats the app's"),
        pytest.param(
            ["AA/default", "ZZ/default"], "search", "ZZ/default", id="search time: other apps in reverse order"
        ),
        pytest.param(
            ["AA/local", "ZZ/default"], "search", "ZZ/default", id="search time: app order before local/default"
        ),
        pytest.param(["system/local", "ZZ/default"], "search", "ZZ/default", id="search time: exported beats system"),
    ],
)
def test_precedence(splunk: StandIn, add_app: AddApp, layers: list[str], app: str | None, winner: str) -> None:
    for name in ("AA", "ZZ"):
        add_app(name, {"metadata/default.meta": EXPORT_ALL})
    for layer in layers:
        write(splunk, LAYERS[layer], f"[s]\nfrom = {layer}\n")
    assert value(splunk, "demo", "s", "from", app) == winner


def test_layers_are_merged_setting_by_setting(splunk: StandIn, add_app: AddApp) -> None:
    add_app("AA", {"default/demo.conf": "[s]\na = 1\nb = 1\n", "local/demo.conf": "[s]\nb = 2\n"})
    assert dict(splunk.conf("demo", app="AA")["s"]) == {"a": "1", "b": "2"}


def test_default_stanza_is_below_every_stanza(splunk: StandIn, add_app: AddApp) -> None:
    add_app("AA", {"default/demo.conf": "top = 0\n[default]\na = 1\nb = 1\n[s]\nb = 2\n"})
    assert dict(splunk.conf("demo", app="AA")["s"]) == {"top": "0", "a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("default_meta", "local_meta", "seen"),
    [
        pytest.param("", "", False, id="private when nothing is said"),
        pytest.param("[]\nexport = system\n", "", True, id="the whole app"),
        pytest.param("[macros]\nexport = system\n", "", True, id="the category"),
        pytest.param("[props]\nexport = system\n", "", False, id="another category"),
        pytest.param("[macros/m%281%29]\nexport = system\n", "", True, id="the object, encoded"),
        pytest.param("[macros/other]\nexport = system\n", "", False, id="another object"),
        pytest.param(
            "[]\nexport = system\n[macros/m%281%29]\nexport = none\n", "", False, id="the most specific decides"
        ),
        pytest.param("[]\nexport = system\n", "[]\nexport = none\n", False, id="local.meta beats default.meta"),
        pytest.param("[]\naccess = read : [ * ], write : [ admin ]\n", "", False, id="access alone exports nothing"),
    ],
)
def test_export(splunk: StandIn, add_app: AddApp, default_meta: str, local_meta: str, seen: bool) -> None:
    add_app(
        "AA",
        {
            "default/macros.conf": "[m(1)]\nargs = a\ndefinition = x\n",
            "metadata/default.meta": default_meta,
            "metadata/local.meta": local_meta,
        },
    )
    assert ("m(1)" in splunk.conf("macros", app="search")) is seen
    assert "m(1)" in splunk.conf("macros", app="AA")
    assert "m(1)" in splunk.conf("macros"), "the global context knows no privacy"


def test_export_of_one_setting_of_a_props_stanza(splunk: StandIn, add_app: AddApp) -> None:
    add_app(
        "AA",
        {
            "default/props.conf": "[o365:management:activity]\nEVAL-a = 1\nEVAL-b = 2\n",
            "metadata/default.meta": "[props/o365%3Amanagement%3Aactivity/EVAL-a]\nexport = system\n",
        },
    )
    settings = splunk.conf("props", app="search")["o365:management:activity"]
    assert "EVAL-a" in settings
    assert "EVAL-b" not in settings


def test_a_disabled_app_is_not_there(splunk: StandIn, add_app: AddApp) -> None:
    add_app("AA", {"default/macros.conf": "[m]\ndefinition = x\n", "metadata/default.meta": EXPORT_ALL})
    splunk.set_local("app", "install", {"state": "disabled"}, app="AA")
    assert "AA" not in splunk.apps()
    assert "m" not in splunk.conf("macros", app="search")


def test_continued_lines_keep_their_breaks(splunk: StandIn, add_app: AddApp) -> None:
    add_app("AA", {"default/demo.conf": "[s]\nsearch = one \\\n  two = 2 \\\n[three]\nnext = x\n"})
    assert dict(splunk.conf("demo", app="AA")["s"]) == {"search": "one \n  two = 2 \n[three]", "next": "x"}


def test_set_local_writes_what_is_read_back(splunk: StandIn, add_app: AddApp) -> None:
    add_app("AA", {"default/demo.conf": "[s]\na = 1\nb = 1\n"})
    splunk.set_local("demo", "s", {"a": "line one\nline two", "c": ""}, app="AA")
    splunk.set_local("demo", "s", {"d": "4"}, app="AA")
    assert dict(splunk.conf("demo", app="AA")["s"]) == {"a": "line one\nline two", "b": "1", "c": "", "d": "4"}
    assert read_conf(splunk.home / "etc/apps/AA/local/demo.conf") == {
        "s": {"a": "line one\nline two", "c": "", "d": "4"}
    }


def test_set_local_without_an_app_writes_the_system(splunk: StandIn) -> None:
    splunk.set_local("limits", "spath", {"extraction_cutoff": "7000"})
    assert splunk.limit("spath", "extraction_cutoff") == 7000
    assert splunk.limit("kv", "limit") == 100


def test_settings_name_their_file(splunk: StandIn, add_app: AddApp) -> None:
    folder = add_app("AA", {"default/demo.conf": "[s]\na = 1\n"})
    conf = splunk.conf("demo", app="AA")
    assert conf.where("s", "a") == f"{folder}/default/demo.conf [s] a"
    assert conf.app("s") == "AA"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[s]\na = 1 \\ \n  the rest\n", id="a blank behind the backslash ends the value"),
        pytest.param("[s]\njust words\n", id="no equals sign"),
        pytest.param("[s\na = 1\n", id="a broken header"),
    ],
)
def test_lines_that_are_nothing_are_refused_with_the_file(splunk: StandIn, add_app: AddApp, text: str) -> None:
    add_app("AA", {"default/demo.conf": text})
    with pytest.raises(ConfError, match=r"apps/AA/default/demo\.conf"):
        splunk.conf("demo", app="AA")


def test_byte_order_mark_and_foreign_letters(splunk: StandIn, add_app: AddApp) -> None:
    folder = add_app("AA", {"default/demo.conf": ""})
    (folder / "default/demo.conf").write_bytes("\ufeff[s]\nname = Zoë\n".encode())
    splunk.reload()
    assert splunk.conf("demo", app="AA")["s"]["name"] == "Zoë"


def test_limit_that_limits_conf_does_not_have(splunk: StandIn) -> None:
    with pytest.raises(ConfError, match=r"limits\.conf \[spath\] no_such"):
        splunk.limit("spath", "no_such")
