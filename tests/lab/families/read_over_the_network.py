"""Families of T1114.002: mail that is read, copied, granted and exported over the network, up to the chain."""

from __future__ import annotations

from typing import Any

from lab.families.mail import (
    HOUR,
    OUTLOOK,
    REST,
    Firm,
    a_time,
    attack,
    copies,
    outlook_every_day,
    raw,
    secret_added,
    unknown_app,
)
from lab.families.story import DAY, Story


@attack
def unknown_application_reads_much(story: Story) -> None:
    """A stolen token reads a mailbox through Graph."""
    firm, rng = Firm(story), story.rng
    victim, app, at = firm.people[0], unknown_app(story), a_time(story)
    for number in range(rng.randrange(8, 16)):
        firm.reads(story, at + number * 120, victim, rng.randrange(20, 60), src=firm.outside, client=REST, app_id=app)
    story.attackers.update({victim, app, firm.outside})


@attack
def application_reads_many_mailboxes(story: Story) -> None:
    """An application with permission to every mailbox goes through them."""
    firm, rng = Firm(story, size=12, days=3), story.rng
    app, at = unknown_app(story), 2 * DAY + a_time(story)
    for number, person in enumerate(firm.people):
        facts = {"src": firm.outside, "client": REST, "app_id": app, "app_only": True}
        firm.reads(story, at + number * rng.uniform(10, 60), person, rng.randrange(3, 40), **facts)
    story.attackers.update({app, firm.outside})


def granted(story: Story, at: float, firm: Firm, app: str, src: str) -> None:
    """An administrator lets an application read every mailbox."""
    raw(
        story,
        at,
        {
            "CreationTime": "2026-03-03T12:00:00", "Id": f"g-{app}-{at}", "RecordType": 8, "ResultStatus": "Success",
            "Operation": "Add app role assignment to service principal.", "UserId": firm.admin, "ClientIP": src,
            "ObjectId": "x", "ModifiedProperties": [
                {"Name": "AppRole.Value", "NewValue": "Mail.Read", "OldValue": ""},
                {"Name": "ServicePrincipal.AppId", "NewValue": app, "OldValue": ""},
            ],
        },
    )  # fmt: skip


GRAPH_POWERSHELL, AZURE_CLI = "14d82eec-204b-4c2f-b7e8-296a70dab67e", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


@attack
def application_of_the_first_day_shows_itself(story: Story) -> None:
    """On the first day of a log, when nothing can be called new, an application shows itself by a second sign."""
    firm, rng = Firm(story, size=12), story.rng
    app, at = unknown_app(story), a_time(story)
    facts: dict[str, Any] = {"src": firm.outside, "client": REST, "app_only": True}
    sign = rng.choice(("grant", "secret", "script", "command line", "person", "second network"))
    if sign == "grant":
        granted(story, at - rng.uniform(600, 6 * HOUR), firm, app, firm.outside)
    elif sign == "secret":
        secret_added(story, at - rng.uniform(600, 6 * HOUR), firm, app, firm.outside)
    elif sign == "script":
        facts["client"] = (
            f"Client=WebServices;{rng.choice(('python-requests/2.31', 'Go-http-client/1.1', 'axios/1.6'))};"
        )
    elif sign == "command line":
        app = rng.choice((GRAPH_POWERSHELL, AZURE_CLI))
    elif sign == "person":
        facts |= {"actor": firm.people[0], "app_only": False}
    else:
        for number, person in enumerate(firm.people):
            firm.reads(story, HOUR + number * 20, person, 9, src=firm.other, client=REST, app_id=app, app_only=True)
    for number, person in enumerate(firm.people):
        firm.reads(story, at + number * rng.uniform(10, 45), person, rng.randrange(3, 40), app_id=app, **facts)
    story.attackers.update({app, firm.outside})


@attack
def whole_mailbox_is_copied_by_a_new_outlook(story: Story) -> None:
    """With a bought password an Outlook, or a program over IMAP, is set up elsewhere and copies the mailbox."""
    firm, rng = Firm(story, days=4), story.rng
    outlook_every_day(story, firm, 4)
    victim = firm.people[0]
    client = rng.choice((OUTLOOK, OUTLOOK, "Client=POP3/IMAP4;Protocol=IMAP4"))
    at = 3 * DAY + rng.choice((2, 11, 14, 22)) * HOUR
    copies(story, at, victim, firm.outside, rng.randrange(3, 9), client=client)
    story.attackers.update({victim, firm.outside})


