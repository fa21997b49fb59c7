"""T1114: a firm and its mail, and what its families share."""

from __future__ import annotations

import json
from typing import Any

from lab.families import names
from lab.families.company import addresses
from lab.families.story import DAY, Families, Story

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


def beside(address: str) -> str:
    """Another address of the same network."""
    return address.rpartition(".")[0] + ".251"


def a_time(story: Story) -> float:
    return story.rng.uniform(9, 18) * HOUR


def raw(story: Story, at: float, record: dict[str, Any]) -> None:
    """An audit record that no builder of the lab writes."""
    story.other(at, "raw", sourcetype="o365:management:activity", text=json.dumps(record))


def unknown_app(story: Story) -> str:
    return f"{story.rng.getrandbits(32):08x}-1111-4222-8333-{story.rng.getrandbits(48):012x}"


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


def sysmon(story: Story, at: float, event_id: int, image: str, **facts: str) -> None:
    given = {"User": "CONTOSO\\dana", "Computer": "WS-014.contoso.com", **facts}
    story.other(at, "sysmon", event_id=event_id, Image=image, **given)
