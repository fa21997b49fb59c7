"""Bursts of several sources with one client are one story, and say so."""

from __future__ import annotations

import pytest

from mail_threats.scoring.activity import Activity, read_activity
from mail_threats.scoring.burst_score import Burst, Thresholds, score_source
from mail_threats.scoring.linked import (
    Told,
    bursts_in_parts,
    bursts_that_move,
    by_nobody_s_client,
    client_of,
    clients_of_guessers,
    link,
    linked_line,
    of_strangers,
    told_of,
)
from mail_threats.scoring.names import People

MORNING = 1772524800
ODD = "Mozilla/5.0 (Windows NT 10.0) Electron/8.5.1"
SCRIPT = "python-requests/2.32.3"
COMMON = "Mozilla/5.0 Chrome/131.0.0.0"


def attempt(src: str, user: str, at: float, agent: str) -> Activity:
    at_text = str(at)
    row = {"_time": at_text, "src": src, "user": user, "outcome": "guess_not_real", "user_agent": agent}
    return read_activity({**row, "first_seen": at_text, "last_seen": at_text, "attempts": "1"})[1]


def burst(src: str, agent: str, start: float = MORNING, names: str = "abcdefghijkl") -> Burst:
    rows = [attempt(src, f"{c}{src[-2:]}.{c * 3}@contoso.com", start + n * 71, agent) for n, c in enumerate(names)]
    (found,) = score_source(src, rows, Thresholds())
    return found


@pytest.mark.parametrize(
    ("agents", "start", "linked"),
    [
        pytest.param((ODD, ODD), 3600, True, id="a client that nobody signs in with"),
        pytest.param((SCRIPT, SCRIPT), 3600, True, id="a script, though somebody signs in with it"),
        pytest.param((COMMON, COMMON), 3600, False, id="the client of people"),
        pytest.param((ODD, SCRIPT), 3600, False, id="two clients"),
        pytest.param((ODD, ODD), 3 * 86400, False, id="three days apart"),
        pytest.param(("", ""), 3600, False, id="no client is shown"),
    ],
)
def test_bursts_with_one_client_name_each_other(agents: tuple[str, str], start: float, linked: bool) -> None:
    pair = [burst("203.0.113.10", agents[0]), burst("198.51.100.20", agents[1], MORNING + start)]
    told = [Told(b.source, client_of(b, {COMMON, SCRIPT}), b.first_seen, b.last_seen) for b in pair]
    assert all(client for _, client, *_ in told) == (agents != (COMMON, COMMON) and agents != ("", ""))
    others = link([t for t in told if t.client])
    assert [found for found in others if found] == ([["198.51.100.20"], ["203.0.113.10"]] if linked else [])


def test_the_line_about_other_sources_is_worth_no_points_and_names_five() -> None:
    line = linked_line([f"203.0.113.{n}" for n in range(7)])
    assert line.startswith("0: the same client tried names from 7 other sources: 203.0.113.0, ")
    assert line.count("203.0.113.") == 5


def test_a_federation_server_is_no_part_of_a_story() -> None:
    rows = [attempt("203.0.113.30", f"svc{n}", MORNING + n * 60, SCRIPT) for n in range(12)]
    (found,) = score_source("203.0.113.30", rows, Thresholds())
    assert client_of(found, ()) == frozenset()


EVERYBODY = People(f"person{chr(97 + n)}.known@contoso.com" for n in range(20))


def behind_a_gateway(agent: str, addresses: int, names: int, outcome: str = "guess_not_real") -> list[Activity]:
    return [
        attempt(
            f"203.0.113.{n % addresses + 40}", f"{chr(97 + n % 26)}quor{n}.zelb@contoso.com", MORNING + 61 * n, agent
        )._replace(outcome=outcome)
        for n in range(names)
    ]


@pytest.mark.parametrize(
    ("rows", "sources"),
    [
        pytest.param(behind_a_gateway(SCRIPT, 6, 36), [6], id="a script"),
        pytest.param(behind_a_gateway(ODD, 6, 36), [6], id="a client of nobody"),
        pytest.param(behind_a_gateway(COMMON, 6, 36), [], id="people's browser"),
        pytest.param(behind_a_gateway(SCRIPT, 1, 36), [], id="one address is a burst of its own"),
        pytest.param(behind_a_gateway(SCRIPT, 6, 9), [], id="too few names"),
        pytest.param(behind_a_gateway(SCRIPT, 6, 36, "guess_real"), [], id="a job with accounts that exist"),
    ],
)
def test_what_a_gateway_spreads_over_its_addresses_is_one_burst(rows: list[Activity], sources: list[int]) -> None:
    found = list(bursts_in_parts(by_nobody_s_client(rows, {COMMON}), Thresholds(), EVERYBODY))
    assert [len(part.addresses) for part in found] == sources
    assert all(part.source == "203.0.113.40" and part.score >= 40 for part in found)
    assert all(sum(int(line.partition(":")[0]) for line in part.reasons.lines()) == part.score for part in found)


