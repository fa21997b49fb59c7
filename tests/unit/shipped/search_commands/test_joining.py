"""What makes sources those of one hand: not what everybody has."""

from __future__ import annotations

import pytest

from mail_threats.scoring.activity import Activity, read_activity
from mail_threats.scoring.clusters import Cluster, ClusterThresholds, find_clusters
from mail_threats.scoring.guesses import guesses_of
from mail_threats.scoring.joining import Usual, but_owners_elsewhere, right_of_the_list, signs_of
from mail_threats.scoring.names import People
from mail_threats.scoring.patterns import Sign
from mail_threats.scoring.sources import Source

MIDNIGHT = 1772496000  # 2026-03-03T00:00:00Z
HOUR = 3600
PHONE, OWN = "Outlook-iOS/2.0", "Mozilla/5.0 (X11) Probe"
USUAL = Usual({PHONE: 40, "Browser/1": 30}, {"home": 50}, 60)
GIVEN = "ada bo cyril dana egon fritz gerda hanna ivo jette karl lea milo nora olaf pia quint rosa sven tilda".split()
FAMILY = "abel braun carstens dietz evers franke gerber hagen immel jost krell lorenz menge nagel otte pohl".split()


def name(number: int) -> str:
    """Names in no order, none a slip of another."""
    return f"{GIVEN[number * 7 % 20]}.{FAMILY[number * 5 % 16]}{number // 80 or ''}@contoso.com"


def row(src: str, user: str, at: float, outcome: str = "guess_not_real", **more: str) -> Activity:
    fields = {"_time": str(at), "src": src, "user": user, "outcome": outcome, "attempts": "1", "app_id": "home"}
    return read_activity({**fields, "first_seen": str(at), "last_seen": str(at), **more})[1]


def tried(count: int, agent: str = "", attempts: int = 1, start: int = 0) -> list[Activity]:
    """Names of nobody, each from another source, at an irregular pace; with common clients unless one is given."""
    return [
        row(
            f"198.18.{n}.7", name(n), MIDNIGHT + (n * n * 977 + n * 131) % 9000, attempts=str(attempts),
            user_agent=agent or f"Browser/{n % 9}",
        )
        for n in range(start, start + count)
    ]  # fmt: skip


def clusters(rows: list[Activity], everybody: tuple[str, ...] = ()) -> list[Cluster]:
    found: dict[str, list[Activity]] = {}
    for activity in rows:
        found.setdefault(activity.src, []).append(activity)
    return find_clusters(found.items(), People(everybody), ClusterThresholds(), USUAL)


def again(rows: list[Activity], times: int, every: int, *, elsewhere: bool) -> list[Activity]:
    """The same names again, from the same sources or from another one each time."""
    return [
        a._replace(
            src=f"198.19.{number * 30 + n}.1" if elsewhere and number else a.src,
            first_seen=a.first_seen + number * every,
            last_seen=a.last_seen + number * every,
        )
        for number in range(times)
        for n, a in enumerate(rows)
    ]


def dealt(rows: list[Activity]) -> list[Activity]:
    """The attempts over sixty sources, none of which comes to a name twice."""
    return [a._replace(src=f"198.18.{number * 7 % 60}.7") for number, a in enumerate(rows)]


def test_a_tool_s_list_counts_by_its_names_from_however_few_sources() -> None:
    rows = [a._replace(src=f"198.18.{n % 6}.7") for n, a in enumerate(tried(48, "python-requests/2.32"))]
    (cluster,) = clusters(rows)
    assert cluster.reasons.lines()[0] == "55: 48 addresses from 6 sources, 8.0 from each"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(tried(14), 0, id="a dozen strangers with what everybody has"),
        pytest.param(tried(14, PHONE), 0, id="a dozen phones with the mail program of most"),
        pytest.param(tried(14, OWN), 1, id="a dozen sources with a client of nobody"),
        pytest.param(tried(14, "python-requests/2.32"), 1, id="a dozen sources of a script"),
        pytest.param(tried(60, attempts=2), 0, id="sixty who try twice, as people do"),
        pytest.param(tried(60), 1, id="sixty names that nobody tries again"),
        pytest.param(tried(60, OWN, attempts=2), 1, id="sixty names with a client of nobody"),
    ],
)
def test_few_sources_need_something_that_others_do_not_have(rows: list[Activity], found: int) -> None:
    assert len(clusters(rows)) == found


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(again(tried(24, PHONE), 4, HOUR, elsewhere=True), 0, id="phones that move"),
        pytest.param(again(tried(24, OWN), 3, 3 * HOUR, elsewhere=True), 1, id="three rounds with a client of nobody"),
        pytest.param(again(tried(24, "curl/8"), 3, 2 * HOUR, elsewhere=True), 1, id="three rounds of a script"),
        pytest.param(dealt(again(tried(24, "curl/8"), 6, 2 * HOUR, elsewhere=False)), 1, id="six rounds of a script"),
        pytest.param(again(tried(24, PHONE), 2, 3 * HOUR, elsewhere=True), 1, id="two rounds of a list"),
        pytest.param(again(tried(24, PHONE), 2, 700, elsewhere=True), 0, id="each again at a pace of its own"),
    ],
)
def test_a_name_that_is_asked_for_again_and_again_is_a_device_s(rows: list[Activity], found: int) -> None:
    assert len(clusters(rows)) == found


