"""Names that fail because of people, each beside a list of the same size that does not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mail_threats.scoring.activity import Activity, read_activity
from mail_threats.scoring.burst_score import Burst, Thresholds, score_source
from mail_threats.scoring.names import People

MORNING = 1772532000  # 2026-03-03T10:00:00Z
HERE = "203.0.113.7"
BROWSER = "Mozilla/5.0 Chrome/131.0.0.0"
CLIENTS = [f"Mozilla/5.0 Chrome/{n}.0.0.0" for n in range(111, 131)]
WORDS = [
    "bern",
    "kolb",
    "ried",
    "mast",
    "fuge",
    "lohn",
    "tarn",
    "wink",
    "zorn",
    "gams",
    "hald",
    "pirk",
    "quast",
    "ulme",
]
STAFF = [f"{word}.{other}" for word, other in zip(WORDS, [*WORDS[3:], *WORDS[:3]])]


def failing(name: str, second: int, outcome: str = "guess_not_real", agent: str = BROWSER, **more: str) -> Activity:
    at = str(MORNING + second)
    row = {"_time": at, "src": HERE, "user": name, "outcome": outcome, "first_seen": at, "last_seen": at}
    return read_activity({**row, "attempts": "1", "app_id": "mail", "user_agent": agent, **more})[1]


def staff_at_work() -> list[Activity]:
    """Everybody signed in before nine, with a client each."""
    return [
        failing(f"{name}@contoso.com", n * 60 - 3 * 3600, "success", CLIENTS[n % len(CLIENTS)])
        for n, name in enumerate(STAFF)
    ]


def uneven(n: int, within: int = 3300) -> int:
    return (n * n * 7919) % within


def burst(rows: list[Activity], everybody: People | None = None) -> Burst:
    (found,) = score_source(HERE, rows, Thresholds(), everybody)
    assert sum(int(line.partition(":")[0]) for line in found.reasons.lines()) == found.score
    # Who signs in beside names with an innocent cause owns the account.
    assert found.burst_class == "enumeration" or not found.success_users
    return found


VISITORS = [
    f"{word}@{company}" for word, company in zip(WORDS, ["example.net", "example.org", "fabrikam.example.com"] * 5)
]
EVERYBODY = People(f"{name}@contoso.com" for name in STAFF)


def visitors(agents: list[str]) -> list[Activity]:
    return [failing(name, uneven(n), agent=agents[n % len(agents)]) for n, name in enumerate(VISITORS)]


def in_order(rows: list[Activity]) -> list[Activity]:
    """The same attempts at the same times, by name."""
    users = sorted(row.user for row in rows)
    return [row._replace(user=user) for row, user in zip(sorted(rows, key=lambda row: row.first_seen), users)]


@pytest.mark.parametrize(
    ("rows", "burst_class"),
    [
        pytest.param([*staff_at_work(), *visitors(CLIENTS)], "external_identities", id="visitors of an office"),
        pytest.param(visitors(CLIENTS), "external_identities", id="guests of a hotel"),
        pytest.param(in_order(visitors(["axios/1.7.7"])), "external_identities", id="a partner's synchronisation"),
        pytest.param(
            [*visitors(CLIENTS), *(failing(f"{word}@contoso.com", uneven(n)) for n, word in enumerate(WORDS[:10]))],
            "enumeration",
            id="ten names of the company beside them",
        ),
        pytest.param(
            [*visitors(CLIENTS), failing("a@example.net", 5, "guess_real"), failing("a@example.org", 6, "guess_real")],
            "enumeration",
            id="domains under which some exist",
        ),
    ],
)
def test_names_of_domains_in_which_nobody_signs_in_are_no_guesses(rows: list[Activity], burst_class: str) -> None:
    found = burst(rows, EVERYBODY)
    assert found.burst_class == burst_class
    assert (found.score < 40) == (burst_class != "enumeration")


def test_a_client_for_each_visitor_is_no_sign_where_people_work() -> None:
    found = burst([*staff_at_work(), *visitors(CLIENTS)], EVERYBODY)
    assert not any("user agent" in line for line in found.reasons.lines())


def test_the_tenant_s_first_domain_is_nobody_else_s() -> None:
    assert [EVERYBODY.strange_domain(f"a@{d}") for d in ("contoso.com", "contoso.onmicrosoft.com", "example.net")] == [
        False,
        False,
        True,
    ]
    assert not People(()).strange_domain("a@example.net")


def in_a_row(outcome: str = "guess_real", most: int = 4, within: int = 3300, **more: str) -> list[Activity]:
    """Two to `most` attempts of each account within two minutes, the accounts spread over nearly an hour."""
    return [
        failing(f"{name}@contoso.com", uneven(n, within) + 40 * again, outcome, **more)
        for n, name in enumerate(STAFF)
        for again in range(2 + n % (most - 1))
    ]


def clients_each(rows: list[Activity]) -> list[Activity]:
    names = sorted({row.user for row in rows})
    return [row._replace(user_agent=(CLIENTS[names.index(row.user) % len(CLIENTS)],)) for row in rows]


def clients_by_attempt(rows: list[Activity]) -> list[Activity]:
    return [row._replace(user_agent=(CLIENTS[n % len(CLIENTS)],)) for n, row in enumerate(rows)]


def one_by_one(rows: list[Activity]) -> list[Activity]:
    """The accounts one after the other, each begun when the last one is done."""
    order = {user: n for n, user in enumerate(dict.fromkeys(row.user for row in rows))}
    first = {row.user: row.first_seen for row in reversed(rows)}
    moved = [MORNING + 237.0 * order[row.user] ** 1.1 + row.first_seen - first[row.user] for row in rows]
    return [row._replace(minute=int(at // 60), first_seen=at, last_seen=at) for row, at in zip(rows, moved)]


def in_rounds(**more: str) -> list[Activity]:
    return [
        failing(f"{name}@contoso.com", 1100 * again + uneven(n, 1000), "guess_real", **more)
        for n, name in enumerate(STAFF)
        for again in range(3)
    ]


KNOWN = {"known_from": str(MORNING - 5 * 86400)}


@pytest.mark.parametrize(
    ("rows", "burst_class"),
    [
        pytest.param(clients_each(in_a_row(**KNOWN)), "own_passwords", id="each tries again and stops"),
        pytest.param(in_a_row(agent="", **KNOWN), "own_passwords", id="several at a time, where no clients are shown"),
        pytest.param(one_by_one(in_a_row(agent="", **KNOWN)), "enumeration", id="one after the other"),
        pytest.param(in_a_row(**KNOWN), "enumeration", id="one browser for all"),
        pytest.param(clients_by_attempt(in_a_row(**KNOWN)), "enumeration", id="another client for each attempt"),
        pytest.param(in_rounds(**KNOWN), "enumeration", id="a list in three rounds"),
        pytest.param(in_a_row(), "enumeration", id="accounts that nobody uses"),
        pytest.param(in_a_row(most=2, **KNOWN), "enumeration", id="two passwords for each"),
        pytest.param(in_a_row(within=1600, **KNOWN), "enumeration", id="all of them within half an hour"),
        pytest.param(in_a_row("password_correct", **KNOWN), "enumeration", id="right passwords"),
        pytest.param(
            [*in_a_row(**KNOWN), failing("kern.jolle@contoso.com", 900)], "enumeration", id="not all of them exist"
        ),
        pytest.param(in_a_row(user_agent="python-requests/2.32", **KNOWN), "enumeration", id="a script"),
    ],
)  # fmt: skip
def test_people_try_their_own_password_in_a_row(rows: list[Activity], burst_class: str) -> None:
    found = burst(rows)
    assert (found.burst_class, found.score < 40) == (burst_class, burst_class != "enumeration")


SURNAMES = [
    "hoffmann",
    "schneider",
    "wagner",
    "becker",
    "schulz",
    "krueger",
    "zimmermann",
    "braun",
    "hartmann",
    "lange",
]
INITIALS = "abdeghjkmnprstw"
DENSE = People(f"{i}{surname}@contoso.com" for n, surname in enumerate(SURNAMES) for i in INITIALS[n % 3 :: 3])
TWINS = People(f"{i}{s[:3]}{x}{s[4:]}@contoso.com" for i, s in zip(INITIALS, SURNAMES) for x in "xy")
SPARSE = People(f"{i}{surname}@contoso.com" for i, surname in zip(INITIALS, SURNAMES))


@pytest.mark.parametrize(
    ("names", "everybody", "slips"),
    [
        pytest.param([f"q{s}" for s in SURNAMES], DENSE, False, id="another initial, many of the name"),
        pytest.param([f"q{s}" for s in SURNAMES], SPARSE, False, id="another initial, one of the name"),
        pytest.param(
            [f"{i}{s[:3]}z{s[4:]}" for i, s in zip(INITIALS, SURNAMES)], TWINS, False, id="between two of the people"
        ),
        pytest.param([f"{i}{s[:3]}{s[4:]}" for i, s in zip(INITIALS, SURNAMES)], SPARSE, True, id="a letter left out"),
        pytest.param(
            [f"{INITIALS[n % 3]}{s[:3]}{s[4:]}" for n, s in enumerate(SURNAMES)], DENSE, True,
            id="a letter left out among many of the name",
        ),
    ],
)  # fmt: skip
def test_one_letter_from_somebody_is_a_slip_only_where_names_are_apart(
    names: list[str], everybody: People, slips: bool
) -> None:
    found = burst([failing(f"{name}@contoso.com", uneven(n)) for n, name in enumerate(names)], everybody)
    assert (found.burst_class == "user_slips", found.score < 40) == (slips, slips)


def in_another_format(attempts: int) -> list[Activity]:
    """The staff's initials and surnames, each again every half hour, from phones of one make; below zero at once."""
    return [
        failing(f"{name[0]}{name.partition('.')[2]}@contoso.com",
                uneven(n, 1700) + (1800 if attempts > 0 else 5) * again, agent="Android-Mail/2026.11")
        for n, name in enumerate(STAFF)
        for again in range(abs(attempts))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attempts", "before", "burst_class"),
    [
        pytest.param(8, staff_at_work(), "shared_egress", id="of people who work there"),
        pytest.param(1, staff_at_work(), "enumeration", id="tried once where they work"),
        pytest.param(2, [], "stale_devices", id="of people known elsewhere, in the first hour"),
        pytest.param(1, [], "enumeration", id="tried once elsewhere"),
        pytest.param(-2, [], "enumeration", id="tried twice elsewhere, without a pause"),
    ],
)
def test_another_format_of_people_s_names_is_an_old_profile_when_devices_repeat_it(
    attempts: int, before: list[Activity], burst_class: str
) -> None:
    found = burst([*before, *in_another_format(attempts)], EVERYBODY)
    assert (found.burst_class, found.score < 40) == (burst_class, burst_class != "enumeration")


