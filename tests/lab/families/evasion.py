"""Attack families of T1589.002 that take care not to be seen."""

from __future__ import annotations

from lab.company.records.catalogue import USER_AGENTS
from lab.families import names
from lab.families.company import APPS, SCRIPTS, TOOL_APPS, agent, company, paced, work
from lab.families.enumeration import HOUR, a_time, attack, guesses, morning_of_new_passwords, tool, try_all
from lab.families.story import DAY, Story, pick

# What a guess at an existing account may answer: wrong, locked, expired, disabled, another factor, blocked, no consent.
MIXED = (50126, 50126, 50053, 50055, 50057, 50076, 53003, 65001)


# --- one source


@attack
def from_the_vpn_egress(story: Story) -> None:
    """From the VPN's own address, while a hundred people come to work through it."""
    firm, rng = company(story, size=100), story.rng
    src = firm.offices[1]
    for person in firm.people:
        work(story, firm, person, src, 8 * HOUR + rng.uniform(0, 2 * HOUR), slips=rng.choice((0, 0, 0, 1)))
    tried = guesses(story, firm, rng.randrange(25, 45), rng.uniform(0.1, 0.3))
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), rng.uniform(8, 9) * HOUR, 2400), src, **tool(story))


@attack
def inside_a_morning_of_new_passwords(story: Story) -> None:
    """From an office where everybody fails this morning, with a browser of its own."""
    firm, rng = company(story, size=60), story.rng
    morning_of_new_passwords(story, firm, 0.7, firm.offices[0])
    tried = guesses(story, firm, rng.randrange(25, 40), 0.15)
    rng.shuffle(tried)
    client = USER_AGENTS["firefox_windows"].replace("132.0", f"{rng.randrange(95, 110)}.0")
    try_all(story, tried, paced(rng, len(tried), 7.6 * HOUR, 3000), firm.offices[0], app=rng.choice(APPS), agent=client)


@attack
def answers_of_every_kind(story: Story) -> None:
    """Mostly real accounts, whose answers are of every kind."""
    firm, rng = company(story), story.rng
    real = pick(rng, firm.people, rng.randrange(12, 20))
    tried = [(name, rng.choice(MIXED)) for name in real] + guesses(story, firm, 5, 0)
    rng.shuffle(tried)
    try_all(
        story, tried, paced(rng, len(tried), a_time(story), rng.uniform(10, 40) * 60), firm.free(rng)[0], **tool(story)
    )


@attack
def across_midnight_and_late(story: Story) -> None:
    """From before midnight until after it, delivered half a day late."""
    firm, rng = company(story, days=2), story.rng
    tried = guesses(story, firm, rng.randrange(16, 40), 0.2)
    rng.shuffle(tried)
    start = 24 * HOUR - rng.uniform(10, 25) * 60
    try_all(story, tried, paced(rng, len(tried), start, rng.uniform(30, 50) * 60), firm.free(rng)[0], **tool(story))
    story.late = rng.uniform(6, 12) * HOUR


@attack
def two_an_hour_day_and_night(story: Story) -> None:
    """Two or three names an hour, around the clock."""
    firm, rng = company(story, size=30, days=2), story.rng
    tried = guesses(story, firm, rng.randrange(75, 100), 0.1)
    rng.shuffle(tried)
    pause = 2 * DAY / len(tried)
    times = [n * pause * rng.uniform(0.99, 1.01) for n in range(len(tried))]
    try_all(story, tried, times, firm.free(rng)[0], app=rng.choice(APPS), agent=agent(rng))


@attack
def from_the_home_line_of_somebody(story: Story) -> None:
    """Through a hijacked router: the person who lives there signs in as every day."""
    firm, rng = company(story), story.rng
    victim = firm.people[0]
    src = firm.home[victim]
    work(story, firm, victim, src, 8 * HOUR)
    tried = guesses(story, firm, rng.randrange(12, 25), 0.1)
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), a_time(story), 2400), src, app=rng.choice(APPS), agent=agent(rng))


@attack
def spray_that_enumerates_in_between(story: Story) -> None:
    """A spray at real accounts with every third name a guess."""
    firm, rng = company(story, size=60), story.rng
    tried = [(name, 50126) for name in pick(rng, firm.people, rng.randrange(16, 30))] + guesses(story, firm, 10, 0)
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), a_time(story), 3000), firm.free(rng)[0], **tool(story))


# --- many sources


