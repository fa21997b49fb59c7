"""People read and write mail; delegates open the mailboxes they were given; an archive and an app read many."""

from __future__ import annotations

from random import Random

from lab.company import clock
from lab.company.journal import Journal
from lab.company.people import Person, Staff
from lab.company.records import draws, inbox_rules, mailbox_audit
from lab.company.records.exchange_admin import exchange_admin

_OUTLOOK_APP = "d3590ed6-52b3-4102-aeff-aad2292ab01c"
_MOBILE_APP = "27922004-5251-4030-b22d-91ecd9a37ea4"
_WEB_APP = "00000002-0000-0ff1-ce00-000000000000"
_SUBJECTS = (
    "Weekly report",
    "Re: delivery",
    "Invoice 2231",
    "Lunch?",
    "Minutes",
    "Re: Re: offer",
    "Holiday plan",
    "Ticket 48121",
)
_APP_USERS = 14
_SYNCED = ("Inbox", "Sent Items", "Calendar", "Inbox", "Deleted Items")


def use_mailboxes(company: Staff, journal: Journal, rng: Random) -> None:
    """A day of mail for everybody, with the rules, delegates and applications a company has."""
    for day in clock.days(journal.start, journal.end):
        midnight = clock.moment(day, 0)
        for person in company.people:
            _read(person, midnight, journal, rng)
            _write(person, midnight, journal, rng)
        for person in rng.sample(company.people, 9):
            _arrange(person, midnight, journal, rng)
        _delegates(company, midnight, journal, rng)
        _customer_desk(company, midnight, journal, rng)
    for person in rng.sample(company.people, _APP_USERS):
        _connected_app(person, journal, rng)


def _time(person: Person, midnight: float, rng: Random) -> float:
    return round(midnight + ((clock.working_hour(rng) + person.shift) % 24) * 3600, 3)


def _place(person: Person, rng: Random) -> str:
    return person.office.egress if rng.random() < person.at_office else person.home


