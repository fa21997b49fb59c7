"""Forty-eight hours of a company of three hundred people: ordinary life, attacks, look-alikes, and what is true about
them.

    world = Company(seed=7, end=1_790_000_000).build()

Same seed and end, same bytes. Nothing here knows the tenant that serves the records or the app that reads them.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from lab.company import clock, noise, stories
from lab.company.addresses import AddressDeck
from lab.company.journal import Journal
from lab.company.people import DOMAINS, Staff, hire
from lab.company.records.audit_envelope import ORGANIZATION
from lab.company.script.cast import Casting
from lab.company.script.template import ScriptError
from lab.company.world import Truth, World


class Company:
    """`seed` chooses the company and its two days; `end` is the epoch second at which the run ends (now, for the demo).

    `story_folder` holds the stories; `only` names the ones to tell (all when None). Without `ordinary` nobody does
    anything but the stories.
    """

    def __init__(
        self,
        *,
        seed: int,
        end: float,
        story_folder: Path = stories.FOLDER,
        only: frozenset[str] | None = None,
        ordinary: bool = True,
    ) -> None:
        self.seed = seed
        self.end = float(int(end))
        self.start = self.end - clock.HOURS * 3600
        self._story_folder = story_folder
        self._only = only
        self._ordinary = ordinary

    def build(self) -> World:
        """The whole run. ScriptError for a story that cannot be told."""
        deck = AddressDeck(self._random("addresses"))
        staff = hire(self._random("people"), deck)
        journal = Journal(self._random("journal"), self.start, self.end)
        told = self._stories(staff, deck)
        for activity in noise.ACTIVITIES if self._ordinary else ():
            activity(staff, journal, self._random(activity.__name__))
        story_of = {record: story.name for story in told for record in stories.write(story, journal)}
        truth = [entry for story in told for entry in story.truth]
        _check_truth(truth)
        return World(
            seed=self.seed,
            start=self.start,
            end=self.end,
            records=sorted(journal.records, key=lambda record: (record.visible_at, record.id, record.kind)),
            endpoint_events=sorted(journal.endpoint_events, key=lambda event: (event.visible_at, event.raw)),
            allowlist_rows=[row for story in told for row in story.allowlist],
            truth=truth,
            accepted_domains=[*DOMAINS, ORGANIZATION],
            company_networks=[f"{office.egress}/32" for office in staff.offices],
            story_of=story_of,
        )

    def _stories(self, staff: Staff, deck: AddressDeck) -> list[stories.Told]:
        casting = Casting(staff, deck)
        loaded = stories.load(self._story_folder)
        wanted = [story for story in loaded if self._only is None or story.name in self._only]
        unknown = (self._only or frozenset()) - {story.name for story in loaded}
        if unknown:
            raise ScriptError(str(self._story_folder), f"no story {', '.join(sorted(unknown))}")
        return [
            stories.tell(story, casting, self._random("story " + story.name), self.start, self.end) for story in wanted
        ]

    def _random(self, purpose: str) -> Random:
        """One stream a purpose: a story more changes nobody else's day."""
        return Random(f"{self.seed} {purpose}")


def _check_truth(truth: list[Truth]) -> None:
    seen: set[str] = set()
    for entry in truth:
        if entry.id in seen:
            raise ScriptError(entry.story, f"truth id {entry.id!r} is used twice")
        seen.add(entry.id)