@attack
def residential_proxies_and_rotating_clients(story: Story) -> None:
    """One name from each line, each with another browser; what stays is an application that few use."""
    firm, rng = company(story), story.rng
    tried = guesses(story, firm, rng.randrange(36, 60), 0.15)
    rng.shuffle(tried)
    sources, app = firm.free(rng, len(tried)), "Microsoft Azure CLI"
    for (name, code), at, src in zip(
        tried, paced(rng, len(tried), a_time(story, 1, 14), 5 * HOUR), sources, strict=True
    ):
        story.sign_in(at, name, src, code, app=app, agent=agent(rng))
    story.attackers.update(sources)


@attack
def residential_proxies_with_nothing_in_common(story: Story) -> None:
    """One name from each line, another browser and application each time: only the names are left."""
    firm, rng = company(story), story.rng
    tried = guesses(story, firm, rng.randrange(45, 70), 0.1, rng.choice(("flast", "firstl", "f.last", "last.first")))
    rng.shuffle(tried)
    sources = firm.free(rng, len(tried))
    for (name, code), at, src in zip(
        tried, paced(rng, len(tried), a_time(story, 1, 12), 7 * HOUR), sources, strict=True
    ):
        story.sign_in(at, name, src, code, app=rng.choice(APPS), agent=agent(rng))
    story.attackers.update(sources)


@attack
def every_slash_48_of_a_provider(story: Story) -> None:
    """Each guess from another /48 of one provider, with one client."""
    firm, rng = company(story), story.rng
    tried = guesses(story, firm, rng.randrange(25, 45), 0.2)
    rng.shuffle(tried)
    sources = [
        f"2001:db8:{number:x}:{rng.randrange(1, 0xFFFF):x}::1" for number in rng.sample(range(1, 0xFFFF), len(tried))
    ]
    try_all(story, tried, paced(rng, len(tried), a_time(story, 1, 16), 3 * HOUR), sources, **tool(story))


@attack
def new_lines_every_night_in_no_order(story: Story) -> None:
    """Six to nine names a night in no order, each from a new line; one script, for ten nights."""
    firm, rng = company(story, size=25, days=10), story.rng
    client, app = rng.choice(SCRIPTS), rng.choice(TOOL_APPS)
    tried = guesses(story, firm, 85, 0.1)
    rng.shuffle(tried)
    for night in range(10):
        for _ in range(rng.randrange(6, 9)):
            name, code = tried.pop()
            src = firm.free(rng)[0]
            story.sign_in(night * DAY + rng.uniform(1, 4) * HOUR, name, src, code, app=app, agent=client)
            story.attackers.add(src)


# --- names that the audit feed hides


@attack
def hidden_names_from_many_lines(story: Story) -> None:
    """Only the audit feed: one hidden name from each of many lines, one client, an application that few use."""
    firm, rng = company(story, size=70, feeds=(["audit"],)), story.rng
    tried = guesses(story, firm, rng.randrange(50, 90), rng.uniform(0, 0.1))
    rng.shuffle(tried)
    sources = firm.free(rng, len(tried))
    facts = {**tool(story), "app": rng.choice(("Azure Active Directory PowerShell", "Microsoft Azure CLI"))}
    try_all(story, tried, paced(rng, len(tried), a_time(story, 1, 14), rng.uniform(1, 4) * HOUR), sources, **facts)


@attack
def hidden_names_from_one_network(story: Story) -> None:
    """Only the audit feed: a few hidden names from each address of one network, another client each time."""
    firm, rng = company(story, size=70, feeds=(["audit"],)), story.rng
    net = f"198.18.{rng.randrange(256)}"
    sources = [f"{net}.{n}" for n in rng.sample(range(1, 255), rng.randrange(15, 25))]
    tried = guesses(story, firm, 2 * len(sources), 0)
    rng.shuffle(tried)
    for number, ((name, code), at) in enumerate(
        zip(tried, paced(rng, len(tried), a_time(story, 1, 14), 3 * HOUR), strict=True)
    ):
        story.sign_in(at, name, sources[number % len(sources)], code, app=rng.choice(APPS), agent=agent(rng))
    story.attackers.update(sources)


@attack
def hidden_names_in_the_noise(story: Story) -> None:
    """The same while people of a large company mistype their names."""
    firm, rng = company(story, size=120, feeds=(["audit"],)), story.rng
    for person in pick(rng, firm.people, 50):
        at, src = rng.uniform(7, 17) * HOUR, firm.home[person]
        story.sign_in(at, names.slip(rng, person), src, 50034, app="OfficeHome", agent=firm.agent[person])
        story.sign_in(at + 40, person, src, 0, app="OfficeHome", agent=firm.agent[person])
    tried = guesses(story, firm, rng.randrange(50, 80), 0)
    facts = {"app": "Microsoft Azure CLI", "agent": rng.choice(SCRIPTS)}
    try_all(story, tried, paced(rng, len(tried), a_time(story, 7, 12), 3 * HOUR), firm.free(rng, len(tried)), **facts)