TEAM_FILTRATION = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Teams/1.3.00.30866 Chrome/80.0.3987.165 Electron/8.5.1 Safari/537.36"
)


@pytest.mark.parametrize("agent", ["python-requests/2.32.3", pytest.param(TEAM_FILTRATION, id="TeamFiltration")])
def test_a_script_is_told_whether_names_are_hidden_or_not(agent: str) -> None:
    hidden = burst([failing("Not Available", 20 * n, agent=agent) for n in range(45)])
    named = burst([failing(f"{name}@contoso.com", 20 * n, agent=agent) for n, name in enumerate(STAFF)])
    browser = burst([failing("Not Available", 20 * n) for n in range(45)])
    assert all(any("is a script or a tool" in line for line in found.reasons.lines()) for found in (hidden, named))
    assert hidden.score == browser.score + 15 + 10


def test_hidden_names_at_a_script_s_pace_are_high_and_at_a_device_s_are_not() -> None:
    fast, slow = (
        burst([failing("Not Available", pause * n, agent="python-requests/2.32.3") for n in range(45)])
        for pause in (23, 75)
    )
    assert fast.score >= 70 > slow.score


def test_a_script_that_makes_few_of_the_hidden_attempts_is_not_told() -> None:
    agents = ["python-requests/2.32.3", BROWSER, BROWSER]
    found = burst([failing("Not Available", 20 * n, agent=agents[n % 3]) for n in range(45)])
    assert not any("is a script or a tool" in line for line in found.reasons.lines())


