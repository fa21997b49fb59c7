"""Scores one burst: what was tried, what was found, how sure we are, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .activity import Activity, distinct
from .bursts import Span, burst_spans
from .names import People, malformed

ENUMERATION = "enumeration"
HIDDEN = "hidden_names"
SHARED_EGRESS = "shared_egress"
FEDERATION = "federation_misconfig"

# A source with this many people signing in is an office, a VPN or a proxy, where slips of the fingers are expected.
_EGRESS_PEOPLE = 5
# So often somebody tries an own account whose password changed.
_OWN_ATTEMPTS = 3
# Hidden names over this many minutes at no more than this many attempts a minute are one forgotten device.
_DEVICE_MIN = 240
_DEVICE_RATE = 2
# Highest score of a burst whose own signs say that it is innocent: low.
_INNOCENT_CAP = 35


@dataclass(frozen=True)
class Thresholds:
    """Distinct names in any `window` minutes that make each verdict; `merge_gap` minutes join bursts; `max_names`
    listed.
    """

    window: int = 60
    low: int = 10
    moderate: int = 20
    high: int = 50
    merge_gap: int = 60
    max_names: int = 100


@dataclass
class Reasons:
    """Points with their reasons; the score is their sum, kept within 0 to 100 by reasons of their own."""

    points: list[tuple[int, str]] = field(default_factory=list)

    def add(self, points: int, reason: str) -> None:
        if points:
            self.points.append((points, reason))

    @property
    def total(self) -> int:
        return sum(points for points, _ in self.points)

    def keep_at_most(self, most: int, reason: str) -> None:
        self.add(min(0, most - self.total), reason)

    def lines(self) -> list[str]:
        return [f"{points}: {reason}" for points, reason in self.points]


@dataclass(frozen=True)
class Burst:
    """One burst of one source, scored. Names are in the order they were first tried; times are epoch seconds."""

    source: str
    first_seen: float
    last_seen: float
    attempts: int
    names: list[str]
    names_hidden: int
    peak_names: int
    valid_found: list[str]
    password_correct: list[str]
    unsure: list[str]
    not_real_count: int
    success_users: list[str]
    explained_names: int
    activities: list[Activity]
    verdict: str
    burst_class: str
    reasons: Reasons

    @property
    def span_min(self) -> int:
        """Whole minutes from first to last attempt, at least one (the seed rule's duration)."""
        return max(1, int((self.last_seen - self.first_seen) // 60))

    @property
    def score(self) -> int:
        return self.reasons.total


@dataclass(frozen=True)
class _Surroundings:
    """Who else uses the source: the people who signed in, and the failing names that they explain."""

    people: People
    egress: bool
    explained: set[str]
    only_shared: bool = False


def score_source(source: str, activities: Iterable[Activity], thresholds: Thresholds) -> list[Burst]:
    """The scored bursts of one source, oldest first; empty when no window reaches the lowest threshold.

    People who signed in from the source are not guesses, nor are names one slip away from them when the source is
    shared by several people: they are counted apart. A span that reaches the threshold only with them is reported as a
    shared egress.
    """
    ordered = sorted(activities, key=lambda activity: (activity.minute, activity.first_seen))
    people = People(a.user for a in ordered if a.outcome == "success" and not a.hidden)
    failed = {a.user for a in ordered if a.failing and not a.hidden}
    egress = _is_egress(ordered, people, failed)
    explained = _explained(ordered, people, failed) if egress else set()
    options = {"window": thresholds.window, "threshold": thresholds.low, "merge_gap": thresholds.merge_gap}
    spans = burst_spans(ordered, counts=lambda name: name not in explained, **options)
    bursts = [_score(source, ordered, span, _Surroundings(people, egress, explained), thresholds) for span in spans]
    if egress:
        everybody = _Surroundings(people, egress, set(), only_shared=True)
        for span in burst_spans(ordered, counts=lambda name: True, **options):
            if not any(found.start <= span.end and span.start <= found.end for found in spans):
                bursts.append(_score(source, ordered, span, everybody, thresholds))
    return sorted(bursts, key=lambda burst: burst.first_seen)


def _is_egress(ordered: list[Activity], people: People, failed: set[str]) -> bool:
    """Whether several people's ordinary work leaves through the source.

    An attacker's few hits make no office: either people signed in before anything failed, or more of them do than fail.
    """
    if len(people) < _EGRESS_PEOPLE:
        return False
    first_failure = min((a.first_seen for a in ordered if a.failing), default=0.0)
    before = {a.user for a in ordered if a.outcome == "success" and a.first_seen < first_failure}
    if len(before) >= _EGRESS_PEOPLE:
        return True
    others = sum(1 for name in failed if name not in people.names and not malformed(name))
    # No list of guesses opens the door for one name in four.
    return len(people) > others or len(people.names & failed) * 4 >= len(failed)


def _explained(ordered: list[Activity], people: People, failed: set[str]) -> set[str]:
    """Failing names of an office that are its people's.

    They signed in, are one slip away from somebody who did, or are accounts that fail again and again, as somebody does
    who forgot a new password. A list tries each name once or twice.
    """
    attempts: dict[str, int] = {}
    outcomes: dict[str, set[str]] = {}
    for activity in ordered:
        if activity.failing and not activity.hidden:
            attempts[activity.user] = attempts.get(activity.user, 0) + activity.attempts
            outcomes.setdefault(activity.user, set()).add(activity.outcome)
    return {
        name
        for name in failed
        if people.explains(name) or (attempts[name] >= _OWN_ATTEMPTS and "guess_not_real" not in outcomes[name])
    }


def _score(source: str, ordered: list[Activity], span: Span, around: _Surroundings, thresholds: Thresholds) -> Burst:
    inside = [a for a in ordered if span.start <= a.minute <= span.end and a.failing]
    guesses = [a for a in inside if not a.hidden and a.user not in around.explained]
    names = list(dict.fromkeys(a.user for a in guesses))
    by_outcome = {
        outcome: list(dict.fromkeys(a.user for a in guesses if a.outcome == outcome))
        for outcome in ("guess_not_real", "guess_real", "password_correct", "unsure")
    }
    first_seen = min(a.first_seen for a in inside)
    # In an office every sign-in is somebody's own; elsewhere one that follows the burst is the guesser's.
    success = [] if around.egress else [a for a in ordered if a.outcome == "success" and a.last_seen >= first_seen]
    visible_not_real = sum(a.attempts for a in inside if a.outcome == "guess_not_real" and not a.hidden)
    # The same record in both feeds is hidden in one and named in the other.
    hidden = max(0, sum(a.attempts for a in inside if a.hidden) - visible_not_real)
    evidence = [*guesses, *(a for a in inside if a.hidden and hidden), *success]
    odd = [a for a in guesses if malformed(a.user)]
    tried = _Tried(
        names=names,
        by_outcome=by_outcome,
        success=list(dict.fromkeys(a.user for a in success)),
        attempts=sum(a.attempts for a in guesses),
        hidden=hidden,
        agents=len(distinct(evidence, "user_agent")),
        malformed=[name for name in names if malformed(name)],
        malformed_apps=len(distinct(odd, "app")),
        malformed_agents=len(distinct(odd, "user_agent")),
    )
    burst_class, reasons = _judge(tried, span, around, thresholds)
    unsure = set(by_outcome["unsure"]) - set(tried.real)
    return Burst(
        source=source,
        first_seen=min(a.first_seen for a in evidence),
        last_seen=max(a.last_seen for a in evidence),
        attempts=tried.attempts + hidden,
        names=names,
        names_hidden=hidden,
        peak_names=span.peak_names,
        valid_found=tried.real,
        password_correct=by_outcome["password_correct"],
        unsure=[name for name in by_outcome["unsure"] if name in unsure],
        not_real_count=len(by_outcome["guess_not_real"]),
        success_users=tried.success,
        explained_names=len({a.user for a in inside if a.user in around.explained}),
        activities=evidence,
        verdict=_verdict(max(span.peak_names, hidden if burst_class == HIDDEN else 0), thresholds),
        burst_class=burst_class,
        reasons=reasons,
    )


@dataclass(frozen=True)
class _Tried:
    """What the source tried in the span: the names, what each outcome says of them, and how."""

    names: list[str]
    by_outcome: dict[str, list[str]]
    success: list[str]
    attempts: int
    hidden: int
    agents: int
    malformed: list[str]
    malformed_apps: int
    malformed_agents: int

    @property
    def real(self) -> list[str]:
        return list(
            dict.fromkeys([*self.by_outcome["guess_real"], *self.by_outcome["password_correct"], *self.success])
        )


def _verdict(peak: int, thresholds: Thresholds) -> str:
    if peak >= thresholds.high:
        return "High Confidence Enumeration"
    if peak >= thresholds.moderate:
        return "Moderate Enumeration"
    return "Low-Level Enumeration"


def _judge(tried: _Tried, span: Span, around: _Surroundings, thresholds: Thresholds) -> tuple[str, Reasons]:
    reasons = Reasons()
    burst_class = ENUMERATION
    if span.peak_names >= thresholds.low:
        _volume(reasons, span.peak_names, thresholds)
    else:
        burst_class = HIDDEN
        _hidden_volume(reasons, tried.hidden, thresholds)
    if around.only_shared:
        burst_class = SHARED_EGRESS
        reasons.keep_at_most(
            15,
            f"the names belong to the {len(around.people)} people who sign in from this source, or are one slip away",
        )
        return burst_class, reasons
    _found(reasons, tried, thresholds)
    if burst_class == HIDDEN and _one_forgotten_device(tried, span):
        reasons.keep_at_most(
            _INNOCENT_CAP, "one client at a steady slow rate for hours, as a forgotten device with a deleted account"
        )
    elif _sent_by_a_federation(tried, thresholds):
        burst_class = FEDERATION
        reasons.keep_at_most(
            _INNOCENT_CAP,
            f"{len(tried.malformed)} of {len(tried.names)} names are malformed, as a federation server sends them",
        )
    reasons.keep_at_most(100, "capped at 100")
    return burst_class, reasons


def _sent_by_a_federation(tried: _Tried, thresholds: Thresholds) -> bool:
    """Malformed names from one application with hardly a change of agent, none of them an account, few others beside
    them.
    """
    others = len(tried.names) - len(tried.malformed)
    if not tried.malformed or others >= thresholds.low or others > 0.4 * len(tried.names):
        return False
    return tried.malformed_apps <= 1 and tried.malformed_agents <= 2 and not set(tried.malformed) & set(tried.real)


def _one_forgotten_device(tried: _Tried, span: Span) -> bool:
    minutes = span.end - span.start
    return minutes >= _DEVICE_MIN and tried.hidden <= _DEVICE_RATE * minutes and tried.agents <= 1 and not tried.names


def _volume(reasons: Reasons, peak: int, thresholds: Thresholds) -> None:
    text = f"{peak} different addresses within {thresholds.window} minutes"
    if peak >= thresholds.high:
        reasons.add(70, text)
    elif peak >= thresholds.moderate:
        reasons.add(55, text)
    else:
        reasons.add(40, text)


def _hidden_volume(reasons: Reasons, hidden: int, thresholds: Thresholds) -> None:
    text = f"{hidden} attempts on accounts that do not exist; the audit feed hides their names, see the sign-in log"
    if hidden >= thresholds.high:
        reasons.add(60, text)
    elif hidden >= thresholds.moderate:
        reasons.add(45, text)
    else:
        # Below this one forgotten device with one deleted account looks the same.
        reasons.add(30, text)


def _found(reasons: Reasons, tried: _Tried, thresholds: Thresholds) -> None:
    names, not_real = tried.names, tried.by_outcome["guess_not_real"]
    if names and tried.attempts >= 2 * thresholds.low and len(not_real) >= 0.4 * len(names):
        reasons.add(10, f"{len(not_real)} of {len(names)} addresses do not exist")
    if names and tried.attempts <= 1.5 * len(names):
        reasons.add(5, "about one attempt for each address, people try again")
    if tried.agents >= 5 and tried.agents >= len(names) / 3:
        reasons.add(10, f"the source changes its user agent: {tried.agents} of them")
    if tried.real:
        reasons.add(10, f"{len(tried.real)} of the addresses exist: {_some(tried.real)}")
    if tried.by_outcome["password_correct"]:
        reasons.add(50, f"the password was right for {_some(tried.by_outcome['password_correct'])}")
    elif tried.success:
        reasons.add(50, f"signed in from the same source: {_some(tried.success)}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
