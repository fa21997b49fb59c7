"""Families of T1114.002: one mailbox read quietly from a new place, and people who read their own mail in new ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.families.mail import (
    HOUR,
    IOS_ACCOUNTS,
    MOBILE,
    OUTLOOK,
    OUTLOOK_MOBILE,
    OWA,
    REST,
    Firm,
    attack,
    beside,
    copies,
    innocent,
    raw,
)
from lab.families.story import DAY, Story

OFFICE_APP = "d3590ed6-52b3-4102-aeff-aad2292ab01c"
ONE_OUTLOOK = ("5d661950-3475-41cd-a2c3-d671a3162bc1", "9199bf20-a13f-4107-85dc-02114787ef48")
THUNDERBIRD = "9e5f94bc-e8a4-4e73-b8be-63364c29d753"
BORROWED_APPS = (
    OFFICE_APP,
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264",  # Microsoft Teams
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",  # Azure CLI
    "14d82eec-204b-4c2f-b7e8-296a70dab67e",  # Microsoft Graph Command Line Tools
)
WEB = "Client=OWA;Action=ViaProxy"
MAIL_PROTOCOLS = ("Client=POP3/IMAP4;Protocol=POP3", "Client=POP3/IMAP4;Protocol=IMAP4")
APPLE_MAIL = "Client=WebServices;Mac OS X/14.4 (23E214); ExchangeWebServices/822"
PLACES = ("\\Inbox", "\\Sent Items", "\\Archive", "\\Contracts")


class Routine(Firm):
    """A firm whose people read mail for days with the same browser and Outlook, in the office and at home; some carry
    a phone whose addresses change.
    """

    def __init__(self, story: Story, days: int | None = None) -> None:
        self.days = days or story.rng.randrange(3, 8)
        super().__init__(story, days=0)
        self.home = {person: self.elsewhere(story) for person in self.people}
        self.session = {person: guid(story) for person in self.people}
        for day in range(self.days):
            for person in self.people:
                self.works(story, person, day)

    def works(self, story: Story, person: str, day: int, src: str | None = None, app_id: str = OWA) -> None:
        """A day of one person: the browser all day, Outlook in the morning, the browser at home in the evening, and a
        phone in between.
        """
        rng, start = story.rng, day * DAY
        for number in range(6):
            at = start + (8.2 + 1.6 * number) * HOUR + rng.uniform(0, 1500)
            self.reads_with_browser(story, at, person, rng.randrange(1, 8), src or self.office, app_id=app_id)
        copies(story, start + rng.uniform(8, 9) * HOUR, person, src or self.office, 2, app_id=OFFICE_APP)
        if rng.random() < 0.6:
            at = start + rng.uniform(19, 21) * HOUR
            self.reads_with_browser(story, at, person, rng.randrange(1, 6), src or self.home[person], app_id=app_id)
        if self.people.index(person) % 2:
            for _ in range(4):
                at, where = start + rng.uniform(7, 22) * HOUR, self.elsewhere(story)
                facts = {"src": where, "client": MOBILE, "app_id": OUTLOOK_MOBILE}
                self.reads(story, at, person, rng.randrange(1, 4), **facts)

    def reads_with_browser(
        self, story: Story, at: float, person: str, items: int, src: str, app_id: str = OWA, client: str = WEB
    ) -> None:
        facts = {"src": src, "client": client, "session_id": self.session[person], "app_id": app_id}
        self.reads(story, at, person, items, **facts)

    @property
    def today(self) -> float:
        """The first midnight after the ordinary days."""
        return self.days * DAY


def guid(story: Story) -> str:
    rng = story.rng
    return f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4a1b-8c2d-{rng.getrandbits(48):012x}"


def spread(story: Story, start: float, hours: int, an_hour: tuple[int, int]) -> Iterator[tuple[float, int]]:
    """Times and mails of a patient reader: so many mails in each of so many hours, two to four records an hour."""
    rng = story.rng
    for hour in range(hours):
        left = rng.randrange(*an_hour)
        for number in range(rng.randrange(2, 5)):
            some = min(left, rng.randrange(3, 9))
            if some:
                yield start + hour * HOUR + number * 840 + rng.uniform(0, 700), some
            left -= some


def in_folders(story: Story, items: int) -> dict[str, int]:
    """Mails of the inbox and of one older folder."""
    if items < 3:
        return {"\\Inbox": items}
    return {"\\Inbox": items - 1, story.rng.choice(PLACES[1:]): 1}


def reads_quietly(
    story: Story, firm: Routine, places: list[str], start: float, hours: int, an_hour: tuple[int, int], **who: Any
) -> None:
    """The first person's mailbox, hour by hour, from one address after the other."""
    victim, given = firm.people[0], {"session_id": guid(story), **who}
    for number, (at, items) in enumerate(spread(story, start, hours, an_hour)):
        facts = {"actor": victim, "mailbox": victim, "src": places[number % len(places)], "long_ids": False, **given}
        story.audit(at, "MailItemsAccessed", folders=in_folders(story, items), **facts)
    story.attackers.update({victim, *places})


