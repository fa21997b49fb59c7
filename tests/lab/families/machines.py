"""Innocent families of T1589.002: software and devices that go through names, wrongly set up or forgotten."""

from __future__ import annotations

from lab.company.records.catalogue import USER_AGENTS
from lab.families import names
from lab.families.company import agent, company, paced, work
from lab.families.crowds import EVERY, phone
from lab.families.enumeration import HOUR, innocent
from lab.families.everyday import OLD_CLIENTS, in_the_end
from lab.families.story import Story, pick

EXCHANGE = "Office 365 Exchange Online"
TOWNS = "berlin lyon turin oslo porto graz delft ghent kiel brno lodz bilbao aarhus turku cork leeds".split()
TASKS = "rechnung versand mahnung angebot statistik lager einkauf reise urlaub bewerbung presse kasse".split()


@innocent
def mailer_with_dead_accounts(story: Story) -> None:
    """An application sends through a pool of accounts, one after the other; their passwords have expired, all day."""
    firm, rng = company(story), story.rng
    src = firm.free(rng)[0]
    pool = [f"{task}.{rng.choice(TOWNS)}@{firm.domain}" for task in pick(rng, TASKS, rng.randrange(10, 13))]
    codes = {name: rng.choice((50126, 50126, 50055, 50057, 50053)) for name in pool}
    client = rng.choice(OLD_CLIENTS)
    for number, at in enumerate(paced(rng, len(pool) * rng.randrange(6, 12), 7 * HOUR, 9 * HOUR)):
        name = pool[number % len(pool)]
        story.sign_in(at, name, src, codes[name], app=EXCHANGE, client_app="Authenticated SMTP", agent=client)


@innocent
def copiers_with_a_list_of_dead_accounts(story: Story) -> None:
    """Copiers of a branch hold accounts that were deleted or have other passwords; each job tries the next one."""
    firm, rng = company(story, feeds=EVERY), story.rng
    src = firm.free(rng)[0]
    pool = [f"{rng.choice(('scan', 'mfp', 'copier'))}.{town}@{firm.domain}" for town in pick(rng, TOWNS, 12)]
    codes = {name: rng.choice((50034, 50034, 50126)) for name in pool}
    at = 7 * HOUR
    while at < 17 * HOUR:
        for name in pick(rng, pool, rng.randrange(2, 6)):
            story.sign_in(at, name, src, codes[name], app=EXCHANGE, client_app="Authenticated SMTP", agent="")
            at += rng.uniform(2, 20)
        at += rng.uniform(120, 1500)


@innocent
def staff_import_with_the_wrong_suffix(story: Story) -> None:
    """The staff system checks everybody's name with a suffix that the directory does not have, in order, at night."""
    firm, rng = company(story, size=80), story.rng
    src, at = firm.free(rng)[0], rng.uniform(1, 5) * HOUR
    suffix = rng.choice(("hr.example.org", f"staff.{firm.domain}", "tailspin.example.org"))
    checked = firm.people[: rng.randrange(30, 70)]
    for person in sorted(checked) if rng.random() < 0.6 else checked:
        story.sign_in(
            at, f"{person.partition('@')[0]}@{suffix}", src, 50034,
            app="Microsoft Office", agent="axios", kind="non_interactive",
        )  # fmt: skip
        at += rng.uniform(2, 40)


@innocent
def sign_on_proxy_that_passes_everything_on(story: Story) -> None:
    """A sign-on proxy passes on what people type: account names, DOMAIN\\name, slips; who is right goes elsewhere."""
    firm, rng = company(story, size=90, feeds=EVERY), story.rng
    src = firm.free(rng)[0]
    facts = {"app": "Microsoft Office", "agent": rng.choice(("axios", USER_AGENTS["edge_windows"]))}
    for person in pick(rng, firm.people, rng.randrange(22, 36)):
        local = person.partition("@")[0]
        typed = rng.choice(
            (local, f"CORP\\{local}", f"{local}@corp.local", names.slip(rng, person), names.slip(rng, person))
        )
        at = 8 * HOUR + rng.uniform(0, 2 * HOUR)
        story.sign_in(at, typed, src, 50034, **facts)
        if rng.random() < 0.4:
            story.sign_in(at + rng.uniform(20, 90), typed, src, 50034, **facts)


@innocent
def meeting_rooms_after_a_new_rule(story: Story) -> None:
    """Meeting rooms of one make sign in every quarter of an hour with passwords that a new rule let expire."""
    firm, rng = company(story, feeds=EVERY), story.rng
    src = rng.choice((firm.offices[0], firm.free(rng)[0]))
    code = rng.choice((50055, 50126, 53003))
    for town in pick(rng, TOWNS, rng.randrange(11, 15)):
        at, every = 6 * HOUR + rng.uniform(0, 900), rng.uniform(800, 1000)
        while at < 18 * HOUR:
            story.sign_in(at, f"{town}@{firm.domain}", src, code, app="Microsoft Teams", agent="teams_windows")
            at += every * rng.uniform(0.97, 1.03)


