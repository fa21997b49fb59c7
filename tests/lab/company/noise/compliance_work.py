"""The rest of the audit log: Teams all day, and a legal team that looks into its cases without exporting anything."""

from __future__ import annotations

from random import Random

from lab.company import clock
from lab.company.journal import Journal
from lab.company.people import Staff
from lab.company.records.compliance import compliance_cmdlet
from lab.company.records.teams_audit import OPERATIONS, teams_event

_TEAMS = ("Operations", "Sales", "Projects", "Works council")


def run_compliance(company: Staff, journal: Journal, rng: Random) -> None:
    """One Teams event a person and day, and a dozen glances at content searches that already exist."""
    for day in clock.days(journal.start, journal.end):
        midnight = clock.moment(day, 0)
        for person in company.people:
            time = round(midnight + ((clock.working_hour(rng) + person.shift) % 24) * 3600, 3)
            src = person.office.egress if rng.random() < person.at_office else person.home
            operation = rng.choices(OPERATIONS, (8, 1, 1, 4))[0]
            journal.audit(
                teams_event(rng, time=time, operation=operation, actor=person.upn, src=src, team=rng.choice(_TEAMS)),
                time,
            )
        for _ in range(12):
            time = round(midnight + clock.working_hour(rng) * 3600, 3)
            operation, name = rng.choice((("Get-ComplianceSearch", "Identity"), ("Get-ComplianceCase", "Identity")))
            journal.audit(
                compliance_cmdlet(
                    rng,
                    time=time,
                    operation=operation,
                    actor=rng.choice(company.of_role("legal")).upn,
                    parameters={name: f"Case {rng.randrange(2100, 2200)}"},
                ),
                time,
            )