def test_a_person_who_worked_here_before_is_not_the_guesser_s_entry() -> None:
    names = [failing(f"{name}@contoso.com", uneven(n)) for n, name in enumerate(STAFF)]
    before, after = (
        [failing("owner@contoso.com", at, "success"), failing("owner@contoso.com", at, "success")] for at in (-900, 900)
    )
    assert burst([*names, *before]).success_users == []
    assert burst([*names, *after]).success_users == ["owner@contoso.com"]


def asked_for(times: int, every: int, outcome: str, words: Sequence[str] = WORDS, **more: str) -> list[Activity]:
    return [
        failing(f"{name}@contoso.com", n * 25 + again * every, outcome, agent="axios/1.7.7", **more)
        for n, name in enumerate(words)
        for again in range(times)
    ]


FUNCTIONS = "info sales support billing scanner backup reception jobs press legal orders training".split()
MANY = [f"{name}{n}x" for name in WORDS for n in "abcd"]


@pytest.mark.parametrize(
    ("rows", "burst_class"),
    [
        pytest.param(asked_for(4, 3600, "guess_not_real"), "stale_devices", id="a probe of made-up names"),
        pytest.param(
            clients_by_attempt(asked_for(4, 3600, "guess_real", **KNOWN)),
            "enumeration",
            id="rounds, a client an attempt",
        ),
        pytest.param(asked_for(4, 3600, "guess_real"), "stale_devices", id="a pool of dead accounts"),
        pytest.param(asked_for(4, 3600, "guess_real", **KNOWN), "enumeration", id="a spray in rounds"),
        pytest.param(
            [*asked_for(4, 3600, "guess_not_real"), failing("worker@contoso.com", 40, "guess_real", **KNOWN)],
            "enumeration",
            id="one of them in use",
        ),
        pytest.param(
            [*asked_for(4, 3600, "guess_not_real"), *(failing(f"{s}@contoso.com", 9 * n) for n, s in enumerate(STAFF))],
            "enumeration",
            id="a list beside the probe",
        ),
        pytest.param(asked_for(4, 3600, "guess_not_real", FUNCTIONS), "enumeration", id="a dictionary of functions"),
        pytest.param(asked_for(4, 3600, "guess_not_real", MANY), "enumeration", id="more than any program has"),
        pytest.param(asked_for(4, 900, "guess_not_real"), "enumeration", id="a list in rounds within an hour"),
    ],
)
def test_names_that_nobody_uses_are_asked_for_by_software_again_and_again(
    rows: list[Activity], burst_class: str
) -> None:
    assert burst(rows, People(f"person{n}.known@contoso.com" for n in range(20))).burst_class == burst_class
    assert burst(rows).burst_class == "enumeration"


