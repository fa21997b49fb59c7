"""Guesses spread over many sources: few names each, joined by what the sources share or by the list itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .activity import Activity
from .addresses import neighbourhood
from .guesses import Guess, guesses_of
from .innocent import Innocent
from .joining import (
    STRONG,
    Usual,
    but_owners_elsewhere,
    enough_signs,
    names_of_devices,
    of_a_tool,
    old_profile,
    right_of_the_list,
    signs_of,
    without,
)
from .names import People, of_a_device, slips_of_one_name
from .patterns import Sign, add_signs
from .reasons import Reasons, add_found, keep_critical_for_entry, some
from .set_aside import (
    BESIDE_THE_STRONGEST,
    DEVICE,
    MACHINE,
    MORNING,
    NOWHERE,
    OWN_NAME,
    OWN_SOURCE,
    ROAMING,
    STRANGERS,
    WRONG_PROFILE,
    SetAside,
    cause_of,
)
from .sources import PAUSE_S, OwnSources, Source, groups_of, parts_of, within

# So often a device tries the one name it knows.
_DEVICE_ATTEMPTS = 5
# How a list and its sources look never counts more than how much of it there is; without a right password it is high.
_SIGN_POINTS = 25
_MOST_CLUSTERS = 5
# A trait that so many of the sources have is what the cluster is named by.
_MOST_SOURCES = 0.8


@dataclass(frozen=True)
class ClusterThresholds:
    """Distinct `names` from distinct `sources` that make a cluster; fewer than `per_source` names are tried from each.

    Half of both is enough where three signs say that one list is worked off.
    """

    names: int = 20
    sources: int = 10
    per_source: int = 10
    max_names: int = 100


@dataclass(frozen=True)
class _Around:
    """What sources are held against: those that are somebody's own, what is usual, and who the people are."""

    own: OwnSources
    usual: Usual
    everybody: People
    thresholds: ClusterThresholds


@dataclass(frozen=True)
class Cluster:
    """Sources that work off one list. `trait` says what joins them: agent, application, network or list.

    The trait is what most of them share, the same in each run however many of them a run knows; `shared` names
    everything that nearly all of them have in common. `hidden` counts attempts whose names the audit feed hides;
    `named` is False where the sources are known by these alone.
    """

    trait: str
    trait_value: str
    networks: list[str]
    addresses: list[str]
    guesses: list[Guess]
    activities: list[Activity]
    signs: list[Sign]
    reasons: Reasons
    shared: str = ""
    hidden: int = 0
    named: bool = True

    @property
    def first_seen(self) -> float:
        return min(activity.first_seen for activity in self.activities)

    @property
    def last_seen(self) -> float:
        return max(activity.last_seen for activity in self.activities)

    @property
    def names(self) -> list[str]:
        return [guess.name for guess in self.guesses]

    def having(self, *outcomes: str) -> list[str]:
        return [guess.name for guess in self.guesses if guess.outcomes & set(outcomes)]


def find_clusters(
    networks: Iterable[tuple[str, Iterable[Activity]]],
    everybody: People,
    thresholds: ClusterThresholds,
    usual: Usual | None = None,
    aside: SetAside = NOWHERE,
) -> list[Cluster]:
    """The clusters among the activities of each network, strongest first. `networks` gives each once.

    `usual` says how many people use each client and application. A network where anybody signs in is
    somebody's own and belongs to no cluster; that there are more of those than of the others is how a morning of
    changed passwords looks. What does not count goes to `aside`, each with its cause.
    """
    left: list[Source] = []
    own = OwnSources()
    for network, rows in networks:
        source = _source(network, list(rows), everybody, thresholds, own, aside)
        if source:
            left.append(source)
    usual = usual or Usual()
    again = names_of_devices(left, usual)
    for source in left if again else ():
        aside.names(source.network, source.guesses, dict.fromkeys(again, DEVICE))
    left = [kept for source in left if (kept := without(source, again))] if again else left
    around = _Around(own, usual, everybody, thresholds)
    found: list[Cluster] = []
    while len(found) < _MOST_CLUSTERS:
        best = _best(left, around)
        if best is None:
            break
        taken = set(best.networks)
        part = [source for source in left if source.network in taken]
        best, part = _with_slips(best, part, around)
        taken.update(best.networks)
        own.taken(taken)
        best = named_by_most(best, part, usual)
        same = next((number for number, other in enumerate(found) if _same_list(best, other)), None)
        if same is None:
            found.append(best)
        else:
            found[same] = _joined(found[same], best)
        left = [source for source in left if source.network not in taken]
    if aside is not NOWHERE:
        _set_aside(left, around, aside)
    return found