@attack
def inbox_is_copied_by_a_program_never_used(story: Story) -> None:
    """A mail program that nobody of the company uses copies the inbox alone."""
    firm = Firm(story, days=4)
    victim, app = firm.people[0], unknown_app(story)
    client = "Client=WebServices;eM Client/10.0.3266.0 (ExchangeServicesClient/15.00);"
    copies(story, 3 * DAY + a_time(story), victim, firm.outside, 1, client=client, app_id=app)
    story.attackers.update({victim, app, firm.outside})


@attack
def script_reads_over_web_services(story: Story) -> None:
    """A script's client string."""
    firm, rng = Firm(story), story.rng
    victim, at = firm.people[0], a_time(story)
    agent = rng.choice(("python-requests/2.31", "MailSniper", "Go-http-client/1.1", "EWSEditor"))
    for number in range(4):
        firm.reads(story, at + number * 90, victim, 20, src=firm.outside, client=f"Client=WebServices;{agent};")
    story.attackers.update({victim, firm.outside})


@attack
def person_reads_others(story: Story) -> None:
    """Somebody of the helpdesk opens the mailboxes of others."""
    firm, rng = Firm(story, size=10), story.rng
    actor, at = firm.admin, a_time(story)
    for number, person in enumerate(firm.people[:7]):
        firm.reads(story, at + number * 300, person, rng.randrange(10, 40), actor=actor, src=firm.outside, logon_type=1)
    story.attackers.update({actor, firm.outside})


@attack
def access_given_to_oneself(story: Story) -> None:
    """Full access, given to oneself, and used."""
    firm, rng = Firm(story), story.rng
    victim, at = firm.people[0], a_time(story)
    told = {"Identity": victim, "User": firm.admin, "AccessRights": "FullAccess", "AutoMapping": False}
    story.audit(at, "Add-MailboxPermission", actor=firm.admin, src=firm.outside, Parameters=told)
    for number in range(4):
        firm.reads(story, at + 600 + number * 120, victim, rng.randrange(10, 40), actor=firm.admin, src=firm.outside)
    story.attackers.update({victim, firm.admin, firm.outside})


@attack
def mailbox_is_exported(story: Story) -> None:
    """A mailbox goes into a file."""
    firm = Firm(story)
    told = {"Mailbox": firm.people[0], "FilePath": "\\\\files\\x.pst"}
    story.audit(a_time(story), "New-MailboxExportRequest", actor=firm.admin, src=firm.outside, Parameters=told)
    story.attackers.update({firm.admin, firm.outside})


@attack
def everything_is_searched_and_exported(story: Story) -> None:
    """A content search over every mailbox, exported."""
    firm, at = Firm(story), a_time(story)
    story.audit(
        at, "SearchCreated", actor=firm.admin, search="all", query="password", mailboxes="All", src=firm.outside
    )
    story.audit(at + 1800, "SearchExported", actor=firm.admin, search="all", mailboxes="All", src=firm.outside)
    story.attackers.update({firm.admin, firm.outside})


@attack
def people_consent_to_an_application(story: Story) -> None:
    """People are talked into an application that reads their mail."""
    firm, rng = Firm(story), story.rng
    app, at = unknown_app(story), a_time(story)
    for number, person in enumerate(firm.people[: rng.randrange(1, 4)]):
        client = "Id: x, ClientId: 33333333-2222-4333-8444-555555555555, ConsentType: Principal"
        scope = f"[] => [[{client}, Scope: offline_access Mail.Read]]"
        raw(
            story,
            at + number * 200,
            {
                "CreationTime": "2026-03-03T12:00:00", "Id": f"c{number}", "Operation": "Consent to application.",
                "RecordType": 8, "ResultStatus": "Success", "UserId": person, "ClientIP": firm.outside, "ObjectId": app,
                "ModifiedProperties": [
                    {"Name": "ConsentAction.Permissions", "NewValue": scope, "OldValue": ""},
                    {"Name": "TargetId.ServicePrincipalNames", "NewValue": app, "OldValue": ""},
                ],
            },
        )  # fmt: skip
        story.attackers.update({person, app})