@pytest.mark.parametrize(
    ("attempts", "agents", "burst_class"),
    [
        pytest.param(3, CLIENTS, "second_factor", id="each with a client, again and again"),
        pytest.param(1, CLIENTS, "enumeration", id="once each"),
        pytest.param(3, [BROWSER], "enumeration", id="one browser for all"),
        pytest.param(3, [""], "enumeration", id="three rounds where no clients are shown"),
    ],
)
def test_right_passwords_of_most_are_people_without_their_phones(
    attempts: int, agents: list[str], burst_class: str
) -> None:
    rows = [
        failing(f"{name}@contoso.com", uneven(n) + 70 * again, "password_correct", agents[n % len(agents)], **KNOWN)
        for n, name in enumerate(STAFF)
        for again in range(attempts)
    ]
    found = burst(rows, EVERYBODY)
    assert (found.burst_class, found.score < 40) == (burst_class, burst_class != "enumeration")


@pytest.mark.parametrize(
    ("attempts", "code", "burst_class"),
    [
        pytest.param(3, "53003", "second_factor", id="each comes again"),
        pytest.param(1, "53003", "enumeration", id="once each"),
        pytest.param(3, "50074", "enumeration", id="asked for a second factor"),
    ],
)
def test_mail_programs_that_a_policy_refuses_come_again_with_one_client(
    attempts: int, code: str, burst_class: str
) -> None:
    rows = [
        failing(
            f"{name}@contoso.com", uneven(n) + 1500 * again, "password_correct", "BAV2ROPC", error_code=code, **KNOWN
        )
        for n, name in enumerate(STAFF)
        for again in range(attempts)
    ]
    found = burst(rows, EVERYBODY)
    assert (found.burst_class, found.score < 40) == (burst_class, burst_class != "enumeration")


