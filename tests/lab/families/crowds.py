"""Innocent families of T1589.002: many people at one place, each with a trouble of the own."""

from __future__ import annotations

from random import Random

from lab.company.records.catalogue import USER_AGENTS
from lab.families import names
from lab.families.company import APPS, NAMED, Company, agent, company, work
from lab.families.enumeration import HOUR, innocent
from lab.families.everyday import in_the_end, tries
from lab.families.story import DAY, Story, pick

# The audit feed alone as well, which hides names that do not exist.
EVERY = (*NAMED, ["audit"])
SECOND_FACTORS = (50074, 50076, 500121)


def phone(rng: Random) -> str:
    """A phone's browser, one of a few versions that most phones have."""
    text = USER_AGENTS[rng.choice(("safari_iphone", "safari_iphone", "android_webview"))]
    return text.replace("18_1", f"18_{rng.randrange(0, 4)}").replace(
        "Version/18.1", f"Version/18.{rng.randrange(0, 4)}"
    )


def numbers(rng: Random, count: int, domain: str) -> list[str]:
    """The names of a year's students: a letter and running numbers."""
    first, letter = rng.randrange(200_000, 900_000), rng.choice(("s", "k", ""))
    return [f"{letter}{first + step}@{domain}" for step in rng.sample(range(count * 2), count)]


@innocent
def tablets_on_a_ward(story: Story) -> None:
    """A shift comes on duty on a ward: a few shared tablets, everybody in a hurry, some give up."""
    firm, rng = company(story, size=70, feeds=EVERY), story.rng
    src, tablets = firm.free(rng)[0], [phone(rng) for _ in range(rng.randrange(2, 5))]
    for shift in (6, 14, 22):
        for person in pick(rng, firm.people, rng.randrange(18, 30)):
            at, client = shift * HOUR - 900 + rng.uniform(0, 1800), rng.choice(tablets)
            if rng.random() < 0.35:
                at = tries(story, names.slip(rng, person), src, at, (50034,), 2, client)
            if rng.random() < 0.3:
                at = tries(story, person, src, at, (50126,), 3, client)
            in_the_end(story, person, src, at + 20, client, 0.75)


@innocent
def misprinted_logins_in_a_class(story: Story) -> None:
    """First day at a school: a class's sheets have another spelling of the pupils' names; new ones come at noon."""
    firm, rng = company(story, size=50), story.rng
    src, client = firm.offices[0], USER_AGENTS["edge_windows"]
    year = rng.randrange(20, 26)
    for pupil in names.people(rng, rng.randrange(22, 30), firm.domain):
        local = pupil.partition("@")[0]
        wrong = rng.choice((f"{local}{year}", f"{local}.{year}", local.replace(".", "-")))
        at = 9 * HOUR + rng.uniform(0, 1500)
        at = tries(story, f"{wrong}@{firm.domain}", src, at, (50034,), 3, client)
        in_the_end(story, pupil, src, 12 * HOUR + rng.uniform(0, 3000), client, 0.9)


@innocent
def exam_with_student_numbers(story: Story) -> None:
    """An exam on a campus: names are running numbers, one image for all computers, digits and passwords mistyped."""
    firm, rng = company(story, size=40), story.rng
    src, client = firm.offices[0], agent(rng)
    for student in numbers(rng, rng.randrange(60, 90), firm.domain):
        at = 9 * HOUR + rng.uniform(0, 900)
        if rng.random() < 0.25:
            local, _, domain = student.partition("@")
            place = rng.randrange(2, len(local) - 1)
            wrong = local[:place] + local[place + 1] + local[place] + local[place + 2 :]
            if wrong != local:
                story.sign_in(at, f"{wrong}@{domain}", src, 50034, app="OfficeHome", agent=client)
        if rng.random() < 0.4:
            at = tries(story, student, src, at + 20, (50126, 50126, 50055), 3, client)
        in_the_end(story, student, src, at + 30, client, 0.85)


@innocent
def first_day_of_running_numbers(story: Story) -> None:
    """A year's students sign in for the first time at home, in a dormitory behind one line, with passwords on paper."""
    firm, rng = company(story, size=60), story.rng
    src = firm.free(rng)[0]
    for student in numbers(rng, rng.randrange(16, 28), firm.domain):
        at, client = 18 * HOUR + rng.uniform(0, 2 * HOUR), rng.choice((agent, phone))(rng)
        at = tries(story, student, src, at, (50126, 50126, 50055), 4, client)
        in_the_end(story, student, src, at + 40, client, 0.7)


