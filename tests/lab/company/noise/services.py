"""Accounts that are no person: monitoring, the ticket system, rooms, a scanner that lost its password."""

from __future__ import annotations

from random import Random

from lab.company import clock
from lab.company.journal import Journal
from lab.company.people import Staff
from lab.company.records.exchange_admin import exchange_admin
from lab.company.records.sign_in import SignIn


def run_services(company: Staff, journal: Journal, rng: Random) -> None:
    """What runs whether or not anybody is at work."""
    for service, every in (("monitoring", 900.0), ("crm", 3600.0), ("archive", 3600.0), ("provisioning", 1800.0)):
        _principal(company, service, every, journal, rng)
    _scanner(company, journal, rng)
    _rooms(company, journal, rng)


def _principal(company: Staff, service: str, every: float, journal: Journal, rng: Random) -> None:
    application = company.service_applications[service]
    attempt = SignIn.draw(
        rng,
        time=journal.start,
        user=application.name,
        src=company.service_addresses[service],
        app=application,
        agent="python",
        kind="service_principal",
    )
    time = journal.start + rng.uniform(0, every)
    while time < journal.end:
        code = 7000215 if rng.random() < 0.01 else 0
        journal.sign_in(attempt.again(rng, time=round(time, 3), code=code))
        time += every


def _scanner(company: Staff, journal: Journal, rng: Random) -> None:
    """A multifunction printer sends scans with SMTP AUTH; its password expired, it tries on."""
    attempt = SignIn.draw(
        rng,
        time=journal.start,
        user="scan-to-mail@contoso.com",
        src=company.offices[0].egress,
        code=50126,
        app="Office 365 Exchange Online",
        client_app="Authenticated SMTP",
        agent="curl",
    )
    time = journal.start + 300.0
    while time < journal.end:
        journal.sign_in(attempt.again(rng, time=round(time, 3)))
        time += rng.uniform(2400, 5400)


def _rooms(company: Staff, journal: Journal, rng: Random) -> None:
    """Meeting-room systems keep their session, and the room mailboxes answer requests by configuration."""
    for number, room in enumerate(company.rooms):
        office = company.offices[number // 5]
        attempt = SignIn.draw(
            rng,
            time=journal.start,
            user=room,
            src=office.egress,
            app="Microsoft Teams",
            agent="teams_windows",
            kind="non_interactive",
        )
        time = journal.start + rng.uniform(0, 14_400)
        while time < journal.end:
            journal.sign_in(attempt.again(rng, time=round(time, 3)))
            time += 14_400
    admin = rng.choice(company.of_role("it_admin"))
    for day in clock.days(journal.start, journal.end):
        time = round(clock.moment(day, 9.2) + rng.uniform(0, 20_000), 3)
        journal.audit(
            exchange_admin(
                rng,
                time=time,
                operation="Set-MailboxAutoReplyConfiguration",
                actor=admin.upn,
                parameters={"Identity": rng.choice(company.rooms), "AutoReplyState": "Disabled"},
                src=admin.office.egress,
            ),
            time,
        )
