"""Hidden names spread over sources, lists without order from a script, and what people behind one address look like."""

from __future__ import annotations

import pytest

from mail_threats.scoring.activity import Activity, read_activity
from mail_threats.scoring.burst_score import Thresholds, score_source
from mail_threats.scoring.clusters import ClusterThresholds
from mail_threats.scoring.continued import continued_lists
from mail_threats.scoring.days import DayThresholds
from mail_threats.scoring.hidden import hidden_clusters
from mail_threats.scoring.joining import Usual

MIDNIGHT = 1772496000  # 2026-03-03T00:00:00Z
DAY = 86400
SCRIPT = "python-requests/2.32.3"
BROWSER = "Mozilla/5.0 Chrome/131.0.0.0"
HIDDEN = "Not Available"


def row(src: str, user: str, at: float, outcome: str = "guess_not_real", **more: object) -> Activity:
    fields = {"_time": str(at), "src": src, "user": user, "outcome": outcome, "attempts": "1"}
    fields.update({"first_seen": str(at), "last_seen": str(at), "app_id": "mail", "user_agent": BROWSER})
    fields.update(more)  # type: ignore[arg-type]
    return read_activity(fields)[1]


def hidden(rows: list[Activity], usual: Usual | None = None) -> list[tuple[str, int, int]]:
    """(trait, sources, attempts) of each cluster; a hundred people sign in with the browser to their mail."""
    networks: dict[str, list[Activity]] = {}
    for activity in rows:
        networks.setdefault(activity.src, []).append(activity)
    usual = usual or Usual({BROWSER: 100}, {"mail": 100}, 100)
    found = hidden_clusters(networks, ClusterThresholds(), usual)
    for cluster in found:
        assert sum(int(line.partition(":")[0]) for line in cluster.reasons.lines()) == cluster.reasons.total
    return [(cluster.trait, len(cluster.networks), cluster.hidden) for cluster in found]


def lines(count: int, attempts: int = 1, every: float = 300, **more: object) -> list[Activity]:
    # At no even pace.
    times = [MIDNIGHT + every * s + (s * s * 7919) % 4000 for s in range(count)]
    return [row(f"198.18.{s}.7", HIDDEN, times[s], attempts=str(attempts), **more) for s in range(count)]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(lines(40, user_agent=SCRIPT), [("agent", 40, 40)], id="a script"),
        pytest.param(lines(40, app_id="cli"), [("agent", 40, 40)], id="an application that nobody uses"),
        pytest.param(lines(40, user_agent="Odd/1.0"), [("agent", 40, 40)], id="a client that nobody uses"),
        pytest.param(lines(40), [], id="what everybody uses, at no pace"),
        pytest.param(lines(19, user_agent=SCRIPT), [], id="too few"),
        pytest.param(lines(40, attempts=6, user_agent=SCRIPT), [], id="devices that try again"),
        pytest.param(
            2 * [row(f"198.18.9.{s}", HIDDEN, MIDNIGHT + s * 500 + (s * s * 7919) % 400) for s in range(20)],
            [("network", 20, 40)],
            id="one network",
        ),
        pytest.param(
            lines(40, user_agent=SCRIPT) + [row(f"198.18.{s}.7", "p@x.com", MIDNIGHT, "success") for s in range(40)],
            [],
            id="people get in there",
        ),
        pytest.param(
            lines(40, user_agent=SCRIPT) + [row(f"198.18.{s}.7", f"n{s}@x.com", MIDNIGHT) for s in range(40)],
            [],
            id="another feed has the names",
        ),
    ],
)  # fmt: skip
def test_hidden_names_are_told_by_their_sources(rows: list[Activity], found: list[tuple[str, int, int]]) -> None:
    assert hidden(rows) == found


def test_a_right_password_among_hidden_names_is_critical() -> None:
    rows = [*lines(40, user_agent=SCRIPT), row("198.18.3.7", "ann@x.com", MIDNIGHT + 5, "password_correct")]
    (cluster,) = hidden_clusters(
        {a.src: [b for b in rows if b.src == a.src] for a in rows}, ClusterThresholds(), Usual()
    )
    assert (cluster.reasons.total, cluster.names) == (100, ["ann@x.com"])


