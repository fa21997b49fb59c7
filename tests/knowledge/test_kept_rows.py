"""Rows that the beginning of a search made are kept for the next run, and never where the next run makes others."""

from __future__ import annotations

import pytest
from knowledge.fixture_apps import NOW, AddApp

from lab.splunk.spl.environment import LookupWrite
from lab.splunk.stand_in import StandIn

READ = "index=main | eval n=tonumber(word), user=lower(who)"


def words(splunk: StandIn, spl: str, now: float = NOW, field: str = "word") -> list[str]:
    return sorted(str(row.get(field)) for row in splunk.search(spl, now=now, earliest="-1h", latest="now").rows)


def add(splunk: StandIn, *words: str, time: float = NOW - 60) -> None:
    for word in words:
        splunk.index.add(f"who=Ann word={word}", time=time, indextime=time, whole=True)


def kept(splunk: StandIn) -> int:
    """How many beginnings of searches each event remembers, together."""
    scope_all = splunk.search("index=main", earliest=0, latest="")
    assert scope_all is not None
    return sum(len(event.kept) for known in splunk._knowledge.values() for event in known[1]._events.values())


def test_what_follows_changes_its_own_copy(splunk: StandIn) -> None:
    add(splunk, "1", "2")
    spl = f'{READ} | fields word user | eval word=word."!", user=mvappend(user, word)'
    assert [words(splunk, spl) for _ in range(3)] == [["1!", "2!"]] * 3
    assert kept(splunk) == 2


def test_events_that_arrive_later_are_seen(splunk: StandIn) -> None:
    add(splunk, "1")
    spl = f"{READ} | where n<5 | fields word"
    assert words(splunk, spl) == ["1"]
    add(splunk, "2", "7")
    assert words(splunk, spl) == ["1", "2"]


def test_the_time_range_of_each_run_holds(splunk: StandIn) -> None:
    add(splunk, "1")
    add(splunk, "2", time=NOW - 1800)
    for spl in (f"{READ} | fields word", f"{READ.replace('main', 'main earliest=-1h')} | fields word"):
        assert [words(splunk, spl, now) for now in (NOW, NOW + 2400, NOW + 7200)] == [["1", "2"], ["1"], []]


@pytest.mark.parametrize(
    "spl",
    [
        pytest.param("index=main | eval word=now() | fields word", id="the clock of the run"),
        pytest.param("index=main | eval word=relative_time(now(), \"-1d\") | fields word", id="a time of the run"),
        pytest.param("index=main [| makeresults | eval word=if(now()>X, 1, 2)] | fields word", id="found"),
    ],
)  # fmt: skip
def test_what_depends_on_the_run_is_made_anew(splunk: StandIn, spl: str) -> None:
    add(splunk, "1", "2")
    spl = spl.replace("X", str(int(NOW)))
    assert words(splunk, spl, NOW) != words(splunk, spl, NOW + 600)


def test_a_lookup_that_was_written_is_read_anew(splunk: StandIn) -> None:
    folder = splunk.home / "etc/apps/search"
    (folder / "lookups").mkdir(exist_ok=True)
    (folder / "lookups/t.csv").write_text("who,dept\nAnn,HR\n", encoding="utf-8")
    (folder / "default/transforms.conf").write_text("[t]\nfilename = t.csv\n", encoding="utf-8")
    splunk.reload()
    add(splunk, "1")
    spl = "index=main | lookup t who OUTPUT dept | fields dept"
    assert words(splunk, spl, field="dept") == ["HR"]
    splunk.environment().write_lookup("t", [{"who": "Ann", "dept": "IT"}], LookupWrite())
    assert words(splunk, spl, field="dept") == ["IT"]


def test_a_changed_configuration_is_read_anew(splunk: StandIn, add_app: AddApp) -> None:
    add(splunk, "1")
    spl = "index=main | eval word=`said` | fields word"
    add_app(
        "TA-x",
        {"default/macros.conf": '[said]\ndefinition = "one"\n', "metadata/default.meta": "[]\nexport = system\n"},
    )
    assert words(splunk, spl) == ["one"]
    add_app("TA-x", {"default/macros.conf": '[said]\ndefinition = "two"\n'})
    assert words(splunk, spl) == ["two"]


def test_a_stand_in_that_forgets_is_as_new(splunk: StandIn) -> None:
    add(splunk, "1")
    assert words(splunk, f"{READ} | fields word") == ["1"]
    splunk.forget()
    assert words(splunk, f"{READ} | fields word") == []
    add(splunk, "3")
    assert words(splunk, f"{READ} | fields word") == ["3"]
