"""Runs the rules, and the searches others publish, over one story, and holds what they say against it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

import yaml

from lab.allowlist_file import collection_row
from lab.company.world import SEVERITIES
from lab.families.story import ATTACK, Family, Story
from lab.rules import APP, LOOK_BACK_S, rules_of, watch
from lab.splunk.spl.values import as_list
from lab.splunk.stand_in import StandIn

OURS = "this app"
_RAISED = SEVERITIES.index("medium")
_DAY_S = 86400
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Result:
    """What one rule set said of one story: whether it found the attack, and how many of its findings are false."""

    found: bool
    false: int
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """One story of one family, and what every rule set said."""

    family: str
    kind: str
    technique: str
    seed: int
    results: Mapping[str, Result]

    def line(self) -> str:
        """The trial as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def of_line(line: str) -> Trial:
        """The trial that `line` wrote."""
        told = json.loads(line)
        results = {name: Result(r["found"], r["false"], tuple(r["said"])) for name, r in told.pop("results").items()}
        return Trial(**told, results=results)


@dataclass(frozen=True)
class Baseline:
    """What one rule set of others publishes, as short SPL of our own with its numbers. A row is a finding; rows name
    their sources in `src`.
    """

    id: str
    searches: tuple[str, ...]


def baselines(file: str = "baselines.yml") -> list[Baseline]:
    """What others publish: `baselines.yml` about address enumeration, `mail_baselines.yml` about mail collection."""
    entries = yaml.safe_load((_FOLDER / file).read_text("utf-8"))
    return [Baseline(entry["id"], tuple(entry["searches"])) for entry in entries]


def run(family: Family, seed: int, base: float, splunk: StandIn, others: Sequence[Baseline]) -> Trial:
    """One trial in a stand-in with the app, which forgets what it did before: making one takes as long as a trial."""
    story = family.story(seed, base)
    splunk.forget()
    events = story.events()
    for event in events:
        splunk.index.add(
            event.raw, time=event.time, indextime=event.indextime, host=event.host, source=event.source,
            sourcetype=event.sourcetype, index="main", whole=True,
        )  # fmt: skip
    start, end = min(e.time for e in events) // 60 * 60, max(e.indextime for e in events)
    results = {OURS: _ours(family, story, splunk, start, end)}
    for other in others:
        results[other.id] = _theirs(family, story, splunk, start, end, other)
    return Trial(family.id, family.kind, family.technique, seed, results)


def _ours(family: Family, story: Story, splunk: StandIn, start: float, end: float) -> Result:
    stems = [stem for stem, rule in rules_of(splunk).items() if _technique(splunk, rule).startswith(family.technique)]
    watched = watch(
        splunk,
        stems=stems,
        allowlist=[collection_row(row, f"row {number}") for number, row in enumerate(story.allowlist)],
        start=start,
        end=end + LOOK_BACK_S,
        enabled_after=story.learning,
    )
    problems = [f"{search['rule']}: {search['error']}" for search in watched.searches() if search["error"]]
    problems += watched.warnings()
    if problems:
        raise AssertionError(f"{family.id}: {problems}")
    raised = [
        finding
        for finding in watched.findings
        if finding["status"] == "new" and SEVERITIES.index(str(finding["severity"])) >= _RAISED
    ]
    sources = [{str(finding["entity"]), *as_list(finding["fields"].get("src") or [])} for finding in raised]
    said = [
        f"{f['detection']} {f['entity']} {f['severity']} {f['score']} {f['fields'].get('enum_class', '')} "
        f"{'; '.join(as_list(f['fields']['score_reasons']))}"
        for f in watched.findings
    ]
    return _held(family, story, sources, said)


def _technique(splunk: StandIn, rule: str) -> str:
    annotations = splunk.conf("savedsearches", app=APP)[rule]["action.correlationsearch.annotations"]
    return annotations.partition("mitre_attack")[2].partition('["')[2].partition('"')[0]


def _theirs(family: Family, story: Story, splunk: StandIn, start: float, end: float, other: Baseline) -> Result:
    """Each search once over the whole story; rows of one day that name the same sources are one finding."""
    found: dict[tuple[int, tuple[str, ...]], set[str]] = {}
    for spl in other.searches:
        for row in splunk.search(spl, earliest=start, latest=end + 1, now=end + 1, app=APP).rows:
            sources = {str(value) for value in as_list(row["src"])}
            found[(int(float(str(row.get("_time", start))) // _DAY_S), tuple(sorted(sources)))] = sources
    return _held(family, story, found.values(), [])


def _held(family: Family, story: Story, findings: Iterable[set[str]], said: list[str]) -> Result:
    """A finding that names an address of the attacker is right, every other one is false."""
    listed = list(findings)
    right = sum(1 for sources in listed if any(_is_attackers(source, story.attackers) for source in sources))
    return Result(family.kind == ATTACK and right > 0, len(listed) - right, tuple(said))


def _is_attackers(source: str, attackers: set[str]) -> bool:
    if source in attackers:
        return True
    if "/" not in source:
        return False
    try:
        network = ip_network(source)
    except ValueError:
        return False
    return any(ip_address(attacker) in network for attacker in attackers if _is_address(attacker))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@dataclass
class Tally:
    """Counts of one rule set over trials."""

    attacks: int = 0
    found: int = 0
    innocents: int = 0
    quiet: int = 0
    false: int = 0


def tally(trials: Iterable[Trial]) -> dict[str, Tally]:
    """What each rule set did over all trials."""
    counts: dict[str, Tally] = {}
    for trial in trials:
        for name, result in trial.results.items():
            count = counts.setdefault(name, Tally())
            count.false += result.false
            if trial.kind == ATTACK:
                count.attacks += 1
                count.found += result.found
            else:
                count.innocents += 1
                count.quiet += not result.false
    return counts


@dataclass
class Table:
    """Trials as lines of text: one a family, then one a rule set."""

    trials: list[Trial] = field(default_factory=list)

    def lines(self) -> list[str]:
        lines = [f"{'family':<38} {'kind':<9} {'stories':>7} {'found':>6} {'false':>6} {'recall':>7} {'precision':>9}"]
        families: dict[str, list[Trial]] = {}
        for trial in self.trials:
            families.setdefault(trial.family, []).append(trial)
        for name, trials in sorted(families.items(), key=lambda item: (item[1][0].technique, item[1][0].kind, item[0])):
            results = [trial.results[OURS] for trial in trials]
            found, false = sum(r.found for r in results), sum(r.false for r in results)
            attack = trials[0].kind == ATTACK
            recall = f"{found / len(results):.2f}" if attack else ""
            precision = f"{found / (found + false):.2f}" if attack and found + false else ""
            lines.append(
                f"{name:<38} {trials[0].kind:<9} {len(results):>7} {found if attack else '':>6} {false:>6} "
                f"{recall:>7} {precision:>9}"
            )
        lines.append("")
        lines.append(
            f"{'rule set':<38} {'attacks found':>15} {'false findings':>15} {'innocent stories left quiet':>28}"
        )
        for technique in sorted({trial.technique for trial in self.trials}):
            for name, count in tally(t for t in self.trials if t.technique == technique).items():
                lines.append(
                    f"{technique + ' ' + name:<38} {f'{count.found} of {count.attacks}':>15} {count.false:>15} "
                    f"{f'{count.quiet} of {count.innocents}':>28}"
                )
        return lines
