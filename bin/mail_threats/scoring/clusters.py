"""Guesses spread over many sources: few names each, joined by what the sources share or by the list itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .activity import Activity, distinct
from .addresses import neighbourhood
from .guesses import Guess, guesses_of
from .innocent import OTHER_DIRECTORY
from .names import People, made_for_a_test, malformed, of_a_device, slips_of_one_name
from .patterns import SCRIPTS, Sign, add_signs, list_signs
from .reasons import Reasons, add_found, keep_critical_for_entry
from .sources import PAUSE_S, OwnSources, Source, groups_of, neighbours_of, parts_of, within

# Signs that a list is worked off, wherever it is tried from; the other signs are about the sources.
_STRONG = frozenset({"sorted", "numbered", "permutations", "dictionary"})
# An agent that so few of the people who sign in use is the guesser's own.
_RARE_PEOPLE = 2
_RARE_SHARE = 0.02
_ENOUGH_PEOPLE = 10
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
class Usual:
    """How many of the people who `signed_in` use each user agent and each application."""

    agent_people: Mapping[str, int] = field(default_factory=dict)
    app_people: Mapping[str, int] = field(default_factory=dict)
    signed_in: int = 0

    def rare(self, users: int) -> bool:
        """Whether so few users are nobody's ordinary choice; few people at all say nothing."""
        return self.signed_in >= _ENOUGH_PEOPLE and users <= max(_RARE_PEOPLE, _RARE_SHARE * self.signed_in)


@dataclass(frozen=True)
class Cluster:
    """Sources that work off one list. `trait` says what joins them: agent, application, network or list.

    The trait is what most of them share, the same in each run however many of them a run knows; `shared` names
    everything that nearly all of them have in common. `hidden` counts attempts whose names the audit feed hides.
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
) -> list[Cluster]:
    """The clusters among the activities of each network, strongest first. `networks` gives each once.

    `usual` says how many people use each client and application. A network where anybody signs in is
    somebody's own and belongs to no cluster; that there are more of those than of the others is how a morning of
    changed passwords looks.
    """
    left: list[Source] = []
    own = OwnSources()
    for network, rows in networks:
        source = _source(network, list(rows), everybody, thresholds, own)
        if source:
            left.append(source)
    found: list[Cluster] = []
    while len(found) < _MOST_CLUSTERS:
        best = _best(left, own, thresholds, usual or Usual())
        if best is None:
            break
        taken = set(best.networks)
        part = [source for source in left if source.network in taken]
        best, part = _with_slips(best, part, own, thresholds, usual or Usual())
        taken.update(best.networks)
        own.taken(taken)
        best = named_by_most(best, part)
        same = next((number for number, other in enumerate(found) if _same_list(best, other)), None)
        if same is None:
            found.append(best)
        else:
            found[same] = _joined(found[same], best)
        left = [source for source in left if source.network not in taken]
    return found


def _with_slips(
    cluster: Cluster, part: list[Source], own: OwnSources, thresholds: ClusterThresholds, usual: Usual
) -> tuple[Cluster, list[Source]]:
    """The cluster, and its sources, with those that its client names although their names look like slips of people."""
    more = [source for source in own.slips if _with_its_client(source, cluster, part)]
    if not more:
        return cluster, part
    whole = sorted([*part, *more], key=lambda source: source.first_seen)
    known = _judge(cluster.trait, cluster.trait_value, whole, whole, own, thresholds, usual, more)
    return (known, whole) if known else (cluster, part)


def _with_its_client(source: Source, cluster: Cluster, part: list[Source]) -> bool:
    """Whether a source whose names look like slips of people belongs to a list that a client of its own works off.

    Where names are many, some of a list's are a letter from somebody's: the client tells whose they are.
    """
    if not {sign.id for sign in cluster.signs} & {"script", "rare_agent"} or not source.agents:
        return False
    agents = {agent for other in part for agent in other.agents}
    apps = {app for other in part for app in other.apps}
    return source.agents <= agents and source.apps <= apps and within(source, part)


def named_by_most(cluster: Cluster, part: list[Source]) -> Cluster:
    """The cluster under the trait that most of its sources share, and with all of them named.

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
    told = [f"{words.get(trait, trait)} {titles.get(value, value)[:60]}" for trait, value in traits] or ["one list"]
    trait, value = traits[0] if traits else ("list", "everywhere")
    cluster.reasons.note(f"shared by nearly all sources: {', '.join(told)}")
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
    network: str, rows: list[Activity], everybody: People, thresholds: ClusterThresholds, others: OwnSources
) -> Source | None:
    """The network when it may belong to a cluster; one that is somebody's own goes to `others`."""
    guesses = guesses_of(rows)
    if not guesses or len(guesses) >= thresholds.per_source:
        # A burst has a rule of its own.
        return None
    own = any(a.outcome == "success" or a.network_people for a in rows)
    left = [guess for guess in guesses if not _explained(guess, rows, everybody)]
    if len(left) == 1 and left[0].exists and of_a_device(left[0].name):
        # One machine with one account of its own; many branches have one.
        left = []
    if len(left) >= 2 and slips_of_one_name(guess.name for guess in left):
        # Spellings of one name are somebody's who does not find the own one.
        left = []
    if own or not left:
        slips = not own and all(guess.not_real and everybody.only_slip_of(guess.name) for guess in guesses)
        others.add(Source(network, rows, guesses), slips=slips)
        return None
    return Source(network, [a for a in rows if a.user in {guess.name for guess in left}], left)