@attack
def device_code_is_phished(story: Story) -> None:
    """An application of Microsoft's, signed in with a device code, reads fifteen mails an hour for most of a day; the
    address may be one beside the victim's own.
    """
    firm, rng = Routine(story), story.rng
    start, app = firm.today + rng.uniform(0, 12) * HOUR, rng.choice(BORROWED_APPS)
    src = rng.choice((firm.outside, firm.outside, beside(firm.home[firm.people[0]])))
    if src != firm.outside or rng.random() < 0.5:
        told = {"authenticationProtocol": "deviceCode", "originalTransferMethod": "deviceCodeFlow"}
        story.sign_in(start - 300, firm.people[0], src, 0, app="Microsoft Office", set=told)
    if rng.random() < 0.5:
        for person in firm.people:
            firm.works(story, person, firm.days)
    reads_quietly(story, firm, [src], start, rng.randrange(9, 20), (10, 20), client=REST, app_id=app)


@attack
def stolen_token_from_changing_addresses(story: Story) -> None:
    """The same from a handful of addresses, one after the other, beginning before midnight."""
    firm, rng = Routine(story), story.rng
    start = firm.today - rng.uniform(1, 4) * HOUR
    places = [firm.elsewhere(story) for _ in range(rng.randrange(3, 7))]
    reads_quietly(story, firm, places, start, rng.randrange(12, 22), (10, 20), client=REST, app_id=OFFICE_APP)


@attack
def stolen_token_is_used_up_at_once(story: Story) -> None:
    """A script signs in with a stolen token and reads a few hundred mails in minutes, short of the hour's limit."""
    firm, rng = Routine(story), story.rng
    victim, src, at = firm.people[0], firm.outside, firm.today + rng.uniform(0, 22) * HOUR
    story.sign_in(at - 120, victim, src, 0, app="Microsoft Office", agent=f"python-requests/2.{rng.randrange(25, 33)}")
    own = guid(story)
    for number in range(rng.randrange(8, 14)):
        facts = {"src": src, "client": REST, "app_id": OFFICE_APP, "session_id": own}
        firm.reads(story, at + number * rng.uniform(20, 35), victim, rng.randrange(20, 34), **facts)
    story.attackers.update({victim, src})


@attack
def second_session_in_the_browser(story: Story) -> None:
    """Stolen cookies: Outlook on the web in a session of its own, elsewhere, while the owner reads in the office."""
    firm, rng = Routine(story), story.rng
    for person in firm.people:
        firm.works(story, person, firm.days)
    start = firm.today + rng.uniform(8.5, 10) * HOUR
    reads_quietly(story, firm, [firm.outside], start, rng.randrange(5, 8), (14, 25), client=WEB, app_id=OWA)


@attack
def mailbox_is_fetched_by_pop_or_imap(story: Story) -> None:
    """A password is enough: some two hundred mails by POP3 or IMAP for a mailbox that never used either."""
    firm, rng = Routine(story), story.rng
    victim, src = firm.people[0], firm.outside
    client, at = rng.choice(MAIL_PROTOCOLS), firm.today + rng.uniform(0, 20) * HOUR
    for number in range(rng.randrange(10, 16)):
        facts = {"src": src, "client": client, "app_id": rng.choice((None, None, THUNDERBIRD))}
        firm.reads(story, at + number * rng.uniform(120, 600), victim, rng.randrange(14, 22), **facts)
    story.attackers.update({victim, src})