def old_profiles(agent: str, people: int, strangers: int = 0, here: bool = False) -> list[Activity]:
    """People's names the other way round, once each from six addresses; `here`: these people sign in there as well."""
    known = sorted(EVERYBODY.names)[:people]
    rows = [
        attempt(f"203.0.113.{n % 6 + 40}", f"known.{name.partition('.')[0]}@contoso.com", MORNING + 61 * n, agent)
        for n, name in enumerate(known)
    ]
    rows += behind_a_gateway(agent, 6, strangers)
    signed_in = [
        attempt(rows[n].src, name, MORNING + 9000, COMMON)._replace(outcome="success") for n, name in enumerate(known)
    ]
    return [*rows, *signed_in] if here else rows


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        pytest.param(
            old_profiles(ODD, 20), [], id="people's names in another format: a profile that devices were given"
        ),
        pytest.param(old_profiles(SCRIPT, 20), [20], id="a script tries formats"),
        pytest.param(old_profiles(ODD, 8, 14), [22], id="formats of some among names of nobody"),
        pytest.param(old_profiles(ODD, 8, 14, here=True), [14], id="formats of those who sign in there"),
        pytest.param(old_profiles(SCRIPT, 20, here=True), [], id="a script of those who sign in there"),
        pytest.param(
            [
                a._replace(first_seen=a.first_seen + hour * 3600, last_seen=a.last_seen + hour * 3600)
                for hour in range(3)
                for a in behind_a_gateway(ODD, 6, 16)
            ],
            [],
            id="names that are asked for again and again",
        ),
    ],
)
def test_devices_with_a_wrong_profile_are_no_list_of_one_client(rows: list[Activity], names: list[int]) -> None:
    left = [
        a
        for source in sorted({row.src for row in rows})
        for a in by_nobody_s_client([row for row in rows if row.src == source], {COMMON})
    ]
    assert [len(part.names) for part in bursts_in_parts(left, Thresholds(), EVERYBODY)] == names


def test_a_burst_names_the_sources_of_its_client_that_have_none() -> None:
    told = Told("203.0.113.74", frozenset((SCRIPT,)), MORNING, MORNING + 120)
    besides = told_of([*behind_a_gateway(SCRIPT, 3, 9), *behind_a_gateway(ODD, 5, 9)])
    assert link([told], besides) == [["203.0.113.40", "203.0.113.41", "203.0.113.42"]]


def tethered(
    addresses: int = 3, each: int = 7, pause: float = 60, overlap: float = 0, outcome: str = "guess_not_real",
    again: int = 0,
) -> list[Activity]:  # fmt: skip
    """One client tries `each` names from an address, then goes on from the next one; `again` of them once more."""
    rows = []
    for number in range(addresses):
        for n in range(each):
            name = f"{chr(97 + (number * (each - again) + n) % 26)}quor{number * (each - again) + n}.zelb@contoso.com"
            at = MORNING + number * (each * pause - overlap) + n * pause
            rows.append(attempt(f"198.18.{number}.9", name, at, COMMON)._replace(outcome=outcome))
    return rows


HOME_WORKER = attempt("198.18.1.9", "home.worker@contoso.com", MORNING, COMMON)._replace(outcome="success")


@pytest.mark.parametrize(
    ("rows", "addresses"),
    [
        pytest.param(tethered(), [3], id="three addresses in turn"),
        pytest.param(tethered(2, 6), [2], id="two addresses in turn"),
        pytest.param([a._replace(user_agent=()) for a in tethered()], [3], id="a feed without clients"),
        pytest.param(tethered(overlap=200), [], id="at the same time: people of two places"),
        pytest.param(tethered(pause=700, addresses=2), [], id="slowly: no hour has enough"),
        pytest.param(tethered(addresses=6), [], id="six are a list over sources, which has a rule"),
        pytest.param(tethered(each=2, addresses=4), [], id="two names from each, as people have"),
        pytest.param(tethered(outcome="guess_real"), [], id="accounts that exist"),
        pytest.param(tethered(again=3), [], id="names that come again: phones behind addresses that change"),
        pytest.param([*tethered(2), HOME_WORKER], [], id="somebody signs in from one of the two"),
    ],
)
def test_one_client_whose_address_changes_is_one_burst(rows: list[Activity], addresses: list[int]) -> None:
    left = [
        a
        for source in sorted({row.src for row in rows})
        for a in of_strangers([row for row in rows if row.src == source], {COMMON})
    ]
    found = list(bursts_that_move(left, Thresholds(), EVERYBODY))
    assert [len(part.addresses) for part in found] == addresses
    assert all(sum(int(line.partition(":")[0]) for line in part.reasons.lines()) == part.score for part in found)