def _set_aside(left: list[Source], around: _Around, aside: SetAside) -> None:
    """Hands over what no cluster has: slips of people, and groups that would be enough and are not of one hand.

    Of groups that have the same sources the one with the plainest cause is told.
    """
    for source in around.own.slips:
        causes = {guess.name: cause_of(guess, around.everybody) for guess in source.guesses}
        aside.names(source.network, source.guesses, causes)
    judged: list[tuple[Innocent, str, list[Source]]] = []
    for (trait, value), members in groups_of(left).items():
        for part in parts_of(members):
            judgement = _judge(trait, value, part, left, around)
            if judgement:
                cause = BESIDE_THE_STRONGEST if isinstance(judgement, Cluster) else judgement
                judged.append((cause, "" if trait == "list" else value, part))
    told: set[str] = set()
    for cause, entity, part in sorted(judged, key=_plainest):
        more = [source for source in part if source.network not in told]
        if more:
            told.update(source.network for source in more)
            aside.group(entity or f"{len(more)} sources", cause, [g for source in more for g in source.guesses])


def _plainest(judged: tuple[Innocent, str, list[Source]]) -> tuple[bool, int, bool, str]:
    """Order: what is more than that nothing joins them, the most sources, and of those what joins them, if anything."""
    cause, entity, part = judged
    strangers = cause is STRANGERS
    return (strangers, -len(part), strangers == bool(entity), entity)


def _with_slips(cluster: Cluster, part: list[Source], around: _Around) -> tuple[Cluster, list[Source]]:
    """The cluster, and its sources, with those that its client names although their names look like slips of people."""
    more = [source for source in around.own.slips if _with_its_client(source, cluster, part)]
    if not more:
        return cluster, part
    whole = sorted([*part, *more], key=lambda source: source.first_seen)
    known = _judge(cluster.trait, cluster.trait_value, whole, whole, around, more)
    return (known, whole) if isinstance(known, Cluster) else (cluster, part)


def _with_its_client(source: Source, cluster: Cluster, part: list[Source]) -> bool:
    """Whether a source whose names look like slips of people belongs to a list that a client of its own works off.

    Where names are many, some of a list's are a letter from somebody's: the client tells whose they are.
    """
    if not {sign.id for sign in cluster.signs} & {"script", "rare_agent"} or not source.agents:
        return False
    agents = {agent for other in part for agent in other.agents}
    apps = {app for other in part for app in other.apps}
    return source.agents <= agents and source.apps <= apps and within(source, part)


def named_by_most(cluster: Cluster, part: list[Source], usual: Usual) -> Cluster:
    """The cluster under the trait that most of its sources share, and with all of them named but those of everybody.

    One /48 that turns addresses is a network, a list and a client at once; which of them scores highest changes from
    run to run, and a thing must keep its name.
    """
    networks = Counter(neighbourhood(source.network) for source in part)
    agents = Counter(agent for source in part for agent in source.agents)
    apps = Counter(app for source in part for app in source.apps)
    traits: list[tuple[str, str]] = []
    for trait, counts in (("network", networks), ("agent", agents), ("application", apps)):
        value, count = max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
        if value and count >= _MOST_SOURCES * len(part):
            traits.append((trait, value))
    titles = {a.app_id[0]: a.app[0] for a in cluster.activities if a.app_id and a.app}
    words = {"agent": "client"}
    told, common = list[str](), list[str]()
    for trait, value in traits:
        text, users = f"{words.get(trait, trait)} {titles.get(value, value)[:60]}", usual.users(trait, value)
        if users is None:
            told.append(text)
        else:
            common.append(f"{text}, as {users} of {usual.signed_in} people use it")
    told = told or ["one list"]
    trait, value = traits[0] if traits else ("list", "everywhere")
    cluster.reasons.note(f"shared by nearly all sources: {', '.join([*told, *common])}")
    return replace(cluster, trait=trait, trait_value=value, shared=", ".join(told))


def _same_list(one: Cluster, other: Cluster) -> bool:
    """Whether two clusters are one thing told twice: the same trait, in the same hours."""
    return (one.trait, one.trait_value) == (other.trait, other.trait_value) and (
        one.first_seen <= other.last_seen + PAUSE_S and other.first_seen <= one.last_seen + PAUSE_S
    )


def _joined(one: Cluster, other: Cluster) -> Cluster:
    """The stronger cluster with the other one's sources and names."""
    activities = [*one.activities, *other.activities]
    names, sources = len(guesses_of(activities)), len(one.networks) + len(other.networks)
    one.reasons.note(f"with what the same tried beside it {names} addresses from {sources} sources")
    return replace(
        one,
        networks=[*one.networks, *other.networks],
        addresses=list(dict.fromkeys([*one.addresses, *other.addresses])),
        guesses=guesses_of(activities),
        activities=activities,
    )