@attack
def mailbox_is_copied_to_a_new_phone_of_a_stranger(story: Story) -> None:
    """ActiveSync on a phone that nobody registered, from an address never seen, copies the mailbox."""
    firm, rng = Routine(story), story.rng
    victim, src, at = firm.people[0], firm.outside, firm.today + rng.uniform(1, 22) * HOUR
    device = rng.choice(("Android-SAMSUNG-SM-A515F/101.11", "Apple-iPhone14C2/2102.30", "TestActiveSync/1.0"))
    client = f"Client=ActiveSync;UserAgent={device};Action=/Microsoft-Server-ActiveSync/Proxy/default.eas"
    copies(story, at, victim, src, rng.randrange(4, 9), client=client)
    if rng.random() < 0.5:
        for number in range(8):
            firm.reads(story, at + number * 200, victim, rng.randrange(30, 50), src=src, client=client, app_id=None)
    story.attackers.update({victim, src})


@attack
def mail_program_of_a_stranger(story: Story) -> None:
    """A password is known and a second factor worn down until somebody accepts: Apple's Mail or Thunderbird loads the
    mailbox at night.
    """
    firm, rng = Routine(story), story.rng
    victim, src, at = firm.people[0], firm.outside, firm.today + rng.uniform(1, 5) * HOUR
    client, app = rng.choice(((APPLE_MAIL, IOS_ACCOUNTS), (MAIL_PROTOCOLS[1], THUNDERBIRD)))
    for number in range(rng.randrange(4, 12)):
        story.sign_in(at - 1200 + number * 60, victim, src, 500121, app="OfficeHome")
    sets_up(story, at - 300, victim, src, app)
    loads(story, firm, at, victim, src, client, app)
    story.attackers.update({victim, src})


def sets_up(story: Story, at: float, person: str, src: str, app: str) -> None:
    """A sign-in to a mail program, with a second factor."""
    told = {"appId": app, "authenticationRequirement": "multiFactorAuthentication"}
    story.sign_in(at, person, src, 0, app="OfficeHome", set=told)


def loads(story: Story, firm: Routine, at: float, person: str, src: str, client: str, app: str | None) -> None:
    """A mail program that is set up loads a few hundred mails."""
    for number in range(12):
        mails = story.rng.randrange(18, 30)
        firm.reads(story, at + number * 250, person, mails, src=src, client=client, app_id=app)


def opens(story: Story, at: float, owner: str, src: str, folder: str, to: str) -> None:
    """The owner opens a folder with Outlook on the web's options, which run the cmdlet."""
    told = {"Identity": f"{owner}:\\{folder}", "User": to, "AccessRights": "Reviewer"}
    story.audit(at, "Add-MailboxFolderPermission", actor=owner, src=src, Parameters=told)


def reads_of(story: Story, firm: Routine, at: float, reader: str, owner: str, src: str) -> None:
    """A few mails of somebody else's mailbox."""
    for number in range(story.rng.randrange(2, 5)):
        firm.reads(story, at + number * 300, owner, story.rng.randrange(2, 9), actor=reader, src=src)


@attack
def mail_is_opened_to_a_colleague_who_reads_every_evening(story: Story) -> None:
    """At night, from elsewhere, a stolen session opens inbox and sent items to an account that is stolen too, and read
    with it in the evenings.
    """
    firm, rng = Routine(story), story.rng
    owner, reader = firm.people[0], firm.people[2]
    night = firm.today + rng.uniform(0.5, 3.5) * HOUR
    opened_from = rng.choice((firm.outside, firm.outside, beside(firm.home[owner])))
    opens(story, night, owner, opened_from, "Inbox", reader)
    if opened_from != firm.outside or rng.random() < 0.6:
        opens(story, night + 40, owner, opened_from, "Sent Items", reader)
    src = rng.choice((firm.outside, firm.elsewhere(story)))
    for day in range(rng.randrange(2, 4)):
        firm.works(story, owner, firm.days + day)
        reads_of(story, firm, firm.today + day * DAY + rng.uniform(19, 22) * HOUR, reader, owner, src)
    story.attackers.update({owner, reader, opened_from, src})