def in_turn(
    addresses: int = 4, each: int = 7, absent: float = 0.5, agent: str = ODD, pause: float = 180, at_once: bool = False,
    again: int = 0,
) -> list[Activity]:  # fmt: skip
    """`each` names from an address after the other, of which `absent` belong to nobody; `again`: tried once more."""
    rows = []
    for number in range(addresses * each):
        place, n = divmod(number, each)
        name = f"{chr(97 + number % 26)}quor{number}.zelb@contoso.com"
        at = MORNING + (n if at_once else number) * pause
        outcome = "guess_not_real" if number * 7 % 20 < absent * 20 else "guess_real"
        rows.append(attempt(f"198.18.{place}.9", name, at, agent)._replace(outcome=outcome))
    return [*rows, *(a._replace(first_seen=a.first_seen + 40, last_seen=a.last_seen + 40) for a in rows[:again])]


GOT_IN = attempt("198.18.3.9", "svc-trial@contoso.com", MORNING + 20.5 * 180, ODD)._replace(outcome="success")


@pytest.mark.parametrize(
    ("rows", "people", "found"),
    [
        pytest.param(in_turn(), (), [("enumeration", 28, [])], id="half of the names are nobody's"),
        pytest.param([*in_turn(), GOT_IN], (), [("enumeration", 28, [GOT_IN.user])], id="one account is entered"),
        pytest.param(in_turn(absent=0.3), (), [("enumeration", 28, [])], id="a third are nobody's"),
        pytest.param(in_turn(absent=0), (), [("enumeration", 28, [])], id="all exist: a spray that moves on"),
        pytest.param(in_turn(2, 12, 0.3), (), [("enumeration", 24, [])], id="a third, over two addresses"),
        pytest.param(in_turn(2, 12, 0), (), [], id="all exist, over two addresses: two offices, one after the other"),
        pytest.param(in_turn(absent=0.3, at_once=True), (), [], id="at the same time: a new client of many devices"),
        pytest.param(in_turn(14, 2, 0.3), (), [], id="two names from each, as a home has"),
        pytest.param(in_turn(absent=0.3, again=6), (), [], id="names are tried again, as devices do"),
        pytest.param(in_turn(absent=0.3, agent=SCRIPT), (SCRIPT,), [], id="a script that people sign in with"),
        pytest.param(in_turn(absent=0.3, agent=SCRIPT), (), [("enumeration", 28, [])], id="a script of nobody"),
    ],
)
def test_addresses_that_take_turns_with_one_client_of_nobody_are_one_burst(
    rows: list[Activity], people: tuple[str, ...], found: list[tuple[str, int, list[str]]]
) -> None:
    agents = {COMMON, *people}
    left = [
        a
        for source in sorted({row.src for row in rows})
        for a in by_nobody_s_client([row for row in rows if row.src == source], agents)
    ]
    bursts = list(bursts_in_parts(left, Thresholds(), EVERYBODY, agents))
    assert [(part.burst_class, len(part.names), part.success_users) for part in bursts] == found
    assert all(sum(int(line.partition(":")[0]) for line in part.reasons.lines()) == part.score for part in bursts)


@pytest.mark.parametrize(
    ("rows", "guessed"),
    [
        pytest.param([*in_turn(1, 6), GOT_IN], True, id="beside six others"),
        pytest.param([*in_turn(1, 4), GOT_IN], False, id="beside four: a family, a kiosk"),
        pytest.param(
            [a._replace(network_people=12) for a in [*in_turn(1, 6), GOT_IN]],
            False,
            id="where people of the company work",
        ),
        pytest.param([*in_turn(1, 6, agent=COMMON), GOT_IN], False, id="the others were tried with another client"),
        pytest.param(
            [
                attempt("198.18.0.9", name, MORNING + 60 * n, ODD)
                for n, name in enumerate(
                    f"{text}@contoso.com"
                    for text in ("trial.svc", "trial-svc", "svc_trial", "svctrial", "trialsvc", "svc.trial")
                )
            ]
            + [GOT_IN],
            False,
            id="beside spellings of its own name: somebody who looks for it",
        ),
    ],
)
def test_a_client_whose_only_account_was_guessed_with_it_is_still_nobody_s(rows: list[Activity], guessed: bool) -> None:
    assert clients_of_guessers({ODD: GOT_IN.user}, rows) == ({ODD} if guessed else set())