def _read(person: Person, midnight: float, journal: Journal, rng: Random) -> None:
    src = _place(person, rng)
    for _ in range(rng.choice((2, 3, 4, 5, 6))):
        time = _time(person, midnight, rng)
        if person.phone and rng.random() < 0.3:
            client, app, where = mailbox_audit.OUTLOOK_MOBILE, _MOBILE_APP, person.home
        else:
            client, app, where = mailbox_audit.OUTLOOK_WEB, _WEB_APP, src
        items = min(1 + int(rng.expovariate(0.35)), 40)
        folders = (
            {"\\Inbox": items}
            if rng.random() < 0.7
            else {"\\Inbox": max(1, items // 2), "\\Sent Items": max(1, items // 2)}
        )
        journal.audit(
            mailbox_audit.mail_items_bound(
                rng,
                time=time,
                actor=person.upn,
                mailbox=person.upn,
                client=client,
                app_id=app,
                src=where,
                folders=folders,
                long_ids=rng.random() < 0.5,
            ),
            time,
        )
    for _ in range(rng.choice((1, 2, 2, 3))):
        time = _time(person, midnight, rng)
        journal.audit(
            mailbox_audit.mail_items_synced(
                rng,
                time=time,
                actor=person.upn,
                mailbox=person.upn,
                client=mailbox_audit.OUTLOOK_DESKTOP,
                app_id=_OUTLOOK_APP,
                src=src,
                folder=rng.choice(_SYNCED),
            ),
            time,
        )


def _write(person: Person, midnight: float, journal: Journal, rng: Random) -> None:
    src = _place(person, rng)
    for operation in rng.choices(
        ("Send", "MoveToDeletedItems", "SoftDelete", "HardDelete", "Create", "Update"), (8, 5, 2, 2, 1, 1), k=3
    ):
        time = _time(person, midnight, rng)
        journal.audit(
            mailbox_audit.mailbox_action(
                rng,
                time=time,
                operation=operation,
                actor=person.upn,
                mailbox=person.upn,
                client=mailbox_audit.OUTLOOK_WEB,
                app_id=_WEB_APP,
                src=src,
                subject=rng.choice(_SUBJECTS),
            ),
            time,
        )


def _connected_app(person: Person, journal: Journal, rng: Random) -> None:
    """An application somebody connected to the own mailbox; it reads a few messages at a time from its provider's
    address."""
    app = draws.guid(rng)
    client = mailbox_audit.WEB_SERVICES if rng.random() < 0.2 else mailbox_audit.REST
    for _ in range(rng.randrange(6, 20)):
        time = round(rng.uniform(journal.start, journal.end), 3)
        journal.audit(
            mailbox_audit.mail_items_bound(
                rng,
                time=time,
                actor=person.upn,
                mailbox=person.upn,
                client=client,
                app_id=app,
                src=person.home,
                items=min(1 + int(rng.expovariate(0.3)), 30),
            ),
            time,
        )


def _arrange(person: Person, midnight: float, journal: Journal, rng: Random) -> None:
    """Rules that only sort: newsletters to a folder, meeting notices away; by web, by Outlook, changed and removed."""
    time = _time(person, midnight, rng)
    src = _place(person, rng)
    name = rng.choice(("Newsletters", "Build mails", "Meetings", "Suppliers", "Tickets"))
    if rng.random() < 0.4:
        journal.audit(
            inbox_rules.update_inbox_rules(
                rng,
                time=time,
                actor=person.upn,
                mailbox=person.upn,
                src=src,
                app_id=_OUTLOOK_APP,
                rule_operation=rng.choice(inbox_rules.RULE_OPERATIONS),
                rule_name=rng.choice((name, None)),
                state=rng.choice(("Enabled", "Enabled, ExitAfterExecution")),
                actions=[{"ActionType": rng.choice(("Move", "MarkAsRead", "Tag"))}],
            ),
            time,
        )
        return
    operation = rng.choice(
        ("New-InboxRule", "Set-InboxRule", "Disable-InboxRule", "Remove-InboxRule", "Enable-InboxRule")
    )
    parameters: dict[str, object] = {"Identity": name} if operation != "New-InboxRule" else {"Name": name}
    if operation in ("New-InboxRule", "Set-InboxRule"):
        parameters |= {
            "AlwaysDeleteOutlookRulesBlob": False,
            "Force": False,
            "MoveToFolder": name,
            "FromAddressContainsWords": rng.choice(("newsletter", "noreply", "build")),
            "StopProcessingRules": True,
        }
    journal.audit(
        exchange_admin(
            rng, time=time, operation=operation, actor=person.upn, parameters=parameters, src=src, app_id=_WEB_APP
        ),
        time,
    )


def _delegates(company: Staff, midnight: float, journal: Journal, rng: Random) -> None:
    """Assistants and teams open the shared mailboxes they were given: few people, the same ones every day."""
    support = company.of_role("support")
    for number, mailbox in enumerate(company.shared_mailboxes):
        for person in support[number * 3 : number * 3 + 3]:
            for _ in range(rng.choice((1, 2, 3))):
                time = _time(person, midnight, rng)
                journal.audit(
                    mailbox_audit.mail_items_bound(
                        rng,
                        time=time,
                        actor=person.upn,
                        mailbox=mailbox,
                        client=mailbox_audit.OUTLOOK_WEB,
                        app_id=_WEB_APP,
                        src=_place(person, rng),
                        items=min(1 + int(rng.expovariate(0.4)), 25),
                        long_ids=False,
                    ),
                    time,
                )


def _customer_desk(company: Staff, midnight: float, journal: Journal, rng: Random) -> None:
    """A ticket system reads three shared mailboxes through Graph, a few messages at a time, round the clock."""
    application = company.service_applications["crm"]
    for mailbox in company.shared_mailboxes[:3]:
        for hour in range(24):
            time = round(midnight + hour * 3600 + rng.uniform(0, 3500), 3)
            journal.audit(
                mailbox_audit.mail_items_bound(
                    rng,
                    time=time,
                    actor=mailbox,
                    mailbox=mailbox,
                    client=mailbox_audit.REST,
                    app_id=application.id,
                    src=company.service_addresses["crm"],
                    app_only=True,
                    items=rng.randrange(1, 5),
                    long_ids=False,
                ),
                time,
            )
