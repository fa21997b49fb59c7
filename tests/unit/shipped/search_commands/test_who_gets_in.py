"""Names that fail beside sign-ins from the same source: whose passwords they were, and whose name was looked for."""

from __future__ import annotations

import pytest
from unit.shipped.search_commands.test_people_or_a_list import (
    BROWSER,
    CLIENTS,
    HERE,
    KNOWN,
    MORNING,
    STAFF,
    burst,
    failing,
    in_a_row,
    uneven,
)

from mail_threats.scoring.activity import Activity
from mail_threats.scoring.burst_score import Thresholds, score_source
from mail_threats.scoring.names import People

SOFTWARE = "Calendar-Sync/4.2"
GONE = [f"{name[::-1]}@contoso.com" for name in STAFF]
MAILBOXES = [f"{name}@contoso.com" for name in STAFF]


def run(
    wrong: int = 0, pause: float = 2.0, agent: str = SOFTWARE, shift: float = 0.0, works: int = 14
) -> list[Activity]:
    """One go through mailboxes of which half are gone; of the others `wrong` have another password."""
    rows = [failing(name, int(pause * 2 * n), agent=agent) for n, name in enumerate(GONE)]
    for n, name in enumerate(MAILBOXES[:works]):
        outcome = "guess_real" if n < wrong else "success"
        rows.append(failing(name, int(pause * (2 * n + 1) + shift), outcome, agent))
    return rows


def gone(outcome: str, **more: str) -> list[Activity]:
    """The same go, where the directory says something else of those for which it does not get in."""
    answer = failing("x", 0, outcome, **more)
    return [row._replace(outcome=outcome, error_code=answer.error_code) if row.user in GONE else row for row in run()]


@pytest.mark.parametrize(
    ("rows", "burst_class"),
    [
        pytest.param(run(), "own_software", id="it gets in for all that are left"),
        pytest.param(run(wrong=2), "own_software", id="two passwords have changed"),
        pytest.param([*run(), *run(shift=21600)], "own_software", id="and again six hours later"),
        pytest.param(run(pause=35), "own_software", id="steadily, twice a minute"),
        pytest.param(gone("guess_real", error_code="50057"), "own_software", id="those that are gone are disabled"),
        pytest.param(gone("guess_real", error_code="50126"), "enumeration", id="half of the passwords are wrong"),
        pytest.param(
            [row._replace(user="not available") if row.outcome != "success" else row for row in run()],
            "own_software",
            id="the log hides the names that are gone",
        ),
        pytest.param(run(wrong=9), "enumeration", id="stolen passwords, five of them right"),
        pytest.param(
            [*run(), *(failing(f"worker{n}@contoso.com", -3600 - 40 * n, "success", SOFTWARE) for n in range(40))],
            "enumeration",
            id="in an office with one client for all",
        ),
        pytest.param(run(works=4), "enumeration", id="four stolen passwords, all of them right"),
        pytest.param(run(shift=3600, agent=BROWSER), "enumeration", id="who got in guesses an hour before"),
        pytest.param(
            [*run()[:14], *(row._replace(user_agent=(CLIENTS[n % 3],)) for n, row in enumerate(run()[14:]))],
            "enumeration",
            id="others work there with clients of their own",
        ),
    ],
)
def test_who_has_nearly_all_passwords_does_not_guess(rows: list[Activity], burst_class: str) -> None:
    found = burst(rows)
    assert (found.burst_class, found.score < 40) == (burst_class, burst_class != "enumeration")


def test_a_list_among_people_who_come_to_work_is_no_software() -> None:
    came = [failing(name, 60 + uneven(n, 1200), "success") for n, name in enumerate(MAILBOXES)]
    found = burst([*came, *(failing(name, 70 + 90 * n + uneven(n, 80)) for n, name in enumerate(GONE))])
    assert (found.burst_class, found.score >= 40) == ("enumeration", True)


@pytest.mark.parametrize(
    ("people", "pause", "agents", "burst_class"),
    [
        pytest.param(14, 70, CLIENTS, "shared_egress", id="new names of a class, a client each"),
        pytest.param(14, 3, CLIENTS, "enumeration", id="faster than people mistype"),
        pytest.param(8, 70, CLIENTS, "enumeration", id="more than there are people"),
        pytest.param(14, 70, [BROWSER], "enumeration", id="one client for all"),
    ],
)
def test_a_place_s_people_have_a_client_for_each_wrong_name(
    people: int, pause: int, agents: list[str], burst_class: str
) -> None:
    came = [failing(name, n * 60 - 7200, "success", CLIENTS[n]) for n, name in enumerate(MAILBOXES) if n < people]
    wrong = [failing(name, pause * n + n * n % pause, agent=agents[n % len(agents)]) for n, name in enumerate(GONE)]
    found = burst([*came, *wrong])
    assert (found.burst_class, found.score < 40) == (burst_class, burst_class != "enumeration")