def test_a_portal_passes_on_malformed_names_and_slips() -> None:
    malformed = [failing(f"CORP\\{word}", uneven(n)) for n, word in enumerate(WORDS[:6])]
    slips = [failing(f"{name[:-1]}@contoso.com", uneven(n + 6)) for n, name in enumerate(STAFF[:9])]
    others = [failing(f"{word}@contoso.com", uneven(n)) for n, word in enumerate(WORDS[:10])]
    assert burst([*malformed, *slips], EVERYBODY).burst_class == "federation_misconfig"
    assert burst([*malformed, *slips, *others], EVERYBODY).burst_class == "enumeration"


SYNTHETIC = [a + b for a in ("quar", "bix", "vond") for b in ("elso", "immer", "upta", "ogge", "ylan")]
WRONG = ("{first}", "{last}.{first}", "{first}{last}", "{first}x.{last}y", "{first} {last}")


def lesson(wait: int) -> list[Activity]:
    """A class of which each child types a wrong form of its name, and the right one `wait` seconds later."""
    rows = []
    for n, child in enumerate(STAFF):
        first, last = child.split(".")
        at = 60 * n + 3600
        wrong = WRONG[n % len(WRONG)].format(first=first, last=last)
        rows.append(failing(f"{wrong}@contoso.com", at))
        rows.append(failing(f"{child}@contoso.com", at + wait, "success"))
    return rows


def list_beside_busy_people() -> list[Activity]:
    """Three people whose mail signs in every minute, and a list that holds a part of their names in each of its own."""
    busy = STAFF[:3]
    sign_ins = [failing(f"{busy[n % 3]}@contoso.com", 3600 + 20 * n, "success") for n in range(130)]
    tried = [f"{busy[n % 3].split('.')[0]}.{SYNTHETIC[n // 2]}" for n in range(30)]
    return [*sign_ins, *(failing(f"{name}@contoso.com", 3605 + 80 * n) for n, name in enumerate(tried))]


@pytest.mark.parametrize(
    ("rows", "burst_class"),
    [
        pytest.param(lesson(40), "shared_egress", id="each child finds its name"),
        pytest.param(list_beside_busy_people(), "enumeration", id="a list with parts of the names of those at work"),
        pytest.param(
            [*lesson(40), *(failing(f"{word}.{n}q@contoso.com", 3600 + 70 * n) for n, word in enumerate(SYNTHETIC))],
            "enumeration",
            id="a list in the same lesson",
        ),
    ],
)
def test_wrong_names_before_the_right_one_are_somebody_s_own(rows: list[Activity], burst_class: str) -> None:
    found = burst([*staff_at_work(), *rows])
    assert (found.burst_class, found.score < 40) == (burst_class, burst_class != "enumeration")
