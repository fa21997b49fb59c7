"""Scores one burst: what was tried, what was found, how sure we are, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from .activity import Activity, distinct
from .bursts import Span, burst_spans
from .guesses import Guess, guesses_of
from .hidden_attempts import hidden_attempts, script_of, without_named_twins
from .innocent import (
    ENUMERATION,
    HIDDEN,
    INNOCENT_CAP,
    SHARED_EGRESS,
    SHARED_EGRESS_CAP,
    Innocent,
    asked_for_hours,
    innocent_class,
    looks_listed,
    pause_between,
)
from .long_lists import left_of_a_long_list
from .names import People
from .owners import told_by_sign_ins
from .patterns import Sign, add_signs, list_signs
from .reasons import HIGH_CAP, Reasons, add_found, some
from .surroundings import Surroundings, agents_of_people, surroundings_of

# A guessed name that signs in is the guesser's for half a day; any other only while guessing goes on, and an hour more.
_ENTERED_S = 12 * 3600
_ENTERED_UNSEEN_S = 3600
# Hidden names over this many minutes at no more than this many attempts a minute are one forgotten device.
_DEVICE_MIN = 240
_DEVICE_RATE = 2
_MANY_AGENTS = 5
# How a list looks never counts more than what it found, and a list alone is high, not critical.
_PATTERN_POINTS = 15


@dataclass(frozen=True)
class Thresholds:
    """Distinct names in any `window` minutes that make each verdict; `merge_gap` minutes join bursts; `max_names`
    listed. `spray` real names within `spray_window` minutes are looked at below the lowest verdict; 0 does not. `long`
    names that nobody has, new ones within `long_window` minutes, are a list however slowly they come; 0: none is.
    """

    window: int = 60
    low: int = 10
    moderate: int = 20
    high: int = 50
    merge_gap: int = 60
    max_names: int = 100
    spray: int = 0
    spray_window: int = 20
    long: int = 0
    long_window: int = 1440


@dataclass(frozen=True)
class Burst:
    """One burst of one source, scored. Names are in the order they were first tried; times are epoch seconds."""

    source: str
    addresses: list[str]
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
    signs: list[Sign]
    reasons: Reasons
    pause_s: float = 0.0
    start_cut: bool = False

    @property
    def span_min(self) -> int:
        """Whole minutes from first to last attempt, at least one (the seed rule's duration)."""
        return max(1, int((self.last_seen - self.first_seen) // 60))

    @property
    def score(self) -> int:
        return self.reasons.total


def score_source(
    source: str,
    activities: Iterable[Activity],
    thresholds: Thresholds,
    everybody: People | None = None,
    searched_from: float = 0.0,
) -> list[Burst]:
    """The scored bursts of one source or /64, oldest first; empty when no window reaches the lowest threshold.

    People who signed in from the source are not guesses, nor are names one slip away from them when the source is
    shared by several people, nor names whose account was made within a day or deleted within a month: they are counted
    apart. A span that reaches the threshold only with them is reported as what it is, at info or low. `everybody` are
    the people known to sign in anywhere. `searched_from` is where the search begins (epoch seconds, 0: not known): a
    burst that begins within four hours of it has lost its surroundings (`start_cut`); whoever is left explains it.
    """
    every = sorted(without_named_twins(activities), key=lambda activity: (activity.minute, activity.first_seen))
    ordered = [activity for activity in every if not activity.remembered]
    options = {"window": thresholds.window, "threshold": thresholds.low, "merge_gap": thresholds.merge_gap}
    around = surroundings_of(ordered, options, everybody, searched_from)
    spans = burst_spans(ordered, counts=lambda name: name not in around.explained, **options)
    bursts = [burst for span in spans if (burst := _score(source, ordered, span, around, thresholds))]
    if around.explained:
        shared = replace(around, explained={}, only_shared=True)
        for span in burst_spans(ordered, counts=lambda name: True, **options):
            if not _overlaps(span, spans):
                burst = _score(source, ordered, span, shared, thresholds, around.explained)
                bursts += [burst] if burst else []
                spans.append(span)
    if thresholds.spray and not around.egress:
        bursts += _sprays(source, ordered, spans, around, thresholds)
    if thresholds.long and (patient := _long_list(source, every, around, thresholds)):
        bursts = [patient] if patient.score > max((burst.score for burst in bursts), default=0) else bursts
    return sorted(bursts, key=lambda burst: burst.first_seen)


def _long_list(source: str, every: list[Activity], around: Surroundings, thresholds: Thresholds) -> Burst | None:
    """A list that no hour shows: what is left when bursts and all that has another explanation are taken away."""
    left = left_of_a_long_list(every, around, thresholds.long, thresholds.window, thresholds.low)
    spans = burst_spans(
        left, window=thresholds.long_window, threshold=thresholds.long, merge_gap=0, counts=lambda name: True
    )
    if not spans:
        return None
    slow = replace(thresholds, window=thresholds.long_window, low=thresholds.long)
    burst = _score(source, left, spans[-1], replace(around, explained={}), slow)
    return burst if burst and burst.burst_class == ENUMERATION else None


def _overlaps(span: Span, others: list[Span]) -> bool:
    return any(found.start <= span.end and span.start <= found.end for found in others)


def _sprays(
    source: str, ordered: list[Activity], spans: list[Span], around: Surroundings, thresholds: Thresholds
) -> list[Burst]:
    """A few real accounts within minutes, tried as a script tries them or with one password found: a small spray."""
    small = burst_spans(
        [a for a in ordered if a.outcome != "guess_not_real" and not a.hidden],
        window=thresholds.spray_window,
        threshold=thresholds.spray,
        merge_gap=thresholds.merge_gap,
        counts=lambda name: name not in around.explained,
    )
    bursts = (_score(source, ordered, span, around, thresholds) for span in small if not _overlaps(span, spans))
    return [burst for burst in bursts if burst and _is_spray(burst, around)]


def _is_spray(burst: Burst, around: Surroundings) -> bool:
    if around.people.names & set(burst.names) and len(burst.success_users) * 2 > len(burst.names):
        return False
    signs = {sign.id for sign in burst.signs}
    scripted = "script" in signs and "once_each" in signs
    return scripted or (bool(burst.password_correct or burst.success_users) and "once_each" in signs) or len(signs) >= 3


@dataclass(frozen=True)
class _Tried:
    """What the source tried in the span: the names, what each outcome says of them, and how."""

    guesses: list[Guess]
    success: list[str]
    hidden: int
    agents: int
    signs: list[Sign] = field(default_factory=list)
    people_agents: frozenset[str] = frozenset()
    people: int = 0
    hidden_script: str = ""
    cause: Innocent | None = None

    @property
    def names(self) -> list[str]:
        return [guess.name for guess in self.guesses]

    @property
    def attempts(self) -> int:
        return sum(guess.attempts for guess in self.guesses)

    def having(self, outcome: str) -> list[str]:
        return [guess.name for guess in self.guesses if outcome in guess.outcomes]

    @property
    def real(self) -> list[str]:
        return list(dict.fromkeys([*self.having("guess_real"), *self.having("password_correct"), *self.success]))


def _score(
    source: str,
    ordered: list[Activity],
    span: Span,
    around: Surroundings,
    thresholds: Thresholds,
    shared: Mapping[str, str] | None = None,
) -> Burst | None:
    inside = [a for a in ordered if span.start <= a.minute <= span.end and a.failing]
    named = [a for a in inside if not a.hidden and a.user not in around.explained]
    guesses = guesses_of(named)
    signs = list_signs(guesses)
    first_seen = min(a.first_seen for a in inside)
    cause = told_by_sign_ins(guesses, signs, ordered, around.everybody, [a for a in inside if a.hidden])
    success = [] if around.egress else _entered(ordered, named, first_seen, span, around)
    if not cause and span.peak_names >= thresholds.low:
        cause = innocent_class(guesses, signs, around.everybody, thresholds.low, {a.user for a in success})
    if cause:
        success = []  # They are their owners'.
    hidden = hidden_attempts(inside)
    if not named and not hidden:
        return None
    tried = _Tried(
        guesses=guesses,
        success=list(dict.fromkeys(a.user for a in success)),
        hidden=hidden,
        agents=len(distinct([*named, *(a for a in inside if a.hidden and hidden)], "user_agent")),
        signs=signs,
        people_agents=agents_of_people(ordered),
        people=max(len(around.people), *(a.network_people for a in inside)),
        hidden_script=script_of([a for a in inside if a.hidden]),
        cause=cause,
    )
    burst_class, reasons = _judge(tried, span, around, thresholds, shared or {})
    evidence = [*named, *(a for a in inside if a.hidden and hidden), *success]
    addresses = list(dict.fromkeys(a.src for a in [*named, *(a for a in inside if a.hidden)]))
    real = set(tried.real)
    return Burst(
        source=addresses[0] if len(addresses) == 1 else source,
        addresses=addresses,
        first_seen=first_seen,
        last_seen=max(a.last_seen for a in evidence),
        attempts=tried.attempts + hidden,
        names=tried.names,
        names_hidden=hidden,
        peak_names=span.peak_names,
        valid_found=tried.real,
        password_correct=tried.having("password_correct"),
        unsure=[name for name in tried.having("unsure") if name not in real],
        not_real_count=len(tried.having("guess_not_real")),
        success_users=tried.success,
        explained_names=len({a.user for a in inside if a.user in around.explained}),
        activities=evidence,
        verdict=_verdict(max(span.peak_names, hidden if burst_class == HIDDEN else 0), thresholds),
        burst_class=burst_class,
        signs=tried.signs,
        reasons=reasons,
        pause_s=pause_between(guesses),
        start_cut=first_seen < around.known_from,
    )


def _entered(
    ordered: list[Activity], named: list[Activity], first_seen: float, span: Span, around: Surroundings
) -> list[Activity]:
    """Sign-ins that are the guesser's: of guessed names for half a day, of others while the guessing goes on.

    In an office every sign-in is somebody's own. Who signs in hours after a burst has ended, or did before it
    began, with a name that was never guessed, has nothing to do with it.
    """
    guessed = {a.user for a in named}
    end = (span.end + 1) * 60
    entered = []
    for a in ordered:
        if a.outcome != "success" or a.last_seen < first_seen:
            continue
        if a.user in guessed:
            if a.first_seen <= end + _ENTERED_S:
                entered.append(a)
        elif a.last_seen >= around.known_from and first_seen <= a.first_seen <= end + _ENTERED_UNSEEN_S:
            entered.append(a)
    return entered


def _verdict(peak: int, thresholds: Thresholds) -> str:
    if peak >= thresholds.high:
        return "High Confidence Enumeration"
    if peak >= thresholds.moderate:
        return "Moderate Enumeration"
    return "Low-Level Enumeration"


def _judge(
    tried: _Tried, span: Span, around: Surroundings, thresholds: Thresholds, shared: Mapping[str, str]
) -> tuple[str, Reasons]:
    reasons = Reasons()
    burst_class = ENUMERATION
    if span.peak_names >= thresholds.low or not tried.hidden:
        _volume(reasons, span.peak_names, thresholds)
        if tried.hidden >= thresholds.low:
            reasons.add(10, f"{tried.hidden} more attempts on accounts whose names this log hides")
    else:
        burst_class = HIDDEN
        _hidden_volume(reasons, tried, span, thresholds)
    if around.only_shared:
        return _judge_shared(reasons, tried, around, shared)
    _found(reasons, tried, thresholds, around.egress)
    if burst_class == HIDDEN and _one_forgotten_device(tried, span):
        reasons.keep_at_most(
            INNOCENT_CAP, "one client at a steady slow rate for hours, as a forgotten device with a deleted account"
        )
    elif tried.cause:
        burst_class = tried.cause.id
        reasons.keep_at_most(INNOCENT_CAP, tried.cause.reason)
    elif around.egress and _looks_like_its_people(tried):
        burst_class = SHARED_EGRESS
        reasons.keep_at_most(
            INNOCENT_CAP, "people work behind this source, and nothing about the names or their order looks like a list"
        )
    signed_in = tried.success or tried.having("password_correct")
    if not signed_in and not (tried.real and span.peak_names >= thresholds.high):
        reasons.keep_at_most(HIGH_CAP, "critical is kept for a right password, or a long list that found accounts")
    reasons.keep_at_most(100, "capped at 100")
    return burst_class, reasons


def _looks_like_its_people(tried: _Tried) -> bool:
    if tried.guesses:
        return not looks_listed(tried.guesses, tried.signs, tried.people_agents, tried.people)
    # Hidden names have no look: a client for every few of them is how people mistype, and few clients are not.
    return tried.agents >= max(_MANY_AGENTS, tried.hidden / 4)


def _judge_shared(
    reasons: Reasons, tried: _Tried, around: Surroundings, shared: Mapping[str, str]
) -> tuple[str, Reasons]:
    accounts = [name for name in tried.names if shared.get(name) == "account"]
    if accounts and len(accounts) * 2 >= len(tried.names):
        reasons.keep_at_most(
            INNOCENT_CAP, f"{len(accounts)} of the {len(tried.names)} accounts were made or deleted lately"
        )
        return "provisioning", reasons
    reasons.keep_at_most(
        SHARED_EGRESS_CAP,
        f"the names belong to the {len(around.people)} people who sign in from this source, or are one slip away",
    )
    return SHARED_EGRESS, reasons


def _one_forgotten_device(tried: _Tried, span: Span) -> bool:
    minutes = span.end - span.start
    if minutes < _DEVICE_MIN or tried.hidden > _DEVICE_RATE * minutes or tried.agents > 1:
        return False
    # Beside the names that are gone it may have some that are not, and asks for them as often.
    return all(asked_for_hours(guess) and not guess.known for guess in tried.guesses)


def _volume(reasons: Reasons, peak: int, thresholds: Thresholds) -> None:
    days = thresholds.window // 1440
    text = f"{peak} different addresses within " + (f"{days} days" if days > 1 else f"{thresholds.window} minutes")
    if peak >= thresholds.high:
        reasons.add(70, text)
    elif peak >= thresholds.moderate:
        reasons.add(55, text)
    elif peak >= thresholds.low:
        reasons.add(40, text)
    else:
        reasons.add(30, f"{peak} accounts within {thresholds.spray_window} minutes")


def _hidden_volume(reasons: Reasons, tried: _Tried, span: Span, thresholds: Thresholds) -> None:
    hidden = tried.hidden
    text = f"{hidden} attempts on accounts whose names this log hides; another feed may have them"
    if hidden >= thresholds.high:
        reasons.add(60, text)
    elif hidden >= thresholds.moderate:
        reasons.add(45, text)
    else:
        # Below this one forgotten device with one deleted account looks the same.
        reasons.add(30, text)
    if tried.hidden_script:
        reasons.add(15, f"the client is a script or a tool: {tried.hidden_script[:60]}")
        minutes = span.end - span.start + 1
        if hidden >= max(thresholds.moderate, minutes):
            reasons.add(10, f"it goes on faster than any device comes back: {hidden} attempts in {minutes} minutes")
    if tried.guesses:
        reasons.add(10, f"named accounts were tried besides: {some(tried.names)}")


def _found(reasons: Reasons, tried: _Tried, thresholds: Thresholds, egress: bool) -> None:
    # Who got in with a name that did not exist before shows that it does now.
    names, not_real = tried.names, [name for name in tried.having("guess_not_real") if name not in tried.success]
    if names and tried.attempts >= 2 * thresholds.low and len(not_real) >= 0.4 * len(names):
        every = len({*names, *tried.success})
        reasons.add(10, f"{len(not_real)} of {every} addresses do not exist")
    add_signs(reasons, tried.signs, _PATTERN_POINTS)
    # A room full of people has a client for each; one guesser with several has no people around.
    changing = (len(names) + tried.hidden) * (1.5 if egress else 1 / 3)
    if tried.agents >= max(_MANY_AGENTS, changing):
        reasons.add(10, f"the source changes its user agent: {tried.agents} of them")
    add_found(reasons, tried.real, tried.having("password_correct"), tried.success)
