"""Families of T1589.002 over many addresses: people and devices with nothing in common, and lists that look so."""

from __future__ import annotations

from lab.families import names
from lab.families.company import Company, agent, company, paced
from lab.families.crowds import newcomers, phone
from lab.families.enumeration import HOUR, a_time, attack, guesses, innocent
from lab.families.everyday import tries
from lab.families.story import DAY, Story, pick


def phones_of_staff(story: Story, firm: Company, days: int = 1) -> None:
    """Half of the people use their phones as well, as those do who are not there yet or not there any more."""
    rng = story.rng
    for person in pick(rng, firm.people, len(firm.people) // 2):
        client = phone(rng)
        for day in range(days):
            at, app = day * DAY + rng.uniform(7, 20) * HOUR, rng.choice(("Outlook Mobile", "OfficeHome"))
            story.sign_in(at, person, firm.home[person], 0, app=app, agent=client)


@innocent
def seasonal_workers_before_their_accounts(story: Story) -> None:
    """A letter tells seasonal workers their addresses; they try them on phones at home before the accounts are made."""
    firm, rng = company(story, size=60), story.rng
    phones_of_staff(story, firm)
    workers = newcomers(story, firm, rng.randrange(55, 80))
    for worker, src in zip(workers, firm.free(rng, len(workers)), strict=True):
        at = rng.uniform(8, 21) * HOUR
        tries(story, worker, src, at, (50034,), 2, phone(rng), "OfficeHome")


@innocent
def forgotten_phones_once_a_day(story: Story) -> None:
    """A dozen phones ask for the name of somebody who left once or twice a day, from wherever they are."""
    firm, rng = company(story, size=60, days=2), story.rng
    phones_of_staff(story, firm, 2)
    for gone in names.listed(rng, rng.randrange(11, 18), firm.domain, "first.last", set(firm.people)):
        client = phone(rng)
        for day in range(2):
            for src in firm.free(rng, rng.choice((1, 1, 2))):
                at = day * DAY + rng.uniform(9, 16) * HOUR
                story.sign_in(at, gone, src, 50034, app="Outlook Mobile", agent=client)


@innocent
def refused_at_home_while_phones_forget(story: Story) -> None:
    """A rule refuses old mail programs at home, whose passwords are right; a few forgotten phones ask for old names."""
    firm, rng = company(story, size=60), story.rng
    phones_of_staff(story, firm)
    refused = pick(rng, firm.people, rng.randrange(6, 9))
    gone = names.listed(rng, rng.randrange(7, 10), firm.domain, "first.last", set(firm.people))
    for person in refused:
        facts = {"app": "Office 365 Exchange Online", "client_app": "IMAP4", "agent": "BAV2ROPC"}
        story.sign_in(rng.uniform(9, 15) * HOUR, person, firm.free(rng)[0], 53003, **facts)
    for name in gone:
        facts = {"app": "Outlook Mobile", "agent": phone(rng)}
        story.sign_in(rng.uniform(9, 15) * HOUR, name, firm.free(rng)[0], 50034, **facts)


@innocent
def wrong_profile_behind_a_carrier(story: Story) -> None:
    """Phones get a profile with another format of the names, and ask again and again over a carrier's addresses."""
    firm, rng = company(story, size=70), story.rng
    lines, client = firm.free(rng, rng.randrange(26, 34)), "Outlook-iOS/2.0 (iPhone; iOS 18.1)"
    for person in pick(rng, firm.people, rng.randrange(22, 32)):
        first, _, last = person.partition("@")[0].partition(".")
        at = 9 * HOUR + rng.expovariate(1 / HOUR)
        while at < 14 * HOUR:
            story.sign_in(
                at, f"{last}.{first}@{firm.domain}", rng.choice(lines), 50034, app="Outlook Mobile", agent=client
            )
            at += 1800 * rng.uniform(0.8, 1.2)
        story.sign_in(
            14 * HOUR + rng.uniform(60, 1800), person, rng.choice(lines), 0, app="Outlook Mobile", agent=client
        )


@attack
def one_name_from_each_home_line(story: Story) -> None:
    """Names in the company's own format, each once, from phones on home lines, at an application of everybody."""
    firm, rng = company(story, size=60), story.rng
    phones_of_staff(story, firm)
    tried = guesses(story, firm, rng.randrange(50, 80), rng.uniform(0, 0.1), "first.last")
    rng.shuffle(tried)
    sources = firm.free(rng, len(tried))
    for (name, code), at, src in zip(
        tried, paced(rng, len(tried), a_time(story, 1, 12), 6 * HOUR), sources, strict=True
    ):
        story.sign_in(at, name, src, code, app="OfficeHome", agent=phone(rng))
    story.attackers.update(sources)


@attack
def tethered_phone_that_changes_its_address(story: Story) -> None:
    """Names in no order over a tethered phone, which gets another address every few minutes.

    In people's browser most names are invented. In one of nobody, half may be employees, and a service is entered.
    """
    firm, rng = company(story, size=60), story.rng
    # The older version of the report has no client.
    own = "graph_v1" not in story.feeds and rng.random() < 0.5
    client, at = firm.agent[firm.people[0]], a_time(story, 8, 15)
    if own:
        client = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/{rng.randrange(80, 110)}.0.5112.102 Safari/537.36"
    tried = guesses(story, firm, 34, rng.uniform(0.3, 0.7) if own else rng.uniform(0, 0.1))
    rng.shuffle(tried)
    if own:
        tried.insert(len(tried) - rng.randrange(18), (f"svc-trial@{firm.domain}", 0))
    for src in firm.free(rng, rng.randrange(3, 5)):
        for name, code in [tried.pop() for _ in range(rng.randrange(6, 8))]:
            story.sign_in(at, name, src, code, app="OfficeHome", agent=client)
            at += rng.uniform(20, 110)
        story.attackers.add(src)


@attack
def right_passwords_among_a_script_s_guesses(story: Story) -> None:
    """A few names from each line, with one client that nobody has; for two of them the password is right."""
    firm, rng = company(story, size=60), story.rng
    tried = guesses(story, firm, rng.randrange(30, 50), 0.1) + [(name, 50076) for name in pick(rng, firm.people, 2)]
    rng.shuffle(tried)
    sources, client = firm.free(rng, len(tried) // 2), agent(rng).replace("AppleWebKit", "Webkit")
    times = paced(rng, len(tried), a_time(story, 1, 12), 4 * HOUR)
    for number, ((name, code), at) in enumerate(zip(tried, times, strict=True)):
        story.sign_in(at, name, sources[number % len(sources)], code, app="OfficeHome", agent=client)
    story.attackers.update(sources)