def _explained(guess: Guess, rows: list[Activity], everybody: People) -> bool:
    if malformed(guess.name) or made_for_a_test(guess.name) or (guess.codes and guess.codes <= OTHER_DIRECTORY):
        return True
    if guess.not_real and (guess.known or everybody.only_slip_of(guess.name)):
        return True
    return guess.attempts >= _DEVICE_ATTEMPTS or any(a.changed for a in rows if a.user == guess.name)


def _best(
    left: list[Source],
    own: OwnSources,
    thresholds: ClusterThresholds,
    usual: Usual,
) -> Cluster | None:
    best: Cluster | None = None
    for (trait, value), members in groups_of(left).items():
        for part in parts_of(members):
            if len(part) * 2 < thresholds.sources:
                continue
            cluster = _judge(trait, value, part, left, own, thresholds, usual)
            if cluster and (best is None or _rank(cluster) > _rank(best)):
                best = cluster
    return best


def _rank(cluster: Cluster) -> tuple[int, int, str]:
    return (cluster.reasons.total, len(cluster.guesses), cluster.trait)


def _judge(
    trait: str,
    value: str,
    part: list[Source],
    left: list[Source],
    own: OwnSources,
    thresholds: ClusterThresholds,
    usual: Usual,
    not_own: Sequence[Source] = (),
) -> Cluster | None:
    activities = [activity for source in part for activity in source.activities]
    guesses = guesses_of(activities)
    full = len(guesses) >= thresholds.names and len(part) >= thresholds.sources
    if len(guesses) * 2 < thresholds.names or _one_name_everywhere(guesses, part):
        return None
    signs = list_signs(guesses)
    signs += _signs_of_sources(trait, value, part, left, guesses, usual)
    absent = sum(1 for guess in guesses if guess.not_real)
    # A morning of changed passwords: people fail everywhere, and most of them get in.
    told_apart = {"rare_agent", "rare_app", "script"} | (_STRONG if full else frozenset())
    if not {sign.id for sign in signs} & told_apart and own.count(trait, value, part, not_own) * 2 > len(part):
        return None
    if len(signs) < _signs_needed(signs, full, absent * 2 >= len(guesses)):
        return None
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
    real = cluster.having("guess_real", "password_correct")
    right = cluster.having("password_correct")
    add_found(reasons, real if absent else (), right)
    keep_critical_for_entry(reasons, bool(right))
    return cluster


def _one_name_everywhere(guesses: list[Guess], part: list[Source]) -> bool:
    return len(guesses) * 3 < len(part)


def _signs_needed(signs: list[Sign], full: bool, mostly_absent: bool) -> int:
    strong = any(sign.id in _STRONG for sign in signs)
    if not full:
        return 3 if strong or mostly_absent else 4
    return 2 if strong or mostly_absent else 3


def signs_in_common(trait: str, part: list[Source], left: list[Source], usual: Usual) -> list[Sign]:
    """What sources of one hand share and others do not: a client, an application, their place.

    A script is left to who judges the guesses.
    """
    signs: list[Sign] = []
    activities = [activity for source in part for activity in source.activities]
    agents, apps = distinct(activities, "user_agent"), distinct(activities, "app_id")
    if len(agents) == 1 and not SCRIPTS.search(agents[0]):
        users = usual.agent_people.get(agents[0], 0)
        if usual.rare(users):
            reason = f"all of them use a client that {users} of {usual.signed_in} people sign in with"
            signs.append(Sign("rare_agent", 10, reason))
        elif len(part) >= 0.9 * sum(1 for source in left if within(source, part)):
            signs.append(Sign("one_agent", 5, "all sources use one client"))
    if len(apps) == 1 and usual.rare(usual.app_people.get(apps[0], 0)):
        users = usual.app_people.get(apps[0], 0)
        reason = f"all of them ask for an application that {users} of {usual.signed_in} people sign in to"
        signs.append(Sign("rare_app", 10, reason))
    if trait == "network" or neighbours_of(part) >= 0.5:
        signs.append(Sign("neighbours", 10, "the sources lie in few networks, one beside the other"))
    return signs


def _signs_of_sources(
    trait: str,
    value: str,
    part: list[Source],
    left: list[Source],
    guesses: list[Guess],
    usual: Usual,
) -> list[Sign]:
    signs = signs_in_common(trait, part, left, usual)
    sizes = {len(source.guesses) for source in part}
    if len(sizes) == 1 and sizes != {1}:
        signs.append(Sign("even_share", 10, f"each source tries exactly {sizes.pop()} names"))
    several = [source for source in part if len(source.guesses) > 1]
    if len(several) * 2 >= len(part):
        signs.append(Sign("several_names", 5, f"{len(several)} of the sources try names of different people"))
    moved = sum(1 for guess in guesses if len(guess.sources) > 1)
    if moved * 3 >= len(guesses):
        signs.append(Sign("rotation", 10, f"{moved} of the names are tried again, each time from another source"))
    elif _no_overlap(part, guesses):
        signs.append(Sign("no_overlap", 5, "no name is tried twice, from whatever source"))
    return [sign for sign in signs if sign.id != "one_agent" or len(guesses) >= 15]


def _no_overlap(part: list[Source], guesses: list[Guess]) -> bool:
    tried = sum(len(source.guesses) for source in part)
    return tried == len(guesses) and sum(guess.attempts for guess in guesses) <= 1.1 * len(guesses)
