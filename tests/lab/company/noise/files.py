"""People open files in OneDrive and SharePoint; some of the files are saved mails."""

from __future__ import annotations

from random import Random

from lab.company import clock
from lab.company.journal import Journal
from lab.company.people import Staff
from lab.company.records.catalogue import USER_AGENTS
from lab.company.records.directory_audit import FILE_OPERATIONS, file_activity

_FILES = (
    "Plan.docx",
    "Budget.xlsx",
    "Offer.pdf",
    "Minutes.docx",
    "Roadmap.pptx",
    "Customer mail.msg",
    "Photo.jpg",
    "Contract.pdf",
)


def use_files(company: Staff, journal: Journal, rng: Random) -> None:
    """Three file operations a person and day."""
    for day in clock.days(journal.start, journal.end):
        for person in company.people:
            src = person.office.egress if rng.random() < person.at_office else person.home
            for _ in range(rng.choice((1, 2, 3, 3))):
                time = round(clock.moment(day, 0) + ((clock.working_hour(rng) + person.shift) % 24) * 3600, 3)
                journal.audit(
                    file_activity(
                        rng,
                        time=time,
                        operation=rng.choice(FILE_OPERATIONS),
                        actor=person.upn,
                        src=src,
                        file=rng.choice(_FILES),
                        agent=USER_AGENTS[person.browser],
                        workload=rng.choice(("OneDrive", "SharePoint")),
                    ),
                    time,
                )
