"""Stand-ins that tests share: who borrows one finds it as it was installed, with the settings that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from unit.stand_in.fixture_app import APP, App

from lab.scenarios.scenario import Setting
from lab.scenarios.stands import Stands
from lab.splunk.stand_in import StandIn

NIGHTLY = ("savedsearches", APP, "nightly", "disabled", "0")
HOURLY = ("savedsearches", APP, "hourly", "disabled", "0")


@pytest.fixture
def stands(make_splunk: Callable[..., StandIn], one_python: Path) -> Iterator[Stands]:
    def make() -> StandIn:
        splunk = make_splunk(one_python)
        app = App(splunk, splunk.home / "etc" / "apps" / APP)
        app.write("default/app.conf", "[install]\nstate = enabled\n")
        app.write("default/collections.conf", "[seen]\n")
        app.write("default/savedsearches.conf", "[nightly]\ndisabled = 1\n[hourly]\ndisabled = 1\n")
        return splunk

    made = Stands(make, kept=2)
    yield made
    made.close()


def use(splunk: StandIn) -> None:
    splunk.index.add("what a test left", time=1.0, indextime=1.0, sourcetype="t", index="main", whole=True)
    splunk.kv("seen", app=APP).insert({"name": "left"})


def content(splunk: StandIn) -> tuple[int, int]:
    found = splunk.search("search index=main", earliest=0, latest="", app=APP).rows
    return len(found), len(splunk.kv("seen", app=APP))


def test_what_was_given_back_is_lent_again_and_is_empty(stands: Stands) -> None:
    first = stands.lend()
    use(first)
    assert content(first) == (1, 1)
    stands.take_back()
    assert stands.lend() is first
    assert content(first) == (0, 0)


def test_two_at_once_are_two(stands: Stands) -> None:
    first = stands.lend()
    stands.take_back()
    again, second = stands.lend(), stands.lend()
    assert again is first
    use(first)
    assert content(second) == (0, 0)


def test_settings_are_there_and_no_other_test_gets_them(stands: Stands) -> None:
    nightly = stands.lend([NIGHTLY])
    assert nightly.conf("savedsearches", app=APP)["nightly"]["disabled"] == "0"
    stands.take_back()
    plain = stands.lend()
    assert plain is not nightly
    assert plain.conf("savedsearches", app=APP)["nightly"]["disabled"] == "1"
    assert stands.lend([NIGHTLY]) is nightly


def test_the_order_of_settings_does_not_matter(stands: Stands) -> None:
    both = stands.lend([NIGHTLY, HOURLY])
    stands.take_back()
    assert stands.lend([HOURLY, NIGHTLY]) is both


@pytest.mark.parametrize("settings", [[], [NIGHTLY]], ids=["as installed", "with settings"])
def test_one_whose_settings_a_test_changed_is_not_lent_again(stands: Stands, settings: list[Setting]) -> None:
    changed = stands.lend(settings)
    changed.set_local("savedsearches", "hourly", {"cron_schedule": "5 * * * *"}, app=APP)
    stands.take_back()
    after = stands.lend(settings)
    assert after is not changed
    assert "cron_schedule" not in after.conf("savedsearches", app=APP)["hourly"]


def test_one_in_which_a_test_wrote_a_lookup_file_is_not_lent_again(stands: Stands) -> None:
    first = stands.lend()
    first.search("| makeresults | eval name=1 | outputlookup left.csv", app=APP)
    stands.take_back()
    assert stands.lend() is not first


def test_the_longest_waiting_goes_when_too_many_wait(stands: Stands) -> None:
    lent = [stands.lend(), stands.lend([NIGHTLY]), stands.lend([HOURLY])]
    stands.take_back()
    assert [stands.lend([HOURLY]), stands.lend([NIGHTLY])] == [lent[2], lent[1]]
    assert stands.lend() is not lent[0]