@innocent
def inbox_is_opened_to_an_assistant(story: Story) -> None:
    """An assistant gets the inbox in working hours, from the office, from home or before the holiday from an airport;
    calendars are opened from anywhere at any time.
    """
    firm, rng = Routine(story), story.rng
    owner, assistant = firm.people[0], firm.people[3]
    src = rng.choice((firm.office, firm.home[owner], firm.elsewhere(story)))
    opens(story, firm.today + rng.uniform(9, 17) * HOUR, owner, src, "Inbox", assistant)
    opens(story, firm.today + rng.uniform(0, 23) * HOUR, firm.people[1], firm.elsewhere(story), "Calendar", assistant)
    for day in range(2):
        reads_of(story, firm, firm.today + DAY * day + 18 * HOUR, assistant, owner, firm.office)


@innocent
def travels_with_the_same_computer(story: Story) -> None:
    """Somebody reads a lot in a hotel, at odd hours, in the browser they always use; Outlook in the office goes on."""
    firm, rng = Routine(story), story.rng
    person, hotel = firm.people[1], firm.elsewhere(story)
    for at, items in spread(story, firm.today + rng.uniform(0, 6) * HOUR, 12, (6, 18)):
        firm.reads_with_browser(story, at, person, items, hotel)
    for hour in range(0, 24, 2):
        copies(story, firm.today + hour * HOUR, person, firm.office, 1, app_id=OFFICE_APP)
        firm.reads(story, firm.today + hour * HOUR + 60, person, 1, client=OUTLOOK, app_id=OFFICE_APP)


@innocent
def reads_in_a_borrowed_browser(story: Story) -> None:
    """On a journey: one's own computer and, for an hour, the hotel's, in a session of its own."""
    firm, rng = Routine(story), story.rng
    person, hotel = firm.people[0], firm.elsewhere(story)
    for at, items in spread(story, firm.today + 7 * HOUR, 10, (4, 12)):
        firm.reads_with_browser(story, at, person, items, hotel)
    for number in range(rng.randrange(8, 14)):
        facts = {"src": hotel, "client": WEB, "session_id": guid(story)}
        firm.reads(story, firm.today + 18 * HOUR + number * 240, person, rng.randrange(2, 7), **facts)


@innocent
def sets_up_a_new_phone(story: Story) -> None:
    """A new phone loads the mailbox at home or in the office; or elsewhere, and is registered."""
    firm, rng = Routine(story), story.rng
    person, at = firm.people[0], firm.today + rng.uniform(8, 21) * HOUR
    src = rng.choice((firm.office, firm.home[person], firm.elsewhere(story)))
    client = "Client=ActiveSync;UserAgent=Apple-iPhone16C1/2201.74;Action=/Microsoft-Server-ActiveSync/default.eas"
    if src not in (firm.office, firm.home[person]):
        raw(story, at - 900, registration(person, src))
    copies(story, at, person, src, 5, client=client, app_id=IOS_ACCOUNTS)
    for number in range(8):
        facts = {"src": src, "client": client, "app_id": IOS_ACCOUNTS}
        firm.reads(story, at + number * 400, person, rng.randrange(15, 35), **facts)


def registration(person: str, src: str) -> dict[str, Any]:
    """The directory's record of a device that was registered to somebody."""
    return {
        "CreationTime": "2026-03-03T12:00:00", "Id": f"device-{person}", "Operation": "Add registered owner to device.",
        "RecordType": 8, "ResultStatus": "Success", "Workload": "AzureActiveDirectory", "UserId": person,
        "ObjectId": person, "ClientIP": src, "ModifiedProperties": [],
    }  # fmt: skip


