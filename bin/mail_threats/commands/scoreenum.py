"""`scoreenum`: rows of sign-ins in; one scored row for each burst, cluster or slow guesser out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from splunklib.searchcommands import Configuration, Option, dispatch, validators

from ..scoring.activity import Activity, RowError, distinct, read_activities
from ..scoring.burst_score import Burst, Thresholds, score_source
from ..scoring.clusters import Cluster, ClusterThresholds, find_clusters
from ..scoring.continued import continued_lists, lists_of_neighbours, strangers_of
from ..scoring.days import DayThresholds, SlowGuessing, merged, slow_guessing
from ..scoring.hidden import hidden_clusters, with_hidden
from ..scoring.innocent import ENUMERATION, HIDDEN
from ..scoring.joining import Usual
from ..scoring.linked import (
    Told,
    burst_client,
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
from ..scoring.names import People
from ..scoring.packed import PackedActivities
from ..scoring.racks import Held, Rack, crowded, of_racks, rack_of
from ..scoring.set_aside import NOWHERE, Left, SetAside
from .bounded import BoundedReportingCommand
from .whole_input import Record, last_chunk, rows

# Multivalue fields of evidence that the output carries as the input had them.
_EVIDENCE = ("app", "app_id", "client_app", "user_agent", "error_code", "feed")
_BURST, _SOURCES, _DAYS = "burst", "sources", "days"
_ENOUGH_PEOPLE = 10


@Configuration()
class ScoreEnumCommand(BoundedReportingCommand):
    """Scores guesses at addresses: bursts of one source, lists spread over sources, few names a day for days."""

    mode = Option(require=False, default=_BURST, validate=validators.Set(_BURST, _SOURCES, _DAYS))
    window = Option(require=False, default=60, validate=validators.Integer(1, 1440))
    low = Option(require=False, default=10, validate=validators.Integer(2))
    moderate = Option(require=False, default=20, validate=validators.Integer(2))
    high = Option(require=False, default=50, validate=validators.Integer(2))
    spray = Option(require=False, default=0, validate=validators.Integer(0))
    spray_window = Option(require=False, default=20, validate=validators.Integer(1, 1440))
    long = Option(require=False, default=0, validate=validators.Integer(0))
    long_window = Option(require=False, default=1440, validate=validators.Integer(1, 44640))
    merge_gap = Option(require=False, default=60, validate=validators.Integer(0))
    names = Option(require=False, default=20, validate=validators.Integer(2))
    sources = Option(require=False, default=10, validate=validators.Integer(2))
    names_per_day = Option(require=False, default=3, validate=validators.Integer(1))
    days = Option(require=False, default=3, validate=validators.Integer(2))
    span_days = Option(require=False, default=7, validate=validators.Integer(2))
    max_names = Option(require=False, default=100, validate=validators.Integer(1, 10000))
    set_aside = Option(require=False, default=False, validate=validators.Boolean())

    def prepare(self) -> None:
        super().prepare()
        if not self.low <= self.moderate <= self.high:
            problem = f"low={self.low}, moderate={self.moderate}, high={self.high}: they must not fall"
            self.error_exit(ValueError(problem), problem)
        self._activities = PackedActivities()
        self._people: list[str] = []
        self._agent_people: dict[str, int] = {}
        self._app_people: dict[str, int] = {}
        self._signed_in = 0
        self._people_agents: set[str] = set()
        # Who signs in with a client, and where, while it is one account at one source.
        self._agent_owner: dict[str, tuple[str, str]] = {}
        self._searched_from: float | None = None
        self._refused = 0
        self._first_refusal = ""

    def reduce(self, records: Iterator[Record]) -> Iterator[dict[str, Any]]:
        """Gathers each chunk's rows; answers with the last one.

        A row with `person` and no source names one or several people who sign in, one with `people_agent` clients that
        they use. A row that cannot be used is left
        out, counted and named in the search's messages: it must not stop a rule.
        """
        for row in rows(records):
            if "person" in row and "src" not in row:
                people = row["person"]
                self._people += [name.lower() for name in ([people] if isinstance(people, str) else people)]
                continue
            if "people_agent" in row and "src" not in row:
                agents = row["people_agent"]
                self._people_agents.update([agents] if isinstance(agents, str) else agents)
                continue
            try:
                read = list(read_activities(row))
            except RowError as error:
                self._refused += 1
                self._first_refusal = self._first_refusal or str(error)
                continue
            for network, activity in read:
                self._activities.add(network, activity)
                if activity.outcome == "success":
                    self._signs_in(network, activity)
            if self._searched_from is None and "searched_from" in row:
                self._searched_from = float(row["searched_from"])
            for field, counts, values in (
                ("agent_people", self._agent_people, activity.user_agent),
                ("app_people", self._app_people, activity.app_id),
            ):
                if field in row:
                    counts.update(dict.fromkeys(values, int(row[field])))
            self._signed_in = int(row.get("signed_in", self._signed_in))
        if last_chunk(self):
            yield from self._answer()

    def _signs_in(self, network: str, activity: Activity) -> None:
        owner = (network, activity.user)
        for agent in activity.user_agent:
            if self._agent_owner.setdefault(agent, owner) != owner:
                self._people_agents.add(agent)

    def _answer(self) -> Iterator[dict[str, Any]]:
        if self._refused:
            self.write_warning(f"scoreenum left out {self._refused} rows. The first: {self._first_refusal}")
        everybody = People(self._people)
        aside = SetAside() if self.set_aside else NOWHERE
        if self.mode == _SOURCES:
            found = self._clusters(everybody, aside)
        elif self.mode == _DAYS:
            found = self._slow(everybody, aside)
        else:
            # Each class of a burst is a finding; nothing is set aside.
            found = iter(()) if self.set_aside else self._bursts(everybody)
        if not self.set_aside:
            yield from found
            return
        for _ in found:
            # What is a finding is the rule's to tell.
            pass
        yield from (aside_row(left, self.max_names) for left in aside.rows())

    def _bursts(self, everybody: People) -> Iterator[dict[str, Any]]:
        thresholds = Thresholds(
            self.window, self.low, self.moderate, self.high, merge_gap=self.merge_gap, max_names=self.max_names,
            spray=self.spray, spray_window=self.spray_window, long=self.long, long_window=self.long_window,
        )  # fmt: skip
        # Only what has a client to be linked by waits for the other sources, as the row that it becomes.
        waiting: list[tuple[Told, dict[str, Any]]] = []
        left: list[Activity] = []
        strangers: list[Activity] = []
        racks: dict[Rack, list[Held[tuple[Told, dict[str, Any]]]]] = {}
        networks = self._activities.networks()
        neighbours = crowded(networks) if len(everybody) >= _ENOUGH_PEOPLE else set[str]()
        since = self._searched_from or 0.0
        self._people_agents.update(self._agent_owner.keys() - self._guessers_clients())
        for network in networks:
            taken = self._activities.look(network) if network in neighbours else self._activities.take(network)
            bursts = score_source(network, taken, thresholds, everybody, since)
            for burst in bursts:
                row = self._burst_row(burst, thresholds, [])
                told = self._told(burst)
                rack = rack_of(network, taken, burst) if network in neighbours else None
                if rack:
                    racks.setdefault(rack, []).append(Held(network, burst.first_seen, burst.last_seen, (told, row)))
                elif told.client:
                    waiting.append((told, row))
                else:
                    yield row
            if len(everybody) >= _ENOUGH_PEOPLE and not any(burst.burst_class == ENUMERATION for burst in bursts):
                left += by_nobody_s_client(taken, self._people_agents)
                strangers += of_strangers(taken, self._people_agents)
        score = partial(score_source, thresholds=thresholds, everybody=everybody, searched_from=since)
        for found in of_racks(racks, self._activities.look, score):
            if isinstance(found, Burst):
                found = (self._told(found), self._row_of_parts(found, thresholds, None))
            told, row = found
            if told.client:
                waiting.append((told, row))
            else:
                yield row
        for (_, row), others in zip(waiting, link([told for told, _ in waiting], told_of(left))):
            if others:
                row["related_src"] = [*row["related_src"], *others][: self.max_names]
                row["enum_reasons"] = [*row["enum_reasons"], linked_line(others)]
            yield row
        for burst in bursts_in_parts(left, thresholds, everybody, self._people_agents):
            # Its address may have a burst of its people, which is another thing.
            yield self._row_of_parts(burst, thresholds, f"client|{burst_client(burst)}")
        for burst in bursts_that_move(strangers, thresholds, everybody):
            yield self._row_of_parts(burst, thresholds, f"moving|{burst_client(burst)}|{burst.addresses[0]}")

    def _told(self, burst: Burst) -> Told:
        return Told(burst.source, client_of(burst, self._people_agents), burst.first_seen, burst.last_seen)

    def _guessers_clients(self) -> set[str]:
        """Clients with which one account signs in at one source, where it was guessed with them."""
        accounts: dict[str, dict[str, str]] = {}
        for agent, (network, account) in self._agent_owner.items():
            if agent not in self._people_agents:
                accounts.setdefault(network, {})[agent] = account
        found = set[str]()
        for network, of_network in accounts.items():
            found |= clients_of_guessers(of_network, self._activities.look(network))
        return found

    def _row_of_parts(self, burst: Burst, thresholds: Thresholds, key: str | None) -> dict[str, Any]:
        row = self._burst_row(burst, thresholds, burst.addresses[1:])
        cut = max(0, len(burst.addresses) - self.max_names)
        return {**row, "finding_key": key, "src": burst.addresses[: self.max_names], "src_list_truncated": cut}

    def _burst_row(self, burst: Burst, thresholds: Thresholds, others: list[str]) -> dict[str, Any]:
        row = {**burst_row(burst, thresholds), "related_src": others[: self.max_names], "finding_key": None}
        row["src_list_truncated"] = 0
        return row if self._searched_from is None else {**row, "start_cut": int(burst.start_cut)}

    def _clusters(self, everybody: People, aside: SetAside) -> Iterator[dict[str, Any]]:
        thresholds = ClusterThresholds(self.names, self.sources, per_source=self.low, max_names=self.max_names)
        hidden: dict[str, list[Activity]] = {}
        usual = Usual(self._agent_people, self._app_people, self._signed_in)
        found = find_clusters(self._named(hidden), everybody, thresholds, usual, aside)
        taken = {network for cluster in found for network in cluster.networks}
        left = {network: rows for network, rows in hidden.items() if network not in taken}
        found = [with_hidden(cluster, hidden) for cluster in found]
        for cluster in [*found, *hidden_clusters(left, thresholds, usual, aside)]:
            yield cluster_row(cluster, thresholds.max_names)

    def _named(self, hidden: dict[str, list[Activity]]) -> Iterator[tuple[str, list[Activity]]]:
        """Each network with what it did under names; networks with hidden ones are kept in `hidden` with everything."""
        for network in self._activities.networks():
            taken = self._activities.take(network)
            if any(a.hidden for a in taken):
                hidden[network] = taken
                taken = [a for a in taken if not a.hidden]
            yield network, taken
        # What was packed is unpacked by now where it is needed.
        self._activities = PackedActivities()

    def _slow(self, everybody: People, aside: SetAside) -> Iterator[dict[str, Any]]:
        thresholds = DayThresholds(
            self.names_per_day, self.days, self.span_days, self.names, burst=self.low, spray=self.spray or 5,
            max_names=self.max_names,
        )  # fmt: skip
        strangers: list[Activity] = []
        near: list[Activity] = []
        for network in self._activities.networks():
            days = merged(self._activities.take(network))
            slow = slow_guessing(network, days, everybody, thresholds, aside)
            if slow:
                yield slow_row(slow, thresholds.max_names)
            else:
                near += [a for a in days if a.near]
                strangers += strangers_of(days, everybody, thresholds)
        told: set[str] = set()
        for slow in lists_of_neighbours(near, everybody, thresholds, aside):
            told.update(slow.addresses)
            aside.found(slow.addresses)
            yield slow_row(slow, thresholds.max_names)
        # A client is nobody's only where enough people are known.
        self._people_agents.update(self._agent_owner)
        agents = self._people_agents if len(everybody) >= _ENOUGH_PEOPLE else set()
        strangers = [a for a in strangers if a.src not in told]
        for continued in continued_lists(strangers, thresholds, agents, aside):
            aside.found(continued.addresses)
            yield slow_row(continued, thresholds.max_names)


def burst_row(burst: Burst, thresholds: Thresholds) -> dict[str, Any]:
    """A burst as a row of the search: lists are multivalue fields, numbers plain, times in epoch seconds."""
    most = thresholds.max_names
    return {
        "_time": _number(burst.last_seen),
        "src": burst.source,
        "src_address": burst.addresses[:most],
        "first_seen": _number(burst.first_seen),
        "last_seen": _number(burst.last_seen),
        "span_min": burst.span_min,
        "attempts": burst.attempts,
        "unique_names": len(burst.names),
        "peak_names": burst.peak_names,
        "rate_per_min": f"{len(burst.names) / burst.span_min:.2f}",
        "pause_s": round(burst.pause_s),
        **_names(burst.names, most),
        "names_hidden": burst.names_hidden,
        "valid_found": burst.valid_found,
        "valid_found_count": len(burst.valid_found),
        "password_correct": burst.password_correct,
        "password_correct_count": len(burst.password_correct),
        "unsure_names": burst.unsure[:most],
        "unsure_count": len(burst.unsure),
        "not_real_count": burst.not_real_count,
        "success_user": burst.success_users,
        "success_count": len(burst.success_users),
        "explained_names": burst.explained_names,
        **_evidence(burst.activities, most),
        "enum_score": burst.score,
        "enum_verdict": burst.verdict,
        "enum_reasons": burst.reasons.lines(),
        "enum_class": burst.burst_class,
        "enum_signs": [sign.id for sign in burst.signs],
    }


def cluster_row(cluster: Cluster, most: int) -> dict[str, Any]:
    """A cluster as a row: `src` are its addresses, `trait` what joins them, `shared` all of it in words."""
    real = cluster.having("guess_real", "password_correct")
    return {
        "_time": _number(cluster.last_seen),
        "src": cluster.addresses[:most],
        "src_list_truncated": max(0, len(cluster.addresses) - most),
        "source_count": len(cluster.networks),
        "first_seen": _number(cluster.first_seen),
        "last_seen": _number(cluster.last_seen),
        "trait": cluster.trait,
        "trait_value": cluster.trait_value,
        "shared": cluster.shared,
        "attempts": sum(guess.attempts for guess in cluster.guesses) + cluster.hidden,
        "unique_names": len(cluster.guesses),
        **_names(cluster.names, most),
        "names_hidden": cluster.hidden,
        "enum_class": ENUMERATION if cluster.named else HIDDEN,
        "valid_found": real,
        "valid_found_count": len(real),
        "password_correct": cluster.having("password_correct"),
        "not_real_count": len(cluster.having("guess_not_real")),
        **_evidence(cluster.activities, most),
        "enum_score": cluster.reasons.total,
        "enum_reasons": cluster.reasons.lines(),
    }


def slow_row(slow: SlowGuessing, most: int) -> dict[str, Any]:
    """Slow guessing as a row; `names_by_day` says how many new names each day brought.

    A list from several sources has all of them in `src`, what they share in `shared` and its key in `list_key`.
    """
    real = list(dict.fromkeys([*slow.having("guess_real", "password_correct"), *slow.success_users]))
    return {
        "_time": _number(slow.last_seen),
        "src": slow.addresses[:most] if slow.shared else slow.source,
        "shared": slow.shared or None,
        "list_key": slow.source if slow.shared else None,
        "list_network": slow.network or None,
        "source_count": len(slow.addresses) if slow.shared else None,
        "src_list_truncated": max(0, len(slow.addresses) - most) if slow.shared else None,
        "src_address": slow.addresses[:most],
        "first_seen": _number(slow.first_seen),
        "last_seen": _number(slow.last_seen),
        "days_active": len(slow.daily),
        "names_by_day": [len(names) for _, names in slow.daily],
        "attempts": sum(guess.attempts for guess in slow.guesses),
        "unique_names": len(slow.guesses),
        **_names(slow.names, most),
        "valid_found": real,
        "valid_found_count": len(real),
        "password_correct": slow.having("password_correct"),
        "success_user": slow.success_users,
        "not_real_count": len(slow.having("guess_not_real")),
        **_evidence(slow.activities, most),
        "enum_score": slow.reasons.total,
        "enum_reasons": slow.reasons.lines(),
    }


def aside_row(left: Left, most: int) -> dict[str, Any]:
    """What was set aside as a row: `entity` is its source or what joins its sources, `enum_class` the cause."""
    addresses = list(left.addresses)
    return {
        "_time": _number(left.last_seen),
        "entity": left.entity,
        "src": addresses[:most],
        "src_list_truncated": max(0, len(addresses) - most),
        "source_count": len(addresses),
        "first_seen": _number(left.first_seen),
        "last_seen": _number(left.last_seen),
        "attempts": left.attempts,
        "unique_names": len(left.names),
        **_names(list(left.names), most),
        "enum_class": left.cause.id,
        "enum_reasons": [left.reason],
    }


def _names(names: list[str], most: int) -> dict[str, Any]:
    return {"user": names[:most], "user_list_truncated": max(0, len(names) - most)}


def _evidence(activities: Iterable[Activity], most: int) -> dict[str, Any]:
    listed = list(activities)
    fields: dict[str, Any] = {name: distinct(listed, name)[:most] for name in _EVIDENCE}
    return {**fields, "user_agent_count": len(distinct(listed, "user_agent"))}


def _number(epoch: float) -> str:
    return f"{epoch:.3f}".rstrip("0").rstrip(".")


def main() -> None:
    """Runs the command over the process's standard streams."""
    dispatch(ScoreEnumCommand, sys.argv, sys.stdin, sys.stdout)
