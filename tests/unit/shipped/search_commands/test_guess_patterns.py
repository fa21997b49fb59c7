"""The guess-pattern model: what makes names look like a list, and what makes them look like people."""

from __future__ import annotations

import random
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.scoring.guesses import Guess
from mail_threats.scoring.innocent import innocent_class
from mail_threats.scoring.names import People, made_for_a_test, of_a_device, slips_of_one_name
from mail_threats.scoring.patterns import SCRIPTS, kendall_tau, list_signs, near_each_other

TEN = 1772532000.0


def tried(names: list[str], every: float = 45.0, attempts: int = 1, outcome: str = "guess_not_real", **more: object):
    return [
        Guess(
            name=f"{name}@contoso.com", first_seen=TEN + i * every, last_seen=TEN + i * every, attempts=attempts,
            outcomes={outcome}, **more,  # type: ignore[arg-type]
        )
        for i, name in enumerate(names)
    ]  # fmt: skip


def signs(guesses: list[Guess]) -> set[str]:
    return {sign.id for sign in list_signs(guesses)}


SURNAMES = ["adler", "bauer", "cohen", "dahl", "ekman", "falk", "graf", "holm", "iver", "jung", "krol", "lund"]


def shuffled(names: list[str], seed: int = 5) -> list[str]:
    return random.Random(seed).sample(names, len(names))


@pytest.mark.parametrize(
    ("names", "sign"),
    [
        pytest.param(SURNAMES, "sorted", id="alphabetical"),
        pytest.param(SURNAMES[::-1], "sorted", id="backwards"),
        pytest.param([f"user{n}" for n in range(1, 13)], "numbered", id="numbered"),
        pytest.param(
            ["a.adler", "aadler", "anna.adler", "adlera", "bo.bauer", "bbauer"], "permutations", id="spellings"
        ),
        pytest.param(["info", "sales", "hr", "james", "mary", "support", "admin", "xq.z"], "dictionary", id="words"),
    ],
)
def test_a_list_shows(names: list[str], sign: str) -> None:
    assert sign in signs(tried(names))


def test_names_in_no_order_are_not_in_order() -> None:
    assert "sorted" not in signs(tried(shuffled(SURNAMES)))


def test_a_steady_pace_is_a_script_and_a_random_one_is_not() -> None:
    steady = tried(shuffled(SURNAMES))
    rng = random.Random(3)
    times = accumulate((rng.expovariate(1 / 45) for _ in steady), initial=TEN)
    people = [guess._replace(first_seen=time) for guess, time in zip(steady, list(times)[1:])]
    assert "clock" in signs(steady)
    assert "clock" not in signs(people)


def test_people_try_again_and_a_list_does_not() -> None:
    assert "once_each" in signs(tried(SURNAMES))
    assert "once_each" not in signs(tried(SURNAMES, attempts=3))


def test_a_script_shows_by_its_client() -> None:
    assert "script" in signs(tried(SURNAMES, agents={"python-requests/2.32.3"}))
    assert "script" not in signs(tried(SURNAMES, agents={"Mozilla/5.0 Chrome/131.0.0.0"}))


def test_slips_of_one_name_are_near_each_other() -> None:
    assert near_each_other(["ann.berg@contoso.com", "anne.berg@contoso.com"]) == 1.0
    assert near_each_other(["ann.berg@contoso.com", "olaf.stein@contoso.com"]) == 0.0


def test_names_tried_in_the_same_second_are_in_no_order() -> None:
    assert "sorted" not in signs(tried(SURNAMES, every=0))
    assert kendall_tau(list("abcd"), [1, 1, 1, 1]) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("anne.berg", "ane.brg", True, id="two-letters-lost"),
        pytest.param("anne.berg", "anne.begr", True, id="neighbours-exchanged"),
        pytest.param("anne.berg", "olaf.berg", False, id="another-person"),
        pytest.param("user01", "user02", False, id="a-count"),
        pytest.param("j.smith", "jsmith", False, id="another-format"),
    ],
)
def test_two_slips_of_one_name(one: str, other: str, same: bool) -> None:
    assert slips_of_one_name([f"{one}@contoso.com", f"{other}@contoso.com"]) is same