@innocent
def strangers_behind_a_carrier(story: Story) -> None:
    """People of a large company on a carrier's address: each mistypes the own name or password, and gets in or not."""
    firm, rng = company(story, size=220), story.rng
    src = firm.free(rng)[0]
    for person in pick(rng, firm.people, rng.randrange(24, 40)):
        at, client = rng.uniform(11, 14) * HOUR, phone(rng)
        if rng.random() < 0.4:
            at = tries(story, names.slip(rng, person), src, at, (50034,), 2, client)
        if rng.random() < 0.7:
            at = tries(story, person, src, at, (50126,), 3, client)
        in_the_end(story, person, rng.choice((src, firm.free(rng)[0])), at + 30, client, 0.7)


@innocent
def texts_that_never_come(story: Story) -> None:
    """A plane, a ship, a foreign hotel: passwords are right, but the second factor's text does not come."""
    firm, rng = company(story, size=60, feeds=EVERY), story.rng
    src = firm.free(rng)[0]
    for person in pick(rng, firm.people, rng.randrange(11, 20)):
        at, client = 10 * HOUR + rng.uniform(0, 4000), firm.agent[person]
        if rng.random() < 0.3:
            at = tries(story, person, src, at, (50126,), 2, client)
        for _ in range(rng.randrange(1, 5)):
            story.sign_in(at, person, src, rng.choice(SECOND_FACTORS), app=rng.choice(APPS), agent=client)
            at += rng.uniform(40, 400)
        in_the_end(story, person, src, at, client, 0.15)


@innocent
def hotel_with_a_thousand_guests(story: Story) -> None:
    """A hotel's portal asks for a company address: guests of many companies type theirs, a few of ours among them."""
    firm, rng = company(story, size=60), story.rng
    src = firm.free(rng)[0]
    for _ in range(rng.randrange(14, 26)):
        domain = rng.choice(("fourthcoffee.example.org", "litware.example.com", "proseware.example.net"))
        guest = names.listed(rng, 1, domain, rng.choice(names.FORMS))[0]
        tries(story, guest, src, 17 * HOUR + rng.uniform(0, HOUR), (50034, 50020, 90072), 2, agent(rng))
    for person in pick(rng, firm.people, rng.randrange(1, 4)):
        work(story, firm, person, src, 17 * HOUR + rng.uniform(0, HOUR), slips=rng.choice((0, 1, 2)))


@innocent
def phones_after_a_mass_reset(story: Story) -> None:
    """Everybody's password is reset at noon: phones behind a carrier's address go on with the old one until locked."""
    firm, rng = company(story, size=90), story.rng
    src = firm.free(rng)[0]
    for person in pick(rng, firm.people, rng.randrange(14, 26)):
        at, client, every = 12 * HOUR + rng.uniform(0, 900), phone(rng), rng.uniform(240, 1200)
        for number in range(rng.randrange(2, 9)):
            code = 50126 if number < 4 else rng.choice((50126, 50053))
            story.sign_in(at, person, src, code, app="Outlook Mobile", agent=client)
            at += every * rng.uniform(0.8, 1.3)
        in_the_end(story, person, rng.choice((src, firm.home[person])), at + rng.uniform(300, 5000), client, 0.8)


@innocent
def leavers_of_a_closed_site(story: Story) -> None:
    """A site was closed last night, its people's accounts are disabled; they and their phones try all day, one line."""
    firm, rng = company(story, size=80, days=2, feeds=EVERY), story.rng
    src = firm.free(rng)[0]
    for person in pick(rng, firm.people, rng.randrange(14, 24)):
        at, client, every = DAY + 7 * HOUR + rng.uniform(0, 1800), firm.agent[person], rng.uniform(900, 5000)
        while at < DAY + 17 * HOUR:
            story.sign_in(at, person, src, 50057, app="Office 365 Exchange Online", agent=client)
            at += every * rng.uniform(0.5, 1.6)


