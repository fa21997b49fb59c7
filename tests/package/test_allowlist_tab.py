"""The Allowlist tab in a browser: the built page, Splunk Web's way to splunkd, and the endpoint behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from lab.browser import Browser, chromium
from lab.rules import APP
from lab.splunk.stand_in import StandIn
from lab.splunk.web import SplunkWeb

NOTE = "document.querySelector('.mt-allow [role=status]').innerText"
GOOD = {
    "class": "pentest",
    "source": "203.0.113.9",
    "entry_owner": "ann@contoso.com",
    "ticket": "PT-7",
    "reason": "<img src=x onerror=document.title='run'>",
    "valid_from": "2026-03-01T00:00:00Z",
    "valid_until": "2026-03-09T00:00:00Z",
}
HEADER = "class,detection,account,source,app_id,process_path,host,owner,ticket,reason,valid_from,valid_until,cap"
LINE = "pentest,,,{},,,,ann@contoso.com,PT-7,booked,2026-03-01T00:00:00Z,2026-03-09T00:00:00Z,"


@pytest.fixture(scope="module")
def program() -> str:
    found = chromium()
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no chromium on PATH: the pages cannot be looked at")
    return found


@pytest.fixture
def splunk(spl: Path, tmp_path: Path) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path / "splunk")
    stand_in.install(spl)
    stand_in.processes.access.add_user("mia", None, ["mail_threats_admin"])
    stand_in.processes.access.add_user("uma", None, ["mail_threats_user"])
    stand_in.start()
    yield stand_in
    stand_in.close()


@pytest.fixture
def tab(program: str, splunk: StandIn) -> Iterator[Callable[..., Tab]]:
    """tab(user, more): the tab as that user sees it, when its list is there; `more` goes to the end of the address."""
    opened: list[tuple[Browser, SplunkWeb]] = []

    def show(user: str, more: str = "") -> Tab:
        web = SplunkWeb(splunk, user)
        browser = Browser(program)
        opened.append((browser, web))
        browser.open(web.page(APP, "configuration") + f"?tab=allowlist{more}")
        browser.wait_for("document.querySelector('.mt-allow table') !== null")
        return Tab(browser, web)

    yield show
    for browser, web in opened:
        browser.__exit__(None, None, None)
        web.close()


class Tab:
    """What somebody does on the tab."""

    def __init__(self, browser: Browser, web: SplunkWeb) -> None:
        self.browser, self.web = browser, web

    def press(self, label: str) -> None:
        script = f"[...document.querySelectorAll('.mt-allow button')].find((b) => b.innerText === {json.dumps(label)})"
        self.browser.wait_for(f"Boolean({script})")
        self.browser.run(f"{script}.click()")

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            field = f"document.querySelector('.mt-allow [name={name}]')"
            self.browser.run(f"{field}.value = {json.dumps(value)}")

    def says(self, text: str) -> None:
        self.browser.wait_for(f"document.querySelector('.mt-allow').innerText.includes({json.dumps(text)})")

    def values(self) -> dict[str, str]:
        fields = "[...document.querySelectorAll('.mt-allow form [name]')].map((f) => [f.name, f.value])"
        return dict(self.browser.run(fields))

    def buttons(self) -> list[str]:
        return list(self.browser.run("[...document.querySelectorAll('.mt-allow button')].map((b) => b.innerText)"))


def day(number: int) -> str:
    """So many days from now, by the clock that the endpoint has."""
    return (datetime.now(UTC) + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def entries(splunk: StandIn) -> list[dict[str, Any]]:
    return list(splunk.kv("mail_threats_allowlist", app=APP).documents())


def test_an_entry_is_refused_corrected_added_edited_and_ended(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    page = tab("mia")
    page.press("Add entry")
    page.fill(**{**GOOD, "source": "10.0.0.0/8", "ticket": ""})
    page.press("Save")
    page.says("source '10.0.0.0/8' covers more than a /16")
    page.says("ticket is empty")
    assert entries(splunk) == []
    page.fill(source="203.0.113.9", ticket="PT-7")
    page.press("Check")
    page.says("Nothing is wrong with it.")
    page.press("Save")
    page.says("The entry was added.")
    page.press("Edit")
    page.fill(cap="30", valid_until="2026-03-30T00:00:00Z")
    page.press("Save")
    page.says("The entry was saved.")
    (entry,) = entries(splunk)
    assert (entry["cap"], entry["created_by"], entry["updated_by"]) == ("30", "mia", "mia")
    assert page.browser.run("document.querySelectorAll('.mt-allow td img').length") == 0
    assert page.browser.run("document.title") != "run"
    assert page.browser.said == []
    assert page.web.refused == []


@pytest.mark.parametrize(
    ("kind", "entity", "column"),
    [
        pytest.param("address", "203.0.113.9", "source", id="address"),
        pytest.param("user", "ann@contoso.com", "account", id="person"),
        pytest.param("app", "00000000-0000-4000-8000-0000000000d1", "app_id", id="application"),
        pytest.param("system", "ws-014", "host", id="host"),
        pytest.param("list", "1f2e", None, id="a list has no column"),
        pytest.param("constructor", "x", None, id="a kind that is none"),
        pytest.param(
            "user", "\"><img src=x onerror=document.title='run'>'+alert(1)+'&allow_type=app", "account", id="markup"
        ),
        pytest.param("user", "x" * 1200, "account", id="long"),
    ],
)
def test_a_finding_s_menu_opens_the_form_filled_in_and_saves_nothing(
    splunk: StandIn, tab: Callable[..., Tab], kind: str, entity: str, column: str | None
) -> None:
    given = {"allow_detection": "address_enumeration_by_source", "allow_type": kind, "allow_entity": entity}
    page = tab("mia", "&" + urlencode(given))
    page.says("nothing is saved before you press Save")
    filled = page.values()
    assert filled.pop("detection") == "address_enumeration_by_source"
    assert filled.pop("valid_from")[:10] == day(0)[:10]
    assert filled.pop("valid_until")[:10] == day(30)[:10]
    assert filled.pop("class")
    assert {name: value for name, value in filled.items() if value} == ({column: entity[:1000]} if column else {})
    assert entries(splunk) == []
    assert page.browser.run("document.querySelectorAll('.mt-allow img').length") == 0
    assert page.browser.run("document.title") != "run"
    assert "allow_" not in str(page.browser.run("window.location.href"))
    assert page.browser.run("window.location.search") == "?tab=allowlist"
    assert page.browser.said == []


def test_who_may_only_look_gets_no_form(tab: Callable[..., Tab]) -> None:
    page = tab("uma", "&allow_type=user&allow_entity=ann%40contoso.com")
    page.says("You may look.")
    assert page.buttons() == []


def test_an_entry_that_holds_is_ended_after_a_question(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    entry = {**GOOD, "_key": "k", "valid_from": day(-5), "valid_until": day(5)}
    splunk.kv("mail_threats_allowlist", app=APP).insert(entry)
    page = tab("mia")
    page.press("End")
    page.says("The entry was ended.")
    assert entries(splunk)[0]["valid_until"] < day(1)


def test_who_comes_second_sees_what_the_first_one_made_of_it(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    splunk.kv("mail_threats_allowlist", app=APP).insert({**GOOD, "_key": "k"})
    page = tab("mia")
    page.press("Edit")
    splunk.kv("mail_threats_allowlist", app=APP).replace("k", {**GOOD, "ticket": "PT-8", "updated_by": "bob"}, "nobody")
    page.fill(cap="30")
    page.press("Save")
    page.says("The entry was changed since you opened it (on this page last by bob)")
    page.press("Save")
    page.says("The entry was saved.")
    assert entries(splunk)[0]["cap"] == "30"


def test_a_file_is_refused_with_its_lines_then_loaded(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    page = tab("mia")
    page.press("Import CSV")
    text = "document.querySelector('.mt-allow textarea')"
    bad = "\n".join([HEADER, LINE.format("203.0.113.9"), LINE.format("0.0.0.0/0"), LINE.format("here")])
    page.browser.run(f"{text}.value = {json.dumps(bad)}")
    page.press("Load")
    page.says("Nothing was loaded: 2 lines are wrong.")
    page.says("line 3: source '0.0.0.0/0' covers more than a /16")
    page.says("line 4: source 'here' is no address")
    assert entries(splunk) == []
    good = "\n".join([HEADER, *(LINE.format(f"203.0.113.{number}") for number in range(1, 41))])
    page.browser.run(f"{text}.value = {json.dumps(good)}")
    page.press("Check")
    page.says("40 entries, and nothing is wrong with them.")
    page.press("Load")
    page.says("40 entries were loaded.")
    assert len(entries(splunk)) == 40


def test_ten_thousand_entries_are_turned_page_by_page(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    many = [{**GOOD, "_key": f"k{n:05}", "source": f"10.1.{n // 250}.{n % 250}"} for n in range(10_000)]
    splunk.kv("mail_threats_allowlist", app=APP).upsert(many)
    page = tab("mia")
    first = "document.querySelector('.mt-allow tbody td:nth-child(3)').innerText"
    page.says("1 to 100 of 10000 entries")
    assert page.browser.run("document.querySelectorAll('.mt-allow tbody tr').length") == 100
    page.press("Next")
    page.says("101 to 200 of 10000 entries")
    assert page.browser.run(first) == "source 10.1.0.100"
    assert page.browser.run("document.activeElement.innerText") == "Next"
    page.browser.run(
        "const filter = document.querySelector('.mt-allow input[type=search]'); filter.value = '10.1.39.'; "
        "filter.dispatchEvent(new Event('input'))"
    )
    page.says("1 to 100 of 250 entries, 10000 in all")
    page.press("Next")
    page.press("Next")
    page.says("201 to 250 of 250 entries")
    assert page.browser.run("document.activeElement.innerText") == "Previous"


def test_the_keyboard_is_enough(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    page = tab("mia")
    page.browser.run(
        "[...document.querySelectorAll('.mt-allow button')].find((b) => b.innerText === 'Add entry').focus()"
    )
    page.browser.key("Enter")
    page.says("All that is filled in has to match together.")
    assert page.browser.run("document.activeElement.name") == "class"
    page.browser.key("Escape")
    page.browser.wait_for("document.querySelector('.mt-allow form') === null")
    assert page.browser.run("document.activeElement.innerText") == "Add entry"
    page.browser.key("Enter")
    page.fill(**GOOD)
    page.browser.run("document.querySelector('.mt-allow [name=ticket]').focus()")
    page.browser.key("Enter")
    page.says("The entry was added.")
    labels = page.browser.run("[...document.querySelectorAll('.mt-allow td button')].map((b) => b.ariaLabel)")
    assert labels[0] == "Edit pentest PT-7 203.0.113.9"
    assert [entry["ticket"] for entry in entries(splunk)] == ["PT-7"]


def test_a_long_text_takes_no_room_from_the_others(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    splunk.kv("mail_threats_allowlist", app=APP).insert({**GOOD, "_key": "k", "reason": "x" * 900})
    page = tab("mia")
    widths = page.browser.run("[...document.querySelectorAll('.mt-allow th')].map((head) => head.offsetWidth)")
    assert min(widths) > 70, widths
    assert page.browser.run("document.documentElement.scrollWidth <= window.innerWidth")


def test_who_may_only_look_finds_nothing_to_press(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    splunk.kv("mail_threats_allowlist", app=APP).insert({**GOOD, "_key": "k"})
    page = tab("uma")
    page.says("203.0.113.9")
    page.says("edit_mail_threats_allowlist is needed")
    assert page.buttons() == []


def test_a_forged_request_without_splunk_webs_token_is_refused(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    page = tab("mia")
    path = f"/en-US/splunkd/__raw/servicesNS/nobody/{APP}/m365_mail_threats_allowlist/entries?output_mode=json"
    forged = f"fetch('{path}', {{method: 'POST', body: '{{}}'}}).then((answer) => answer.status)"
    assert page.browser.run(forged) == 401
    assert page.web.refused == ["POST m365_mail_threats_allowlist/entries: without its token"]


def test_nothing_but_the_endpoint_is_exposed(splunk: StandIn, tab: Callable[[str], Tab]) -> None:
    page = tab("mia")
    for path in ("m365_mail_threats_allowlist/entries/k", "storage/collections/data/mail_threats_allowlist"):
        script = f"fetch('/en-US/splunkd/__raw/services/{path}').then((answer) => answer.status)"
        assert page.browser.run(script) == 404