def test_consecutive_numbers_are_no_slips() -> None:
    assert not People(["user10@contoso.com"]).slip_of("user11@contoso.com")


@pytest.mark.parametrize(
    ("order", "tau"), [("abcdef", 1.0), ("fedcba", -1.0), ("abcdfe", 1 - 4 / 30)], ids=["same", "reverse", "one-swap"]
)
def test_kendall_tau(order: str, tau: float) -> None:
    assert kendall_tau(list(order)) == pytest.approx(tau)


@given(st.lists(st.text(alphabet="abcdef", min_size=1, max_size=4), unique=True, min_size=2, max_size=30))
def test_kendall_tau_counts_every_pair(values: list[str]) -> None:
    pairs = [(i, j) for i in range(len(values)) for j in range(i + 1, len(values))]
    score = sum(1 if values[i] < values[j] else -1 for i, j in pairs)
    assert kendall_tau(values) == pytest.approx(score / len(pairs))


def classes(guesses: list[Guess], everybody: tuple[str, ...] = ()) -> str | None:
    found = innocent_class(guesses, list_signs(guesses), People(everybody), 10)
    return found.id if found else None


@pytest.mark.parametrize("prefix", ["loadtest", "perf-user", "qa", "test.user", "test-probe-", "health.check"])
def test_accounts_made_for_a_test_are_a_load_test(prefix: str) -> None:
    assert classes(tried([f"{prefix}{n:03}" for n in range(30)])) == "load_test"


def test_real_names_among_test_accounts_are_none() -> None:
    mixed = tried([f"loadtest{n:03}" for n in range(30)]) + tried(SURNAMES)
    assert classes(mixed) is None


def test_slips_of_known_people_are_a_portal_and_strangers_are_not() -> None:
    known = tuple(f"{name}.person@contoso.com" for name in SURNAMES)
    slips = [f"{name[:2]}{name[3:]}.person" for name in shuffled(SURNAMES)]
    assert classes(tried(slips), known) == "user_slips"
    assert classes(tried(shuffled([f"{name}.other" for name in SURNAMES])), known) is None


def test_accounts_of_other_directories_are_no_guesses() -> None:
    assert classes(tried(shuffled(SURNAMES), outcome="unsure", codes={"50020"})) == "external_identities"
    assert classes(tried(shuffled(SURNAMES), outcome="unsure", codes={"50053"})) is None


def test_devices_repeat_for_hours_each_with_a_client_of_its_own_and_a_spray_does_not() -> None:
    def repeated(agent: str) -> list[Guess]:
        return [
            guess._replace(last_seen=guess.first_seen + 5 * 3600, agents=frozenset((agent.format(number),)))
            for number, guess in enumerate(tried(shuffled(SURNAMES), attempts=12))
        ]

    assert classes(repeated("Phone {}")) == "stale_devices"
    assert classes(repeated("Outlook")) is None


@pytest.mark.parametrize("prefix", ["a", "s", "k4", "contest", "tester.", "botany-"])
def test_counted_names_that_say_nothing_of_a_test_are_a_list(prefix: str) -> None:
    assert classes(tried([f"{prefix}{n:05}" for n in range(30)])) is None


@pytest.mark.parametrize("name", ["scanner-3@contoso.com", "printer2.floor1@contoso.com", "svc-sync@contoso.com"])
def test_names_of_machines(name: str) -> None:
    assert of_a_device(name)
    assert not made_for_a_test(name)


def test_the_searches_know_a_script_by_what_the_score_knows_it_by() -> None:
    conf = Path(__file__).parents[4] / "default" / "macros.conf"
    stanza = conf.read_text("utf-8").partition("[mail_threats_script_clients]")[2]
    assert stanza.partition("definition = ")[2].partition("\n")[0] == f'"{SCRIPTS.pattern}"'
