"""Families of T1114.003: mail that is sent on, and rules that hide."""

from __future__ import annotations

from typing import Any

from lab.families.mail import HOUR, OUTSIDE, Firm, a_time, attack
from lab.families.story import Story


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
    """A rule of the organisation copies mail outside or routes it there, at once or made first and enabled later."""
    firm, rng = Firm(story), story.rng
    at, outside = a_time(story), rng.choice(OUTSIDE)
    how = rng.choice(("BlindCopyTo", "RedirectMessageTo", "CopyTo", "AddToRecipients", "RouteMessageOutboundConnector"))
    told: dict[str, Any] = {"Name": "Disclaimer", how: f"j@{outside}"}
    if how == "RouteMessageOutboundConnector":
        told[how] = "Outbound TLS"
        connector = {"Name": "Outbound TLS", "IsTransportRuleScoped": True, "SmartHosts": f"mx.{outside}"}
        story.audit(at - 300, "New-OutboundConnector", actor=firm.admin, src=firm.outside, Parameters=connector)
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