def test_names_that_are_hidden_count_beside_a_burst_of_others() -> None:
    named = [failing(name, 100 * n + n * n % 90) for n, name in enumerate(GONE)]
    more = [failing("not available", 60 * n, record_id=f"h{n}", feed="audit") for n in range(28)]
    alone, both = (next(f for f in score_source(HERE, rows, Thresholds())) for rows in (named, [*named, *more]))
    assert (both.names_hidden, both.score) == (28, alone.score + 10)


SPELLINGS = [
    "adm.richter", "admin.richter", "a.richter", "richter.adm", "lrichter.adm", "t1.richter", "adm-lrichter",
    "lena.richter.admin", "richteradmin", "cloudadmin.richter", "sa-richter",
]  # fmt: skip
SECOND = "t0.richter@contoso.com"
PEOPLE = People([*MAILBOXES, "lena.richter@contoso.com"])


def searched(
    spellings: list[str] = SPELLINGS, pause: int = 45, found: str = SECOND, wrong: int = 0, **more: str
) -> list[Activity]:
    """Spellings of one name, one after the other, and in the end the account that there is."""
    end = pause * len(spellings)
    return [
        *(failing(f"{name}@contoso.com", pause * n + n % 7) for n, name in enumerate(spellings)),
        *(failing(found, end + 5 * n, "guess_real") for n in range(wrong)),
        failing(found, end + 60, "success", **more),
    ]


USED = {"known_from": str(MORNING - 86400)}
IN_ORDER = sorted(SPELLINGS)


@pytest.mark.parametrize(
    ("rows", "everybody", "burst_class"),
    [
        pytest.param(searched(), PEOPLE, "own_name", id="an administrator finds the second account"),
        pytest.param(
            searched(), People([*MAILBOXES, "lrichter@contoso.com"]), "own_name", id="where names have an initial"
        ),
        pytest.param(searched(wrong=2), PEOPLE, "own_name", id="with the right password at the third time"),
        pytest.param(
            searched(known_from=str(MORNING + 555)), People([*PEOPLE.names, SECOND]), "own_name",
            id="that is known since",
        ),
        pytest.param(
            [failing("lena.richter@contoso.com", -600, "success"), *searched(**USED)],
            People([*PEOPLE.names, SECOND]), "own_name", id="that was used before, where the person works",
        ),
        pytest.param(searched(**USED), People([*PEOPLE.names, SECOND]), "enumeration", id="an account in use"),
        pytest.param(searched(), People(MAILBOXES), "enumeration", id="nobody of the name is known"),
        pytest.param(searched(wrong=4), PEOPLE, "enumeration", id="four wrong passwords"),
        pytest.param(searched(pause=2), PEOPLE, "enumeration", id="faster than anybody types"),
        pytest.param(searched(IN_ORDER), PEOPLE, "enumeration", id="in alphabetical order"),
        pytest.param(searched()[:-1], PEOPLE, "enumeration", id="and never found"),
        pytest.param(
            searched([f"{given}.richter" for given in "kim tom eva jan ines olaf petra ute ali bo".split()]),
            PEOPLE, "enumeration", id="everybody of the surname",
        ),
        pytest.param(searched([*SPELLINGS[:8], *STAFF[:4]]), PEOPLE, "enumeration", id="others among them"),
        pytest.param(
            [*searched(), failing(MAILBOXES[0], 300, "guess_real")], PEOPLE, "enumeration", id="another's password"
        ),
    ],
)  # fmt: skip
def test_who_looks_for_an_own_account_finds_it(rows: list[Activity], everybody: People, burst_class: str) -> None:
    found = burst(rows, everybody)
    assert (found.burst_class, found.score < 40) == (burst_class, burst_class != "enumeration")


def old_password(pause: int, own: bool, again: int = 3, **more: str) -> list[Activity]:
    """Phones without a client in the log go on with the old password; a list comes round with one pause for all."""
    return [
        failing(name, uneven(n, 2300) + k * (pause + (n * 331) % 900 if own else pause), "guess_real", agent="", **more)
        for n, name in enumerate(MAILBOXES)
        for k in range(2 + n % again)
    ]


@pytest.mark.parametrize(
    ("rows", "burst_class"),
    [
        pytest.param(old_password(300, own=True, **KNOWN), "own_passwords", id="each phone with a pause of its own"),
        pytest.param(old_password(1600, own=False, **KNOWN), "enumeration", id="rounds of a list"),
        pytest.param(old_password(300, own=True), "enumeration", id="accounts that nobody uses"),
        pytest.param(
            list({row.user: row for row in old_password(300, own=True, **KNOWN)}.values()),
            "enumeration", id="once each",
        ),
    ],
)  # fmt: skip
def test_phones_go_on_with_an_old_password_each_at_its_pace(rows: list[Activity], burst_class: str) -> None:
    found = burst(rows)
    assert (found.burst_class, found.score < 40) == (burst_class, burst_class != "enumeration")
    assert burst(in_a_row(**KNOWN)).burst_class == "enumeration"