@innocent
def partner_directory_is_synchronised(story: Story) -> None:
    """A partner's synchronisation asks for the partner's own people here, in order, again every few hours."""
    firm, rng = company(story), story.rng
    src, partner = firm.free(rng)[0], rng.choice(("litware.example.com", "proseware.example.net"))
    guests = sorted(names.people(rng, rng.randrange(20, 50), partner))
    code = rng.choice((50034, 50034, 50020, 90072))
    for start in (rng.uniform(1, 3), rng.uniform(7, 9), rng.uniform(13, 15)):
        for number, guest in enumerate(guests):
            facts = {"app": "Microsoft Office", "agent": "axios", "kind": "non_interactive"}
            story.sign_in(start * HOUR + number * rng.uniform(3, 6), guest, src, code, **facts)


@innocent
def monitoring_from_every_town(story: Story) -> None:
    """A monitoring service asks for the realm of a made-up name for each of the company's towns, every few minutes."""
    firm, rng = company(story, feeds=EVERY), story.rng
    src, every = firm.free(rng)[0], rng.uniform(300, 900)
    client = rng.choice(("python", "go", "curl", "axios"))
    for number, town in enumerate(pick(rng, TOWNS, rng.randrange(11, 16))):
        at = number * every / 20
        while at < 20 * HOUR:
            story.sign_in(at, f"realm-{town}@{firm.domain}", src, 50034, app="Microsoft Azure CLI", agent=client)
            at += every


@innocent
def profile_with_staff_numbers(story: Story) -> None:
    """Device management gave phones their owner's staff number as the name; corrected at two, they all get in."""
    firm, rng = company(story, size=70), story.rng
    src = rng.choice((firm.offices[0], firm.free(rng)[0]))
    for person in pick(rng, firm.people, rng.randrange(14, 26)):
        wrong, client = f"e{rng.randrange(10_000, 99_999)}@{firm.domain}", phone(rng)
        at, every = rng.uniform(8, 10) * HOUR, rng.uniform(900, 2400)
        while at < 14 * HOUR:
            story.sign_in(at, wrong, src, 50034, app="Outlook Mobile", agent=client)
            at += every * rng.uniform(0.9, 1.1)
        in_the_end(story, person, src, 14 * HOUR + rng.uniform(0, 3000), client, 0.9)


@innocent
def robots_with_expired_passwords(story: Story) -> None:
    """Software robots work as employees of their own from one server; one morning all their passwords have expired."""
    firm, rng = company(story, size=60, days=1, feeds=EVERY), story.rng
    src, client = firm.free(rng)[0], agent(rng)
    robots = [f"{given}.{rng.choice(TASKS)}@{firm.domain}" for given in ("hal", "robby", "marvin", "bishop", "data",
              "kitt", "walle", "eve", "ava", "sonny", "roy", "ash")]  # fmt: skip
    for robot in robots:
        story.sign_in(-10 * HOUR + rng.uniform(0, HOUR), robot, src, 0, app="OfficeHome", agent=client)
        for start in (6, 8, 10):
            for number in range(3):
                at = start * HOUR + rng.uniform(0, 1200) + number * 60
                story.sign_in(at, robot, src, rng.choice((50126, 50055)), app="OfficeHome", agent=client)


@innocent
def meters_with_serial_numbers(story: Story) -> None:
    """Sensors send mail under their serial numbers; the accounts were removed, and each goes on at its hour."""
    firm, rng = company(story), story.rng
    src, first = firm.free(rng)[0], rng.randrange(1000, 9000)
    for number in range(rng.randrange(14, 30)):
        name, at = f"meter{first + number}@{firm.domain}", rng.uniform(0, 1800)
        while at < 20 * HOUR:
            story.sign_in(at, name, src, 50034, app=EXCHANGE, client_app="Authenticated SMTP", agent="")
            at += rng.uniform(1700, 1900)


@innocent
def desktop_search_over_shared_mailboxes(story: Story) -> None:
    """A mail program of one person tries all shared mailboxes that were moved away, whenever it starts."""
    firm, rng = company(story, size=60, feeds=EVERY), story.rng
    person = firm.people[0]
    src, client = rng.choice((firm.home[person], firm.offices[0])), USER_AGENTS["outlook_windows"]
    boxes = [f"{task}-{town}@{firm.domain}" for task, town in zip(TASKS, TOWNS, strict=False)]
    for start in (8, 11, 13, 16):
        work(story, firm, person, src, start * HOUR - 60, slips=0)
        for number, box in enumerate(boxes):
            story.sign_in(start * HOUR + number * rng.uniform(1, 9), box, src, 50034, app=EXCHANGE, agent=client)
