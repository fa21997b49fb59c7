"""Attempts on names that the audit feed hides, spread over many sources, told by the sources alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .activity import Activity, distinct
from .clusters import Cluster, ClusterThresholds, named_by_most
from .guesses import Guess, guesses_of
from .joining import Usual, signs_in_common
from .patterns import SCRIPTS, Sign, add_signs, clock_of
from .reasons import Reasons, add_found, keep_critical_for_entry
from .set_aside import HIDDEN_NAMES, NOWHERE, OWN_SOURCE, SetAside
from .sources import Source, groups_of, parts_of

# What tells a tool from people who mistype; without one of them many sources are a large company, unless all else fits.
_OF_A_TOOL = frozenset({"script", "rare_agent", "rare_app", "neighbours"})
_SIGNS, _WITHOUT_A_TOOL = 2, 3
# A forgotten device comes again and again from where it is; a list tries a source once or twice.
_ATTEMPTS_PER_SOURCE = 3.0
_ONCE = 1.5
_SIGN_POINTS = 25


def hidden_clusters(
    networks: Mapping[str, Iterable[Activity]],
    thresholds: ClusterThresholds,
    usual: Usual,
    aside: SetAside = NOWHERE,
) -> list[Cluster]:
    """The clusters of sources that try hidden names and share a client, an application or a network, strongest first.

    Records that another feed names are no hidden ones. A source where anybody signs in is somebody's own, and one that
    reaches the lowest threshold of a burst has a rule of its own. What is left goes to `aside`.
    """
    sources = [s for network, rows in networks.items() if (s := _source(network, list(rows), thresholds, aside))]
    found: list[Cluster] = []
    left = sources
    while True:
        clusters = [
            cluster
            for (trait, value), members in groups_of(left).items()
            if trait != "list"
            for part in parts_of(members)
            if (cluster := _judge(trait, value, part, left, thresholds, usual))
        ]
        if not clusters:
            for source in left:
                aside.add(source.network, HIDDEN_NAMES, source.guesses, named=False)
            return found
        best = max(clusters, key=lambda cluster: (cluster.reasons.total, cluster.hidden, cluster.trait))
        taken = set(best.networks)
        found.append(named_by_most(best, [source for source in left if source.network in taken], usual))
        left = [source for source in left if source.network not in taken]


def with_hidden(cluster: Cluster, hidden: Mapping[str, Iterable[Activity]]) -> Cluster:
    """A cluster known by its names, with the attempts of its sources whose names the audit feed hides."""
    attempts = sum(max(0, _attempts(list(hidden.get(network, ())))) for network in cluster.networks)
    if not attempts:
        return cluster
    cluster.reasons.note(f"beside them {attempts} attempts on names that this log hides, from the same sources")
    return replace(cluster, hidden=attempts)


def _attempts(rows: list[Activity]) -> int:
    """Attempts on hidden names that no other feed names."""
    named = sum(a.attempts for a in rows if not a.hidden and a.outcome == "guess_not_real")
    return sum(a.attempts for a in rows if a.failing and a.hidden) - named


def _source(network: str, rows: list[Activity], thresholds: ClusterThresholds, aside: SetAside) -> Source | None:
    hidden = [a for a in rows if a.failing and a.hidden]
    named = [a for a in rows if a.failing and not a.hidden]
    attempts = _attempts(rows)
    if not 0 < attempts < thresholds.per_source:
        return None
    first, last = min(a.first_seen for a in hidden), max(a.last_seen for a in hidden)
    agents = frozenset(distinct(hidden, "user_agent"))
    guess = Guess(network, first, last, attempts, agents=agents, sources=frozenset((network,)))
    if any(a.outcome == "success" or a.network_people for a in rows):
        aside.add(network, OWN_SOURCE, [guess], named=False)
        return None
    return Source(network, [*hidden, *named], [guess])


def _judge(
    trait: str, value: str, part: list[Source], left: list[Source], thresholds: ClusterThresholds, usual: Usual
) -> Cluster | None:
    attempts = sum(source.guesses[0].attempts for source in part)
    if len(part) < thresholds.sources or attempts < thresholds.names or attempts > _ATTEMPTS_PER_SOURCE * len(part):
        return None
    activities = [activity for source in part for activity in source.activities]
    signs = _signs(trait, part, left, [a for a in activities if a.hidden], usual)
    of_a_tool = bool({sign.id for sign in signs} & _OF_A_TOOL)
    if len(signs) < (_SIGNS if of_a_tool else _WITHOUT_A_TOOL):
        return None
    reasons = Reasons()
    text = (
        f"{attempts} attempts on names that this log hides, from {len(part)} sources; another feed may have the names"
    )
    many = attempts // thresholds.names
    reasons.add(60 if many >= 5 else 45 if many >= 2 else 35, text)
    add_signs(reasons, signs, _SIGN_POINTS)
    named = [a for a in activities if not a.hidden]
    real = list(dict.fromkeys(a.user for a in named if a.outcome in ("guess_real", "password_correct")))
    right = list(dict.fromkeys(a.user for a in named if a.outcome == "password_correct"))
    add_found(reasons, real, right)
    keep_critical_for_entry(reasons, bool(right))
    addresses = list(dict.fromkeys(activity.src for activity in activities))
    networks = [source.network for source in part]
    guesses = guesses_of(a for a in named if a.user in real)
    return Cluster(trait, value, networks, addresses, guesses, activities, signs, reasons, hidden=attempts, named=False)


def _signs(trait: str, part: list[Source], left: list[Source], activities: list[Activity], usual: Usual) -> list[Sign]:
    signs: list[Sign] = []
    agents = distinct(activities, "user_agent")
    if len(agents) == 1 and SCRIPTS.search(agents[0]):
        signs.append(Sign("script", 10, f"the client is a script or a tool: {agents[0][:60]}"))
    signs += signs_in_common(trait, part, left, usual)
    clock = clock_of([source.first_seen for source in part])
    if clock:
        signs.append(clock)
    attempts = [source.guesses[0].attempts for source in part]
    if min(attempts) == max(attempts) > 1:
        signs.append(Sign("even_share", 10, f"each source tries exactly {attempts[0]} times"))
    elif sum(attempts) <= _ONCE * len(part):
        signs.append(Sign("once_each", 5, "about one attempt from each source, people try again"))
    return signs