def _source(
    network: str,
    rows: list[Activity],
    everybody: People,
    thresholds: ClusterThresholds,
    others: OwnSources,
    aside: SetAside,
) -> Source | None:
    """The network when it may belong to a cluster; one that is somebody's own goes to `others`.

    Names that have an innocent cause go to `aside`; those of `others.slips` later, as a list may have tried them.
    """
    guesses = guesses_of(rows)
    if not guesses or len(guesses) >= thresholds.per_source:
        # A burst has a rule of its own.
        return None
    own = any(a.outcome == "success" or a.network_people for a in rows)
    changed = {a.user for a in rows if a.changed}
    causes = {guess.name: _cause(guess, everybody, changed) for guess in guesses}
    left = [guess for guess in guesses if not causes[guess.name]]
    rest = OWN_SOURCE if own else _cause_together(left)
    if rest:
        causes.update((guess.name, rest) for guess in left)
        left = []
    slips = not own and not left and all(guess.not_real and everybody.only_slip_of(guess.name) for guess in guesses)
    if not slips:
        aside.names(network, guesses, causes)
    if not left:
        others.add(Source(network, rows, guesses), slips=slips)
        return None
    return Source(network, [a for a in rows if a.user in {guess.name for guess in left}], left)


def _cause(guess: Guess, everybody: People, changed: set[str]) -> Innocent | None:
    return cause_of(guess, everybody, changed) or (DEVICE if guess.attempts >= _DEVICE_ATTEMPTS else None)


def _cause_together(left: list[Guess]) -> Innocent | None:
    if len(left) == 1 and left[0].exists and of_a_device(left[0].name):
        # One machine with one account of its own; many branches have one.
        return MACHINE
    if len(left) >= 2 and slips_of_one_name(guess.name for guess in left):
        # Spellings of one name are somebody's who does not find the own one.
        return OWN_NAME
    return None


def _best(left: list[Source], around: _Around) -> Cluster | None:
    best: Cluster | None = None
    for (trait, value), members in groups_of(left).items():
        for part in parts_of(members):
            if len(part) * 2 < around.thresholds.sources:
                continue
            cluster = _judge(trait, value, part, left, around)
            if isinstance(cluster, Cluster) and (best is None or _rank(cluster) > _rank(best)):
                best = cluster
    return best


def _rank(cluster: Cluster) -> tuple[int, int, str]:
    return (cluster.reasons.total, len(cluster.guesses), cluster.trait)


def _judge(
    trait: str, value: str, part: list[Source], left: list[Source], around: _Around, not_own: Sequence[Source] = ()
) -> Cluster | Innocent | None:
    """The cluster that sources are, the innocent cause why they are none, or None where they are too few."""
    thresholds = around.thresholds
    whole, part = part, but_owners_elsewhere(part)
    activities = [activity for source in part for activity in source.activities]
    guesses = guesses_of(activities)
    if len(part) * 2 < thresholds.sources:
        return None
    if _one_name_everywhere(guesses, part):
        return ROAMING
    if len(guesses) * 2 < thresholds.names:
        return None
    signs = signs_of(trait, part, left, guesses, around.usual)
    # From how many addresses a tool comes says nothing of it.
    full = len(guesses) >= thresholds.names and (len(part) >= thresholds.sources or of_a_tool(signs))
    if old_profile(guesses, signs, around.everybody):
        return WRONG_PROFILE
    absent = sum(1 for guess in guesses if guess.not_real)
    # A morning of changed passwords: people fail everywhere, and most of them get in.
    told_apart = of_a_tool(signs) or (full and any(sign.id in STRONG for sign in signs))
    if not told_apart and around.own.count(trait, value, part, not_own) * 2 > len(part):
        return MORNING
    if not enough_signs(signs, full, absent * 2 >= len(guesses)):
        return STRANGERS
    reasons = Reasons()
    text = f"{len(guesses)} addresses from {len(part)} sources, {len(guesses) / len(part):.1f} from each"
    many = len(guesses) // thresholds.names
    reasons.add(30 if not full else 70 if many >= 5 else 55 if many >= 2 else 45, text)
    add_signs(reasons, signs, _SIGN_POINTS)
    cluster = Cluster(
        trait,
        value,
        [source.network for source in part],
        list(dict.fromkeys(activity.src for activity in activities)),
        guesses,
        activities,
        signs,
        reasons,
    )
    _add_what_was_found(cluster, part, whole)
    return cluster


def _add_what_was_found(cluster: Cluster, part: list[Source], whole: list[Source]) -> None:
    """Points for what the sources found, and a line for right passwords in the same hours that are not theirs."""
    right = right_of_the_list(cluster.signs, part)
    absent = any(guess.not_real for guess in cluster.guesses)
    add_found(cluster.reasons, cluster.having("guess_real", "password_correct") if absent else (), right)
    every = {guess.name for source in whole for guess in source.guesses if "password_correct" in guess.outcomes}
    others = sorted(every - set(right))
    if others:
        cluster.reasons.note(f"the password was right for {some(others)}, from where nothing but the time is shared")
    keep_critical_for_entry(cluster.reasons, bool(right))


def _one_name_everywhere(guesses: list[Guess], part: list[Source]) -> bool:
    return len(guesses) * 3 < len(part)