def formats(agent: str, attempts: int) -> list[Activity]:
    """People's names the other way round."""
    return [
        a._replace(user=f"{last}.{first}@contoso.com", attempts=attempts)
        for a in tried(40, agent)
        for first, _, last in [a.user.partition("@")[0].partition(".")]
    ]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(formats(OWN, 2), 0, id="again: a profile that devices were given"),
        pytest.param(formats(OWN, 1), 1, id="once each: somebody tries a format"),
        pytest.param(formats("python-requests/2.32", 2), 1, id="a script"),
    ],
)
def test_a_wrong_format_of_people_s_names_that_is_asked_for_again_is_a_profile(
    rows: list[Activity], found: int
) -> None:
    people = tuple(a.user for a in tried(40))
    assert len(clusters(rows, everybody=people)) == found


HOMES = [
    row(f"203.0.113.{n}", f"person{n}.known@contoso.com", MIDNIGHT + n * 900, "password_correct", user_agent="Old/1")
    for n in range(4)
]


def test_a_right_password_at_home_is_not_of_the_list_of_the_same_hours() -> None:
    (cluster,) = clusters([*tried(60), *HOMES])
    lines = cluster.reasons.lines()
    assert cluster.reasons.total < 90
    assert any(line.startswith("0: the password was right for person0.known") for line in lines)
    assert not any(line.startswith("50:") for line in lines)


def source(*activities: Activity) -> Source:
    return Source(activities[0].src, list(activities), guesses_of(activities))


SHARERS = [source(a) for a in tried(4, OWN)]
OWNER, OWNER_WITH_THE_CLIENT = source(HOMES[0]), source(HOMES[1]._replace(user_agent=(OWN,)))


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        pytest.param([*SHARERS, OWNER], SHARERS, id="an owner at home"),
        pytest.param(
            [*SHARERS, OWNER_WITH_THE_CLIENT], [*SHARERS, OWNER_WITH_THE_CLIENT], id="with the client of the list"
        ),
        pytest.param([OWNER, OWNER_WITH_THE_CLIENT], [OWNER, OWNER_WITH_THE_CLIENT], id="nobody to differ from"),
    ],
)
def test_who_has_the_right_password_at_home_is_no_source_of_a_list(part: list[Source], kept: list[Source]) -> None:
    assert but_owners_elsewhere(part) == kept


WITH_TWO_NAMES = source(HOMES[2], row(HOMES[2].src, name(90), MIDNIGHT + 5 * HOUR))


@pytest.mark.parametrize(
    ("sign", "right"),
    [
        pytest.param("once_each", [], id="nothing makes the sources those of one hand"),
        pytest.param("several_names", ["person2.known@contoso.com"], id="the source tries several names as others do"),
        pytest.param("rare_agent", ["person0.known@contoso.com", "person2.known@contoso.com"], id="a client of nobody"),
    ],
)
def test_a_right_password_counts_where_the_source_belongs_to_the_list(sign: str, right: list[str]) -> None:
    assert right_of_the_list([Sign(sign, 5, "")], [*SHARERS, OWNER, WITH_TWO_NAMES]) == right


@pytest.mark.parametrize(
    ("count", "moved", "in_order"),
    [
        pytest.param(12, 1, False, id="a dozen in an order that chance makes too"),
        pytest.param(12, 0, True, id="a dozen in a good order"),
        pytest.param(24, 2, True, id="two dozen in an order that chance does not make"),
    ],
)
def test_of_few_names_a_better_order_is_asked(count: int, moved: int, in_order: bool) -> None:
    """The first `moved` names are tried last."""
    names = sorted(name(n) for n in range(count))
    order = names[moved:] + names[:moved]
    rows = [row(f"198.18.{n}.7", user, MIDNIGHT + n * 300 + n * n % 70) for n, user in enumerate(order)]
    part = [source(a) for a in rows]
    signs = signs_of("application", part, part, guesses_of(rows), USUAL)
    assert ("sorted" in {sign.id for sign in signs}) == in_order


@pytest.mark.parametrize(
    ("agents", "found"),
    [
        pytest.param(("Old/1", PHONE), 0, id="people who are refused, and phones"),
        pytest.param((OWN, OWN), 1, id="a client of nobody"),
        pytest.param(("python-requests/2.32", PHONE), 0, id="programs of people, and phones"),
    ],
)
def test_people_with_the_right_password_make_no_list_of_a_few_phones(agents: tuple[str, str], found: int) -> None:
    refused = [
        row(
            f"203.0.113.{n}",
            f"person{n}.known@contoso.com",
            MIDNIGHT + n * 700,
            "password_correct",
            user_agent=agents[0],
        )
        for n in range(8)
    ]
    assert len(clusters([*refused, *tried(9, agents[1])])) == found


def test_a_right_password_with_the_client_of_the_list_is_critical() -> None:
    (cluster,) = clusters([*tried(60, OWN), *(a._replace(user_agent=(OWN,)) for a in HOMES)])
    assert cluster.reasons.total >= 90


@pytest.mark.parametrize(
    ("rows", "shared", "line"),
    [
        pytest.param(
            [a._replace(user_agent=(PHONE,)) for a in tried(60)],
            "one list",
            "0: shared by nearly all sources: one list, client Outlook-iOS/2.0, as 40 of 60 people use it, "
            "application home, as 50 of 60 people use it",
            id="what everybody uses",
        ),
        pytest.param(
            tried(60, OWN),
            f"client {OWN}",
            f"0: shared by nearly all sources: client {OWN}, application home, as 50 of 60 people use it",
            id="a client of nobody",
        ),
    ],
)
def test_a_title_names_what_joins_the_sources_and_not_what_everybody_uses(
    rows: list[Activity], shared: str, line: str
) -> None:
    (cluster,) = clusters(rows)
    assert cluster.shared == shared
    assert line in cluster.reasons.lines()