@attack
def application_gets_every_mailbox(story: Story) -> None:
    """An application's permission to every mailbox, or a role that impersonates."""
    firm, rng = Firm(story), story.rng
    if rng.random() < 0.5:
        told = {"Role": "ApplicationImpersonation", "User": firm.people[0]}
        story.audit(a_time(story), "New-ManagementRoleAssignment", actor=firm.admin, src=firm.outside, Parameters=told)
    else:
        right = rng.choice(("Mail.Read", "Mail.ReadWrite", "full_access_as_app"))
        raw(
            story,
            a_time(story),
            {
                "CreationTime": "2026-03-03T12:00:00", "Id": "r", "RecordType": 8, "ResultStatus": "Success",
                "Operation": "Add app role assignment to service principal.", "UserId": firm.admin, "ObjectId": "x",
                "ModifiedProperties": [{"Name": "AppRole.Value", "NewValue": right, "OldValue": ""}],
            },
        )  # fmt: skip
    story.attackers.update({firm.admin, firm.outside})


@attack
def auditing_is_switched_off(story: Story) -> None:
    """What would show the reading is switched off."""
    firm, rng = Firm(story), story.rng
    victim = firm.people[0]
    operation, told = rng.choice(
        (
            ("Set-MailboxAuditBypassAssociation", {"Identity": victim, "AuditBypassEnabled": True}),
            ("Set-Mailbox", {"Identity": victim, "AuditEnabled": False}),
            ("Set-AdminAuditLogConfig", {"UnifiedAuditLogIngestionEnabled": False}),
        )
    )
    story.audit(a_time(story), operation, actor=firm.admin, src=firm.outside, Parameters=told)
    story.attackers.update({victim, firm.admin, firm.outside})


@attack
def second_session(story: Story) -> None:
    """A stolen cookie reads beside the owner."""
    firm, rng = Firm(story), story.rng
    victim, at = firm.people[0], 10 * HOUR
    for number in range(8):
        firm.reads(story, 9 * HOUR + number * 900, victim, 4, session_id="11111111-1111-4111-8111-111111111111")
    for number in range(5):
        given = {"src": firm.outside, "session_id": "22222222-2222-4222-8222-222222222222"}
        firm.reads(story, at + number * 200, victim, rng.randrange(25, 60), **given)
    story.attackers.update({victim, firm.outside})


@attack
def desktop_client_copies_everything(story: Story) -> None:
    """Another desktop client copies whole folders."""
    firm = Firm(story)
    victim, at = firm.people[0], 18 * HOUR
    for number, folder in enumerate(("Inbox", "Sent Items", "Archive", "Board")):
        story.audit(
            at + number * 60, "MailItemsAccessed", actor=victim, mailbox=victim, access="Sync", folder=folder,
            src=firm.outside, client="Client=MSExchangeRPC",
        )  # fmt: skip
    story.attackers.update({victim, firm.outside})


@attack
def access_is_no_longer_recorded(story: Story) -> None:
    """So much is read that Exchange stops recording."""
    firm = Firm(story)
    firm.reads(story, a_time(story), firm.people[0], 5, src=firm.outside, throttled=True)
    story.attackers.update({firm.people[0], firm.outside})


@attack
def archive_is_misused(story: Story) -> None:
    """The archive's application, known for a week, comes from another address."""
    firm = Firm(story, size=8, days=8)
    app = unknown_app(story)
    for day in range(8):
        for number, person in enumerate(firm.people):
            facts = {"src": firm.other, "client": REST, "app_id": app, "app_only": True}
            firm.reads(story, day * DAY + HOUR + number * 30, person, 20, **facts)
    for number, person in enumerate(firm.people):
        facts = {"src": firm.outside, "client": REST, "app_id": app, "app_only": True}
        firm.reads(story, 7 * DAY + 13 * HOUR + number * 30, person, 20, **facts)
    story.attackers.update({app, firm.outside})


@attack
def guessed_entered_and_sent_on(story: Story) -> None:
    """A spray of few names, a success, days later a rule from another address."""
    firm, rng = Firm(story, size=9), story.rng
    victim, at = firm.people[0], 2 * HOUR
    # One hand has one client; what people have on their desks is no part of it.
    one_hand = {"app": "Office 365 Exchange Online", "agent": "chrome_windows", "device_id": ""}
    for number, person in enumerate(firm.people[:6]):
        story.sign_in(at + number * 30, person, firm.outside, 50126, **one_hand)
    story.sign_in(at + 300, victim, firm.outside, 0, **one_hand)
    later = rng.choice((HOUR, 3 * DAY))
    story.audit(
        at + later, "New-InboxRule", actor=victim, src=firm.other, Parameters={"Name": "Sales", "MoveToFolder": "Sales"}
    )
    told = {"Identity": victim, "User": firm.people[1], "AccessRights": "FullAccess"}
    story.audit(at + later + 300, "Add-MailboxPermission", actor=victim, src=firm.other, Parameters=told)
    story.attackers.update({victim, firm.outside, firm.other})
