"""Administrators and the helpdesk do their work, and Exchange does its own: most of the cmdlets are nobody's."""

from __future__ import annotations

from random import Random

from lab.company import clock
from lab.company.journal import Journal
from lab.company.people import Staff
from lab.company.records.exchange_admin import SYSTEM_ACTORS, exchange_admin
from lab.company.records.sign_in import SignIn

_EXCHANGE_SHELL = "fb78d390-0c51-40cd-8e17-fdbfab77341b"
_SYSTEM_MAILBOXES = (
    "SearchInsightsGen01",
    "DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}",
    "SystemMailbox",
    "FederatedEmail",
)


def administer(company: Staff, journal: Journal, rng: Random) -> None:
    """A day of administration by hand, and a day of Exchange's own housekeeping."""
    for day in clock.days(journal.start, journal.end):
        midnight = clock.moment(day, 0)
        _by_hand(company, midnight, journal, rng)
        _helpdesk(company, midnight, journal, rng)
        _mail_flow(company, midnight, journal, rng)
        _by_exchange(midnight, journal, rng)


def _by_hand(company: Staff, midnight: float, journal: Journal, rng: Random) -> None:
    admins = company.of_role("it_admin")
    for _ in range(14):
        admin = rng.choice(admins)
        target = rng.choice(company.people)
        time = round(midnight + clock.working_hour(rng) * 3600, 3)
        operation, parameters = rng.choice(_TASKS)
        journal.sign_in(
            SignIn.draw(
                rng,
                time=round(time - rng.uniform(30, 900), 3),
                user=admin.upn,
                src=admin.office.egress,
                app=rng.choice(
                    (
                        "Microsoft Exchange REST API Based Powershell",
                        "Azure Active Directory PowerShell",
                        "Azure Portal",
                    )
                ),
                agent=rng.choice(("powershell", admin.browser)),
            )
        )
        journal.audit(
            exchange_admin(
                rng,
                time=time,
                operation=operation,
                actor=admin.upn,
                parameters={"Identity": target.upn, **parameters},
                src=admin.office.egress,
                app_id=_EXCHANGE_SHELL,
            ),
            time,
        )


_TASKS: tuple[tuple[str, dict[str, object]], ...] = (
    ("Set-Mailbox", {"IssueWarningQuota": "98 GB", "ProhibitSendQuota": "99 GB"}),
    ("Set-Mailbox", {"AuditEnabled": True}),
    ("Set-Mailbox", {"RetentionPolicy": "Default MRM Policy"}),
    ("Set-Mailbox", {"HiddenFromAddressListsEnabled": True}),
    ("Set-User", {"Department": "Operations"}),
    ("Set-CASMailbox", {"PopEnabled": False, "ImapEnabled": False}),
    ("Set-MailboxAutoReplyConfiguration", {"AutoReplyState": "Enabled"}),
    ("Set-MailboxFolderPermission", {"User": "Default", "AccessRights": "Reviewer"}),
)


def _helpdesk(company: Staff, midnight: float, journal: Journal, rng: Random) -> None:
    for _ in range(18):
        agent = rng.choice(company.of_role("helpdesk"))
        target = rng.choice(company.people)
        time = round(midnight + clock.working_hour(rng) * 3600, 3)
        operation = rng.choice(("Reset user password.", "Update user.", "Add member to group.", "Update user."))
        journal.directory_change(
            rng, time=time, operation=operation, actor=agent.upn, target=target.upn, src=agent.office.egress
        )


def _mail_flow(company: Staff, midnight: float, journal: Journal, rng: Random) -> None:
    """Transport rules are kept up, a mailbox permission is given, and somebody leaves and somebody joins."""
    admin = rng.choice(company.of_role("it_admin"))
    joiner, leaver, owner, reader = rng.sample(company.people, 4)
    tasks: tuple[tuple[str, dict[str, object]], ...] = (
        ("Set-TransportRule", {"Identity": "Disclaimer", "ApplyHtmlDisclaimerText": "This mail is confidential."}),
        (
            "New-TransportRule",
            {"Name": f"Block attachment {rng.randrange(90)}", "AttachmentExtensionMatchesWords": "iso;img"},
        ),
        ("Disable-TransportRule", {"Identity": f"Block attachment {rng.randrange(90)}"}),
        ("Add-MailboxPermission", {"Identity": owner.upn, "User": reader.upn, "AccessRights": "ReadPermission"}),
        ("Remove-MailboxPermission", {"Identity": owner.upn, "User": leaver.upn, "AccessRights": "FullAccess"}),
    )
    for operation, parameters in tasks:
        time = round(midnight + clock.working_hour(rng) * 3600, 3)
        journal.audit(
            exchange_admin(
                rng,
                time=time,
                operation=operation,
                actor=admin.upn,
                parameters=parameters,
                src=admin.office.egress,
                app_id=_EXCHANGE_SHELL,
            ),
            time,
        )
    for operation, person in (("Add user.", joiner), ("Delete user.", leaver)):
        time = round(midnight + clock.working_hour(rng) * 3600, 3)
        target = f"{person.given}.{person.family}{rng.randrange(2, 9)}@contoso.com".lower()
        journal.directory_change(
            rng, time=time, operation=operation, actor=admin.upn, target=target, src=admin.office.egress
        )


def _by_exchange(midnight: float, journal: Journal, rng: Random) -> None:
    """Exchange maintains its arbitration mailboxes: hundreds of Set-Mailbox and a few permissions a day, without an
    address."""
    for _ in range(260):
        time = round(midnight + rng.uniform(0, 86_400), 3)
        mailbox = f"{rng.choice(_SYSTEM_MAILBOXES)}-{rng.getrandbits(32):08x}"
        journal.audit(
            exchange_admin(
                rng,
                time=time,
                operation="Set-Mailbox",
                actor=rng.choice(SYSTEM_ACTORS),
                parameters={"Identity": mailbox, "Arbitration": True, "Force": True, "DomainController": ""},
            ),
            time,
        )
    for _ in range(12):
        time = round(midnight + rng.uniform(0, 86_400), 3)
        journal.audit(
            exchange_admin(
                rng,
                time=time,
                operation="Add-MailboxPermission",
                actor=SYSTEM_ACTORS[rng.randrange(2)],
                parameters={
                    "DomainController": "",
                    "Identity": _SYSTEM_MAILBOXES[1],
                    "User": "Discovery Management",
                    "AccessRights": "FullAccess",
                },
            ),
            time,
        )