@innocent
def thin_clients_on_a_new_line(story: Story) -> None:
    """Virtual desktops of one image leave through a new line on the day on which many passwords have expired."""
    firm, rng = company(story, size=70, feeds=EVERY), story.rng
    src, client = firm.free(rng)[0], agent(rng)
    for person in pick(rng, firm.people, 55):
        at = 7.5 * HOUR + rng.uniform(0, 4000)
        if rng.random() < 0.15:
            at = tries(story, names.slip(rng, person), src, at, (50034,), 1, client)
        if rng.random() < 0.6:
            at = tries(story, person, src, at, (50126, 50055), 3, client)
        in_the_end(story, person, src, at + 20, client, 0.6)


@innocent
def badge_numbers_in_a_factory(story: Story) -> None:
    """Workers type their badge number into two terminals of a hall at the change of shift; half of them do it wrong."""
    firm, rng = company(story, size=40), story.rng
    src, terminals = firm.offices[1], [agent(rng), agent(rng)]
    badges = [f"{rng.randrange(10_000_000, 99_999_999)}@{firm.domain}" for _ in range(70)]
    for shift in (6, 14):
        for badge in pick(rng, badges, rng.randrange(35, 50)):
            at, client = shift * HOUR + rng.uniform(0, 1500), rng.choice(terminals)
            if rng.random() < 0.3:
                local, _, domain = badge.partition("@")
                wrong = rng.choice((local[:-1], local + rng.choice("0123456789"), local[1:]))
                at = tries(story, f"{wrong}@{domain}", src, at, (50034,), 2, client)
            if rng.random() < 0.3:
                at = tries(story, badge, src, at, (50126,), 2, client)
            in_the_end(story, badge, src, at + 15, client, 0.85)


@innocent
def names_of_the_old_company_on_the_road(story: Story) -> None:
    """Password managers fill in addresses of a domain that was given up, at a fair where everybody is on one line."""
    firm, rng = company(story, size=80), story.rng
    src, old = firm.free(rng)[0], "tailspin.example.org"
    for person in pick(rng, firm.people, rng.randrange(14, 24)):
        at, client = 9 * HOUR + rng.uniform(0, 3500), firm.agent[person]
        at = tries(story, f"{person.partition('@')[0]}@{old}", src, at, (50034,), 2, client)
        in_the_end(story, person, rng.choice((src, firm.home[person])), at + 60, client, 0.5)


@innocent
def people_behind_a_web_gateway(story: Story) -> None:
    """A gateway spreads a company over its addresses; slips and passwords as on any day, and one standard browser."""
    firm, rng = company(story, size=200), story.rng
    gateway, client = firm.free(rng, rng.randrange(8, 14)), agent(rng)
    for person in firm.people:
        firm.agent[person] = client if rng.random() < 0.7 else firm.agent[person]
        at, src = rng.uniform(7, 11) * HOUR, rng.choice(gateway)
        if rng.random() < 0.25:
            at = tries(story, names.slip(rng, person), src, at, (50034,), 2, firm.agent[person])
        work(story, firm, person, rng.choice(gateway), at + 20, slips=rng.choice((0, 0, 0, 1, 2)))


def newcomers(story: Story, firm: Company, count: int) -> list[str]:
    known = set(firm.people)
    return [name for name in names.people(story.rng, count, firm.domain) if name not in known]


@innocent
def help_desk_tries_new_starters(story: Story) -> None:
    """A technician goes down the list of this month's starters with their first passwords, before they come."""
    firm, rng = company(story, size=60, feeds=EVERY), story.rng
    src, client = rng.choice((firm.offices[1], firm.home[firm.people[0]])), firm.agent[firm.people[0]]
    work(story, firm, firm.people[0], src, 8 * HOUR, slips=0)
    at = 9 * HOUR + rng.uniform(0, HOUR)
    for starter in sorted(newcomers(story, firm, rng.randrange(12, 20))):
        story.audit(at - rng.uniform(1, 4) * HOUR, "Add user.", actor=firm.people[0], target=starter)
        if rng.random() < 0.2:
            story.sign_in(at, starter, src, 50126, app="OfficeHome", agent=client)
        story.sign_in(at + 20, starter, src, 50055, app="OfficeHome", agent=client)
        in_the_end(story, starter, src, at + 70, client, 0.8)
        at += rng.uniform(80, 200)
