"""Attack families of T1589.002 that look like people, devices or broken software of the same place and volume."""

from __future__ import annotations

from lab.families import names
from lab.families.company import APPS, agent, company, paced, work
from lab.families.crowds import numbers, phone
from lab.families.enumeration import HOUR, a_time, attack, guesses, tool, try_all
from lab.families.everyday import OLD_CLIENTS, in_the_end, tries
from lab.families.machines import EXCHANGE, TOWNS
from lab.families.story import Story, pick

# --- passwords of people in use


def a_few_each(story: Story, sprayed: list[str], src: str, start: float, clients: list[str]) -> None:
    """Each account two to four times in a row, the next one after a pause that chance makes, 13 to 19 an hour."""
    rng, at, pause = story.rng, start, HOUR / story.rng.uniform(16, 24)
    codes = rng.choice(((50126,), (50126,), (50126, 50126, 50126, 50053)))
    for number, name in enumerate(sprayed):
        for _ in range(rng.randrange(2, 5)):
            facts = {"app": "OfficeHome", "agent": clients[number % len(clients)]}
            story.sign_in(at, name, src, rng.choice(codes), **facts)
            at += rng.uniform(4, 25)
        at += rng.expovariate(1 / pause)
    story.attackers.add(src)


@attack
def uneven_spray_in_a_few_browsers(story: Story) -> None:
    """Two to four passwords an account, one browser or three in turn, for an hour or two, while its people work."""
    firm, rng = company(story), story.rng
    sprayed, clients = pick(rng, firm.people, rng.randrange(14, 26)), [agent(rng) for _ in range(rng.choice((1, 3)))]
    a_few_each(story, sprayed, firm.free(rng)[0], a_time(story, 1, 15), clients)


@attack
def uneven_spray_without_agents(story: Story) -> None:
    """The same where the feed has no user agents."""
    firm, rng = company(story, feeds=(["graph_v1"],)), story.rng
    sprayed = pick(rng, firm.people, rng.randrange(14, 26))
    a_few_each(story, sprayed, firm.free(rng)[0], a_time(story, 1, 15), [agent(rng)])


@attack
def passwords_bought_somewhere(story: Story) -> None:
    """Right passwords of a dozen people, each tried once in one browser; only the second factor stops them."""
    firm, rng = company(story), story.rng
    src, client = firm.free(rng)[0], agent(rng)
    bought = pick(rng, firm.people, rng.randrange(11, 18))
    tried = [(name, rng.choice((50076, 50074, 50076, 53003, 50126))) for name in bought]
    times = paced(rng, len(tried), a_time(story), rng.uniform(15, 50) * 60)
    try_all(story, tried, times, src, app=rng.choice(APPS), agent=client)


@attack
def rounds_over_an_old_mail_protocol(story: Story) -> None:
    """A dozen people's accounts in rounds over SMTP for hours, as an application with a pool of accounts does it; or a
    dictionary of functions, most of which nobody has: the protocol does not say so.
    """
    firm, rng = company(story), story.rng
    src, client = firm.free(rng)[0], rng.choice(OLD_CLIENTS)
    people = pick(rng, firm.people, rng.randrange(11, 15))
    sprayed: list[tuple[str, tuple[int, ...]]] = [(name, (50126, 50126, 50053)) for name in people]
    if rng.random() < 0.5:
        words = pick(rng, names.ROLES, rng.randrange(16, 27))
        sprayed = [(f"{word}@{firm.domain}", (50126 if n < 2 else 50034,)) for n, word in enumerate(words)]
    for number, at in enumerate(paced(rng, len(sprayed) * rng.randrange(5, 8), 7 * HOUR, 7 * HOUR)):
        name, codes = sprayed[number % len(sprayed)]
        story.sign_in(at, name, src, rng.choice(codes), app=EXCHANGE, client_app="Authenticated SMTP", agent=client)
    story.attackers.add(src)


# --- lists at a place where others fail


@attack
def list_behind_a_carrier(story: Story) -> None:
    """A list from a carrier's address on which people of the company mistype their names, in a phone's browser."""
    firm, rng = company(story, size=220), story.rng
    src = firm.free(rng)[0]
    for person in pick(rng, firm.people, rng.randrange(10, 20)):
        at, client = rng.uniform(11, 14) * HOUR, phone(rng)
        at = tries(story, names.slip(rng, person), src, at, (50034,), 2, client)
        in_the_end(story, person, rng.choice((src, firm.free(rng)[0])), at + 30, client, 0.7)
    tried = guesses(story, firm, rng.randrange(20, 36), rng.uniform(0, 0.2))
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), 12 * HOUR, 2800), src, app="OfficeHome", agent=phone(rng))


@attack
def list_on_a_shared_tablet(story: Story) -> None:
    """A list typed into the tablet of a ward between two shifts, by somebody who is there."""
    firm, rng = company(story, size=70), story.rng
    src, client = firm.free(rng)[0], phone(rng)
    for person in pick(rng, firm.people, rng.randrange(18, 30)):
        at = 6 * HOUR + rng.uniform(0, 1800)
        if rng.random() < 0.3:
            at = tries(story, person, src, at, (50126,), 3, client)
        in_the_end(story, person, src, at + 20, client, 0.8)
    tried = guesses(story, firm, rng.randrange(22, 36), 0.1)
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), 9 * HOUR, 3000), src, app="OfficeHome", agent=client)