def test_a_script_from_new_sources_each_night_needs_no_order() -> None:
    def nights(agent: str, app: str = "mail") -> list[Activity]:
        return [
            row(f"198.18.{night}.{n}", f"{(night * 7 + n * 3) % 23}q{night}{n}@x.com", MIDNIGHT + night * DAY + n * 900,
                user_agent=agent, app_id=app)
            for night in range(5)
            for n in range(6)
        ]  # fmt: skip

    (found,) = continued_lists(nights(SCRIPT), DayThresholds())
    assert len(found.guesses) == 30
    assert "in order" not in found.reasons.lines()[0]
    assert continued_lists(nights(BROWSER), DayThresholds()) == []


# --- one address where people work


def office(names: list[str], agents: list[str], outcome: str, **more: object) -> list[Activity]:
    """Twenty people signed in there before nine with agents of theirs; then the names fail."""
    signed_in = [
        row(
            "203.0.113.7",
            f"worker{n}@x.com",
            MIDNIGHT + 7 * 3600 + n * 60,
            "success",
            user_agent=agents[n % len(agents)],
        )
        for n in range(20)
    ]
    failing = [
        row("203.0.113.7", name, MIDNIGHT + 9 * 3600 + (n * n * 7919) % 3100, outcome,
            user_agent=agents[n % len(agents)], **more)
        for n, name in enumerate(names)
    ]  # fmt: skip
    return [*signed_in, *failing]


WORDS = ["bern", "kolb", "ried", "mast", "fuge", "lohn", "tarn", "wink", "zorn", "gams", "hald", "pirk", "quast", "ulm"]
NEW = [f"{word}.{other}@x.com" for word, other in zip(WORDS, [*WORDS[3:], *WORDS[:3]])]
AGENTS = [f"Mozilla/5.0 Chrome/{n}.0.0.0" for n in range(118, 132)]


@pytest.mark.parametrize(
    ("rows", "burst_class"),
    [
        pytest.param(office(NEW, AGENTS, "guess_not_real"), "shared_egress", id="new people, a client each"),
        pytest.param(office(NEW, [BROWSER], "guess_real"), "shared_egress", id="one desktop image for all"),
        pytest.param(office(NEW, [SCRIPT], "guess_real"), "shared_egress", id="a portal's own client"),
        pytest.param(
            office([f"user{n}@x.com" for n in range(14)], [BROWSER], "guess_not_real"), "enumeration", id="numbers"
        ),
        pytest.param(office([HIDDEN] * 14, AGENTS, "guess_not_real"), "shared_egress", id="hidden, a client each"),
        pytest.param(office([HIDDEN] * 40, [BROWSER], "guess_not_real"), "hidden_names", id="hidden, one client"),
    ],
)
def test_an_office_looks_like_its_people(rows: list[Activity], burst_class: str) -> None:
    (burst,) = score_source("203.0.113.7", rows, Thresholds())
    assert burst.burst_class == burst_class
    assert (burst.score < 40) == (burst_class == "shared_egress")


def test_known_people_who_are_asked_for_more_are_nobody_s_hit() -> None:
    rows = office(NEW, AGENTS, "password_correct", known_from=str(MIDNIGHT - DAY))
    (burst,) = score_source("203.0.113.7", rows, Thresholds())
    assert burst.score < 20
    (stranger,) = score_source("203.0.113.7", office(NEW, [BROWSER], "password_correct"), Thresholds())
    assert stranger.score == 35 or stranger.score >= 90


def test_printers_with_an_old_password_are_devices_on_their_first_morning() -> None:
    names = [f"{kind}-{n}@x.com" for n, kind in enumerate(("scanner", "printer", "mfp", "copier") * 3)]
    rows = [
        row("192.0.2.9", name, MIDNIGHT + again * 1500 + (n * n * 7919) % 1400, "guess_real", user_agent="")
        for n, name in enumerate(names)
        for again in range(3)
    ]
    (burst,) = score_source("192.0.2.9", rows, Thresholds())
    assert (burst.burst_class, burst.score) == ("stale_devices", 35)
