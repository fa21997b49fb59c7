"""Families of T1114 about searches, mailboxes that are opened, flows and cases, and what looks like it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.families.mail import HOUR, READERS, Firm, a_time, attack, innocent, raw
from lab.families.story import DAY, Story, pick

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