@attack
def student_numbers_counted_up(story: Story) -> None:
    """Student numbers counted up on a campus where students mistype theirs."""
    firm, rng = company(story, size=40), story.rng
    src, room, client = firm.offices[0], agent(rng), agent(rng)
    for student in numbers(rng, 50, firm.domain):
        at = 9 * HOUR + rng.uniform(0, 2400)
        if rng.random() < 0.4:
            at = tries(story, student, src, at, (50126,), 3, room)
        in_the_end(story, student, src, at + 30, room, 0.85)
    first, count = rng.randrange(100_000, 190_000), rng.randrange(20, 50)
    tried = [(f"s{first + step}@{firm.domain}", rng.choice((50034, 50034, 50126))) for step in range(count)]
    try_all(story, tried, paced(rng, count, 9.2 * HOUR, 2400), src, app="OfficeHome", agent=client)


@attack
def list_among_guests_of_a_hotel(story: Story) -> None:
    """A list of ours on a hotel's line, among guests who type their own companies' addresses."""
    firm, rng = company(story, size=60), story.rng
    src = firm.free(rng)[0]
    for _ in range(rng.randrange(14, 24)):
        guest = names.listed(rng, 1, "litware.example.com", rng.choice(names.FORMS))[0]
        tries(story, guest, src, 17 * HOUR + rng.uniform(0, HOUR), (50034, 50020, 90072), 2, agent(rng))
    tried = guesses(story, firm, rng.randrange(13, 24), rng.uniform(0, 0.3))
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), 17 * HOUR, 3000), src, app=rng.choice(APPS), agent=agent(rng))


@attack
def everybody_in_both_domains(story: Story) -> None:
    """Each invented person under the company's domain and under the one that it gave up."""
    firm, rng = company(story), story.rng
    src, facts = firm.free(rng)[0], tool(story)
    tried = []
    for name, code in guesses(story, firm, rng.randrange(13, 24), rng.uniform(0, 0.2)):
        tried += [(name, code), (f"{name.partition('@')[0]}@tailspin.example.org", 50034)]
    try_all(story, tried, paced(rng, len(tried), a_time(story), 2700), src, **facts)


@attack
def list_behind_a_web_gateway(story: Story) -> None:
    """A script, or a browser that nobody has, on a laptop behind a gateway that spreads what everybody does."""
    firm, rng = company(story, size=120), story.rng
    gateway = firm.free(rng, rng.randrange(8, 14))
    for person in firm.people:
        work(story, firm, person, rng.choice(gateway), rng.uniform(7, 17) * HOUR)
    tried = guesses(story, firm, rng.randrange(32, 46), 0.1)
    rng.shuffle(tried)
    mine = pick(rng, gateway, rng.randrange(5, 7))
    client = rng.choice(("python", "go", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/91.0"))
    facts = {"app": "Azure Active Directory PowerShell", "agent": client}
    try_all(story, tried, paced(rng, len(tried), a_time(story, 8, 15), 2400), mine, **facts)


# --- lists beside broken software


@attack
def list_beside_a_probe(story: Story) -> None:
    """A list from the address of a monitoring service that asks for made-up names all day, with the probe's client."""
    firm, rng = company(story), story.rng
    src, facts = firm.free(rng)[0], {"app": "Microsoft Azure CLI", "agent": rng.choice(("python", "go", "curl"))}
    for number, town in enumerate(pick(rng, TOWNS, 11)):
        for at in paced(rng, 60, number * 30, 18 * HOUR):
            story.sign_in(at, f"realm-{town}@{firm.domain}", src, 50034, **facts)
    tried = guesses(story, firm, rng.randrange(14, 30), 0.1)
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), a_time(story, 4, 16), 2700), src, **facts)


@attack
def list_in_three_rounds(story: Story) -> None:
    """A list of which half does not exist, in rounds with a new password each, by a tool that does not read answers."""
    firm, rng = company(story), story.rng
    src, facts = firm.free(rng)[0], tool(story)
    tried, start = guesses(story, firm, rng.randrange(14, 30), rng.uniform(0.2, 0.5)), a_time(story, 1, 12)
    rng.shuffle(tried)
    for number in range(rng.randrange(2, 6)):
        try_all(story, tried, paced(rng, len(tried), start + number * 2700, 1500), src, **facts)


@attack
def list_beside_a_sign_on_proxy(story: Story) -> None:
    """A list through the proxy that passes on malformed names and slips of people."""
    firm, rng = company(story, size=90), story.rng
    src, facts = firm.free(rng)[0], {"app": "Microsoft Office", "agent": "axios"}
    for person in pick(rng, firm.people, rng.randrange(14, 22)):
        local = person.partition("@")[0]
        typed = rng.choice((local, f"CORP\\{local}", names.slip(rng, person)))
        story.sign_in(8 * HOUR + rng.uniform(0, HOUR), typed, src, 50034, **facts)
    tried = guesses(story, firm, rng.randrange(13, 24), 0.1)
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), 8 * HOUR, 3000), src, **facts)


@attack
def list_of_staff_in_the_right_domain(story: Story) -> None:
    """A staff list from a leak, in order, from a script: half of its people have left."""
    firm, rng = company(story), story.rng
    tried = sorted(guesses(story, firm, rng.randrange(30, 60), 0.5))
    src, start = firm.free(rng)[0], a_time(story, 1, 5)
    facts = {"app": "Microsoft Office", "agent": "axios", "kind": "non_interactive"}
    try_all(story, tried, paced(rng, len(tried), start, 1800), src, **facts)


@attack
def list_after_work_of_a_colleague(story: Story) -> None:
    """Somebody signs in as usual, then tries names that a mail program would not, with the same client."""
    firm, rng = company(story, size=60), story.rng
    person = firm.people[0]
    src, client = firm.home[person], firm.agent[person]
    for start in (8, 13):
        work(story, firm, person, src, start * HOUR, slips=0)
    tried = guesses(story, firm, rng.randrange(12, 22), 0.2)
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), 13.2 * HOUR, 2400), src, app="OfficeHome", agent=client)
