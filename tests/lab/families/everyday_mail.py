"""Innocent families of T1114: what people, software and administrators do with mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.company.records.catalogue import GRAPH, Application
from lab.families import names
from lab.families.mail import (
    HOUR,
    IOS_ACCOUNTS,
    MOBILE,
    OUTLOOK_MOBILE,
    REST,
    Firm,
    a_time,
    attack,
    beside,
    copies,
    innocent,
    outlook_every_day,
    raw,
    secret_added,
    sysmon,
    unknown_app,
)
from lab.families.story import DAY, Story


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
    """An archive reads the same mailboxes every night for nine nights, in the last one much more of each; rules are
    enabled after three of them.

    The first night of an application without a history is told (test_first_days_of_an_application.py).
    """
    firm = Firm(story, size=10, days=9)
    story.learning = 3 * DAY
    app = unknown_app(story)
    nightly(story, firm, 9, app)
    facts = {"src": firm.other, "client": REST, "app_id": app, "app_only": True}
    for number, person in enumerate(firm.people):
        for turn in range(6):
            at = 8 * DAY + HOUR + 120 + number * 20 + turn * 240
            firm.reads(story, at, person, story.rng.randrange(30, 70), **facts)


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


def connects(story: Story, at: float, person: str, src: str, app: str, **facts: Any) -> None:
    """Somebody signs in to an application of somebody else's."""
    story.sign_in(at, person, src, 0, app=Application(app, "Activity Capture", *GRAPH), **facts)


@innocent
def customer_software_that_grows(story: Story) -> None:
    """Customer software reads a few mailboxes twice a day; every few days a team joins, as teams joined before. Or it
    reads as its people for a week, until many more connect it on one day and it loads their last month.
    """
    rng = story.rng
    firm = Firm(story, size=20, days=9)
    story.learning = 6 * DAY
    app, taken, connected = unknown_app(story), 4, rng.random() < 0.5
    facts: dict[str, Any] = {"src": firm.other, "client": REST, "app_id": app, "app_only": not connected}
    if connected:
        story.feeds, taken = [rng.choice(("graph", "graph_v1", "o365_graph", "event_hub", "audit"))], 8
        for person in firm.people:
            firm.signs_in(story, 8 * HOUR, person, firm.office)
        for person in firm.people[taken:]:
            at = 7 * DAY + rng.uniform(9, 15) * HOUR
            connects(story, at, person, firm.office, app, agent="edge_windows")
            for turn in range(8):
                firm.reads(story, at + 90 + turn * 60, person, rng.randrange(15, 40), **facts)
    for day in range(9):
        if connected:
            taken = len(firm.people) if day == 8 else taken
        else:
            taken += rng.randrange(2, 4) if day in (2, 4, 6, 8) else 0
        for hour in (9, 14):
            for number, person in enumerate(firm.people[:taken]):
                firm.reads(story, day * DAY + hour * HOUR + 60 + number * 20, person, rng.randrange(1, 4), **facts)


@attack
def known_software_reads_beyond_its_people(story: Story) -> None:
    """Customer software that grows by a team now and then reads everybody else at once, or from elsewhere; or its own
    people's mail in the evening from a machine beside its own, after a secret was added. Or everybody else's, on a day
    on which they sign in to it at the office; or with their access, after device codes asked for from elsewhere.
    """
    rng = story.rng
    firm = Firm(story, size=16, days=8)
    story.learning = 5 * DAY
    app, taken = unknown_app(story), 4
    how = rng.choice(("elsewhere", "everybody", "secret", "cover", "codes"))
    taken = 6 if how in ("cover", "codes") else taken
    facts: dict[str, Any] = {"client": REST, "app_id": app, "app_only": how != "codes"}
    for day in range(8):
        taken += rng.randrange(2, 4) if day in (2, 4) else 0
        for hour in (9, 14):
            for number, person in enumerate(firm.people[:taken]):
                at = day * DAY + hour * HOUR + 60 + number * 20
                firm.reads(story, at, person, rng.randrange(1, 4), src=firm.other, **facts)
    victims, src, start, pace = firm.people[taken:], firm.other, 14 * HOUR, 30
    if how == "elsewhere":
        victims, src = victims[:2], firm.outside
    elif how == "secret":
        secret_added(story, 5 * DAY + a_time(story), firm, app, firm.outside)
        victims, src, start, pace = firm.people[:5], beside(firm.other), 20 * HOUR, 600
    for number, person in enumerate(victims):
        at = 7 * DAY + start + number * pace
        if how == "cover":
            connects(story, at - HOUR, person, firm.office, app)
        elif how == "codes":
            connects(story, at - HOUR, person, firm.outside, app, set={"authenticationProtocol": "deviceCode"})
        firm.reads(story, at, person, rng.randrange(25, 50), src=src, **facts)
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
    """An administrator's script sends a report with Outlook; a spam filter's setup installs its transport agent."""
    setup = "Install-TransportAgent -Name Filter -AssemblyPath 'C:\\Program Files\\Spam Filter\\agent.dll'"
    setup = f'powershell -File C:\\Windows\\Temp\\7z1\\setup.ps1; "{setup}"'
    image, by = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "NT AUTHORITY\\SYSTEM"
    sysmon(story, 3 * HOUR, 1, image, CommandLine=setup, User=by, Computer="EXCH01.contoso.com")
    mail = "$m=(New-Object -ComObject Outlook.Application).CreateItem(0)"
    line = f"powershell -c \"{mail}; $m.To='it@contoso.com'; $m.Send()\""
    sysmon(story, a_time(story), 1, "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", CommandLine=line)