@innocent
def switches_to_another_mail_program(story: Story) -> None:
    """In the office somebody sets up Thunderbird, or Apple Mail, which loads a few hundred mails; a colleague does so
    where they never were, with a second factor, and goes on reading with it.
    """
    firm, rng = Routine(story, days=story.rng.choice((4, 8))), story.rng
    person, at = firm.people[0], firm.today + rng.uniform(9, 16) * HOUR
    client, app = rng.choice(
        (
            (MAIL_PROTOCOLS[1], THUNDERBIRD),
            (MAIL_PROTOCOLS[1], None),
            (APPLE_MAIL, IOS_ACCOUNTS),
        )
    )
    loads(story, firm, at, person, firm.office, client, app)
    firm.works(story, person, firm.days)
    colleague, src = firm.people[2], firm.elsewhere(story)
    client, app = rng.choice(((APPLE_MAIL, IOS_ACCOUNTS), (MAIL_PROTOCOLS[1], THUNDERBIRD)))
    at = firm.today + rng.uniform(18, 21) * HOUR
    sets_up(story, at - 120, colleague, src, app)
    loads(story, firm, at, colleague, src, client, app)
    for number in range(8):
        firm.reads(story, at + DAY + number * HOUR, colleague, rng.randrange(1, 6), src=src, client=client, app_id=app)


@innocent
def phone_of_a_carrier_that_changes_addresses(story: Story) -> None:
    """A phone reads all day, from another address every time."""
    firm = Routine(story)
    person = firm.people[1]
    firm.works(story, person, firm.days)
    for at, items in spread(story, firm.today + 6 * HOUR, 16, (4, 14)):
        facts = {"src": firm.elsewhere(story), "client": MOBILE, "app_id": OUTLOOK_MOBILE}
        firm.reads(story, at, person, items, **facts)


@innocent
def new_provider_at_home(story: Story) -> None:
    """Somebody works from home over a new line, and signs in anew."""
    firm, rng = Routine(story), story.rng
    person, line = firm.people[0], firm.elsewhere(story)
    if rng.random() < 0.5:
        firm.session[person] = guid(story)
    firm.works(story, person, firm.days, line)
    for at, items in spread(story, firm.today + 9 * HOUR, 8, (8, 22)):
        firm.reads_with_browser(story, at, person, items, line)


@innocent
def team_reads_its_mailbox(story: Story) -> None:
    """A team reads its shared mailbox from the office and from wherever each of them lives."""
    firm, rng = Routine(story), story.rng
    team = f"sales@{firm.domain}"
    for day in range(firm.days + 1):
        for person in firm.people[:4]:
            for number in range(6):
                at = day * DAY + (8 + 1.5 * number) * HOUR + rng.uniform(0, 1200)
                src = rng.choice((firm.office, firm.home[person], firm.elsewhere(story)))
                facts = {"actor": person, "mailbox": team, "src": src, "session_id": firm.session[person]}
                story.audit(at, "MailItemsAccessed", folders={"\\Inbox": rng.randrange(2, 9)}, long_ids=False, **facts)


@innocent
def new_outlook_for_everybody(story: Story) -> None:
    """One day everybody's browser is another application, which loads a hundred mails at once where its owner usually
    is; some are on a journey or at home that day.
    """
    firm, rng = Routine(story), story.rng
    app = rng.choice(ONE_OUTLOOK)
    for number, person in enumerate(firm.people):
        firm.session[person] = guid(story)
        firm.works(story, person, firm.days, firm.elsewhere(story) if number < 2 else None, app)
        if number >= 2:
            at, src = firm.today + rng.uniform(9, 17) * HOUR, rng.choice((firm.office, firm.home[person]))
            for turn in range(5):
                items = rng.randrange(18, 34)
                firm.reads_with_browser(story, at + turn * 150, person, items, src, app_id=app)


@innocent
def administrator_uses_a_device_code(story: Story) -> None:
    """Somebody of IT signs in to a command line with a device code and reads their mail as ever, at home too."""
    firm = Routine(story)
    person = firm.people[0]
    told = {"authenticationProtocol": "deviceCode"}
    story.sign_in(firm.today + 9 * HOUR, person, firm.office, 0, app="Microsoft Azure CLI", set=told)
    firm.works(story, person, firm.days)
