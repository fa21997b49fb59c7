"""The Allowlist page's endpoint when splunkd fails in the middle: nothing half loaded, nothing changed in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from commands.page import AROUND_NOW, ENTRY, Page, as_csv

from lab.splunk.rest.requests import Fault, Request
from lab.splunk.rest.routes import Routes

ENTRIES, CLAIMS = "mail_threats_allowlist", "mail_threats_allowlist_claims"
SAVE, CLAIMED = f"{ENTRIES}/batch_save", f"{CLAIMS}/batch_save"
RECEIVER = "receivers/simple"
MANY = 2_500
FILE = as_csv([{**ENTRY, "source": f"10.1.{n // 250}.{n % 250 + 1}"} for n in range(MANY)])
LONG_AGO, FAR_OFF = 1_700_000_000.0, 4_102_444_800.0
Breaks = Callable[[str, str], bool]


class Port:
    """The management port: `breaks(method, path)` says which requests are answered with `status`."""

    def __init__(self) -> None:
        self.breaks: Breaks = lambda method, path: False
        self.status = 503
        self.asked: list[str] = []

    def check(self, request: Request) -> None:
        path = "/".join(request.path)
        self.asked.append(path)
        if self.breaks(request.method, path):
            raise Fault(self.status, "broken for the test")

    def heal(self) -> None:
        self.breaks = lambda method, path: False


def from_the(number: int, method: str, end: str) -> Breaks:
    """The so many-th request of a kind, and all of its kind after it."""
    seen: list[str] = []

    def breaks(asked: str, path: str) -> bool:
        if asked == method and path.endswith(end):
            seen.append(path)
            return len(seen) >= number
        return False

    return breaks


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Port:
    made, find = Port(), Routes.find

    def checked(self: Routes, request: Request) -> Any:
        made.check(request)
        return find(self, request)

    monkeypatch.setattr(Routes, "find", checked)
    return made


def words(answer: Any) -> str:
    return str(answer.json()["messages"][0]["text"])


def told(page: Page) -> dict[str, int]:
    """Entries told of, by action."""
    found: dict[str, int] = {}
    for event in page.changes():
        found[event["action"]] = found.get(event["action"], 0) + event["count"]
    return found


@pytest.mark.parametrize(
    ("number", "end", "taken_back"),
    [
        pytest.param(1, SAVE, 0, id="the first thousand"),
        pytest.param(2, SAVE, 1_000, id="the second thousand"),
        pytest.param(3, SAVE, 2_000, id="the last ones"),
        pytest.param(1, RECEIVER, 0, id="the first event"),
        pytest.param(13, RECEIVER, 0, id="an event in the middle"),
        pytest.param(4, CLAIMED, MANY, id="saying that it goes on"),
    ],
)
def test_an_import_that_fails_leaves_nothing(page: Page, port: Port, number: int, end: str, taken_back: int) -> None:
    before = page.kv().get(page.add(**AROUND_NOW)["_key"])
    port.breaks = from_the(number, "POST", end)
    answer = page("import", {"csv": FILE})
    assert answer.status_code == 500
    assert "nothing of it was kept" in words(answer)
    port.heal()
    assert page.kv().documents() == [before]
    assert page.kv("mail_threats_allowlist_shadow").documents() == [before]
    assert page.kv(CLAIMS).documents() == []
    assert told(page).get("import taken back", 0) == taken_back
    assert page("import", {"csv": FILE}).json() == {"loaded": MANY}


@pytest.mark.parametrize("afterwards", ["list", "add", "import"])
def test_what_could_not_be_taken_out_is_taken_out_by_a_later_request(page: Page, port: Port, afterwards: str) -> None:
    saves = from_the(2, "POST", SAVE)
    port.breaks = lambda method, path: saves(method, path) or (method == "DELETE" and path.endswith(ENTRIES))
    answer = page("import", {"csv": FILE})
    assert answer.status_code == 500
    assert "could not be taken out again either" in words(answer)
    assert len(page.kv()) == 1_000
    busy = page("import", {"csv": FILE}, user="bob")
    assert busy.status_code == 409
    assert "alice is changing" in words(busy)

    def a_minute_later() -> None:
        (claim,) = page.kv(CLAIMS).documents()
        page.kv(CLAIMS).replace("import", {**claim, "time": LONG_AGO}, "nobody")

    a_minute_later()
    still = page("entries", user="bob").json()
    assert "could not be taken out yet" in still["notice"]
    assert len(still["entries"]) == 1_000
    port.heal()
    a_minute_later()
    asked: dict[str, tuple[str, Any, int]] = {
        "list": ("entries", None, 0),
        "add": ("entries", {"entry": {**ENTRY, "source": "203.0.113.10"}}, 1),
        "import": ("import", {"csv": FILE}, MANY),
    }
    path, body, left = asked[afterwards]
    again = page(path, body, user="bob")
    assert again.status_code in (200, 201), again.text
    assert again.json().get("notice", "") == ""
    assert len(page.kv()) == left
    assert told(page)["import taken back"] == 1_000
    assert page.kv(CLAIMS).documents() == []


def test_who_may_only_look_takes_nothing_out(page: Page) -> None:
    page.splunk.processes.access.add_user("carol", None, ["mail_threats_user"])
    page.kv().insert({**ENTRY, "_key": "half", "import_id": "i1"})
    page.kv(CLAIMS).insert({"_key": "import", "user": "alice", "holder": "h", "time": LONG_AGO, "loading": "i1"})
    assert len(page("entries", user="carol").json()["entries"]) == 1
    assert page("entries").json()["entries"] == []


def test_an_import_that_is_taken_for_dead_takes_itself_back(page: Page, port: Port) -> None:
    """Slow, not dead: another process took its claim over, and may have taken out what was there so far."""

    def breaks(method: str, path: str) -> bool:
        if method == "POST" and path.endswith(SAVE):
            page.kv(CLAIMS).replace("import", {"user": "bob", "holder": "another", "time": FAR_OFF}, "nobody")
        return False

    port.breaks = breaks
    answer = page("import", {"csv": FILE})
    assert answer.status_code == 500
    assert "bob is changing" in words(answer)
    assert len(page.kv()) == 0
    assert [claim["user"] for claim in page.kv(CLAIMS).documents()] == ["bob"]


def test_a_change_that_cannot_be_taken_back_is_said_and_left_to_the_comparison(page: Page, port: Port) -> None:
    seen = page.add(**AROUND_NOW)
    saves = from_the(2, "POST", SAVE)
    port.breaks = lambda method, path: saves(method, path) or path.endswith(RECEIVER)
    answer = page("edit", {"key": seen["_key"], "entry": {**ENTRY, "cap": "5"}, "etag": seen["etag"]})
    assert answer.status_code == 500
    assert "could not be taken back either" in words(answer)
    assert "Mail Threats - Allowlist Changes - Report" in words(answer)
    (entry,), (known,) = page.kv().documents(), page.kv("mail_threats_allowlist_shadow").documents()
    assert (entry["cap"], "cap" in known) == ("5", False)


def test_a_claim_that_cannot_be_given_up_spoils_nothing(page: Page, port: Port) -> None:
    port.breaks = lambda method, path: method == "DELETE"
    assert page("import", {"csv": FILE}).json() == {"loaded": MANY}
    port.heal()
    (claim,) = page.kv(CLAIMS).documents()
    page.kv(CLAIMS).replace("import", {**claim, "time": LONG_AGO}, "nobody")
    assert len(page("entries").json()["entries"]) == MANY


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "`mail_threats_record`",
        "x | delete",
        "[ search * ]",
        r'$token$ \ "quoted" \" \u0041',
        "{0}",
        "jörg 山田",
    ],
)
def test_where_there_is_no_receiver_events_are_written_as_findings_are(page: Page, port: Port, text: str) -> None:
    port.status = 404
    port.breaks = lambda method, path: path.endswith(RECEIVER)
    added = page.add(reason=text, **AROUND_NOW)
    (event,) = page.changes()
    assert (event["action"], event["user"], event["changes"][0]["after"]["reason"]) == ("add", "alice", text)
    assert event["changes"][0]["entry"] == added["_key"]
    assert any(path.endswith("search/jobs") for path in port.asked)


@pytest.mark.parametrize(("status", "goes_round"), [(403, True), (404, True), (405, True), (500, False), (503, False)])
def test_a_receiver_that_is_there_and_fails_is_not_gone_round(
    page: Page, port: Port, status: int, goes_round: bool
) -> None:
    port.status = status
    port.breaks = lambda method, path: path.endswith(RECEIVER)
    assert page("entries", {"entry": ENTRY}).status_code == (201 if goes_round else 500)
    assert (len(page.kv()), len(page.changes())) == ((1, 1) if goes_round else (0, 0))


def test_many_long_entries_are_told_in_events_that_a_search_can_carry(page: Page, port: Port) -> None:
    port.status = 404
    port.breaks = lambda method, path: path.endswith(RECEIVER)
    rows = [{**ENTRY, "source": f"10.1.1.{n + 1}", "reason": "x" * 1000, "ticket": "y" * 1000} for n in range(120)]
    assert page("import", {"csv": as_csv(rows)}).json() == {"loaded": 120}
    events = page.changes()
    assert sum(event["count"] for event in events) == 120
    assert max(event["count"] for event in events) < 30
