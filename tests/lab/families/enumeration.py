"""Families of T1589.002: how lists of names are tried, and what looks like it."""

from __future__ import annotations

from lab.company.records.catalogue import USER_AGENTS, Application
from lab.families import names
from lab.families.company import (
    APPS,
    SCRIPTS,
    TOOL_APPS,
    Company,
    address,
    agent,
    company,
    ordinary_day,
    paced,
    work,
)
from lab.families.story import DAY, Families, Story, pick

FAMILIES = Families("T1589.002")
attack, innocent = FAMILIES.attack, FAMILIES.innocent
HOUR = 3600.0


def a_time(story: Story, least: float = 1.0, most: float = 21.0) -> float:
    return story.rng.uniform(least, most) * HOUR


def tool(story: Story) -> dict[str, str]:
    """One client: a script, or a browser's agent that a tool borrows."""
    rng = story.rng
    client = rng.choice(SCRIPTS) if rng.random() < 0.5 else agent(rng)
    return {"app": rng.choice(TOOL_APPS), "agent": client, "kind": rng.choice(("interactive", "non_interactive"))}


def guesses(story: Story, firm: Company, count: int, real: float, form: str | None = None) -> list[tuple[str, int]]:
    """Names with the code each answers: `real` is the share that exists."""
    rng = story.rng
    hits = min(int(count * real), len(firm.people))
    known = set(firm.people)
    absent = names.listed(rng, count - hits, firm.domain, form or rng.choice(names.FORMS), known)
    return [(name, 50034) for name in absent] + [
        (name, rng.choices((50126, 50053, 50055, 50057, 50056), (80, 6, 5, 5, 4))[0])
        for name in pick(rng, firm.people, hits)
    ]


def try_all(story: Story, tried: list[tuple[str, int]], times: list[float], src: str | list[str], **facts: str) -> None:
    sources = [src] if isinstance(src, str) else src
    for number, ((name, code), at) in enumerate(zip(tried, times, strict=True)):
        story.sign_in(at, name, sources[number % len(sources)], code, **facts)
    story.attackers.update(sources)


# --- one source


@attack
def burst_in_order(story: Story) -> None:
    """A sorted list from one address."""
    firm, rng = company(story), story.rng
    tried = sorted(guesses(story, firm, rng.randrange(12, 90), rng.uniform(0, 0.3)))
    src = rng.choice(firm.free(rng, 1))
    try_all(story, tried, paced(rng, len(tried), a_time(story), rng.uniform(5, 50) * 60), src, **tool(story))


@attack
def burst_shuffled(story: Story) -> None:
    """A list in no order, with a browser's agent, a good part of it real."""
    firm, rng = company(story), story.rng
    tried = guesses(story, firm, rng.randrange(12, 70), rng.uniform(0.1, 0.5))
    rng.shuffle(tried)
    facts = {"app": rng.choice(APPS), "agent": agent(rng)}
    try_all(story, tried, paced(rng, len(tried), a_time(story), rng.uniform(8, 45) * 60), firm.free(rng)[0], **facts)


@attack
def burst_without_company(story: Story) -> None:
    """Nothing but the attack is in the data."""
    rng = story.rng
    story.feeds = [rng.choice(("graph", "event_hub", "o365_graph", "graph_v1"))]
    tried = [
        (n, 50034) for n in names.listed(rng, rng.randrange(11, 40), rng.choice(names.DOMAINS), rng.choice(names.FORMS))
    ]
    try_all(story, tried, paced(rng, len(tried), a_time(story), rng.uniform(5, 40) * 60), address(rng), **tool(story))


@attack
def burst_rotating_clients(story: Story) -> None:
    """Another user agent and another application for every guess."""
    firm, rng = company(story), story.rng
    tried = guesses(story, firm, rng.randrange(12, 50), rng.uniform(0, 0.4))
    rng.shuffle(tried)
    src = firm.free(rng)[0]
    for (name, code), at in zip(tried, paced(rng, len(tried), a_time(story), 2400), strict=True):
        story.sign_in(at, name, src, code, app=rng.choice(APPS), agent=agent(rng))
    story.attackers.add(src)


@attack
def burst_in_one_slash_64(story: Story) -> None:
    """Every guess from another address of one IPv6 /64."""
    firm, rng = company(story), story.rng
    prefix = f"2001:db8:{rng.randrange(1, 0xFFFF):x}:{rng.randrange(1, 0xFFFF):x}"
    tried = guesses(story, firm, rng.randrange(14, 60), rng.uniform(0, 0.3))
    sources = [f"{prefix}:{rng.randrange(0xFFFF):x}:{rng.randrange(0xFFFF):x}:0:{n + 1:x}" for n in range(len(tried))]
    try_all(story, tried, paced(rng, len(tried), a_time(story), 1800), sources, **tool(story))


@attack
def burst_across_the_hour(story: Story) -> None:
    """A few names either side of the full hour, too few in each."""
    firm, rng = company(story), story.rng
    tried = guesses(story, firm, rng.randrange(14, 19), 0.1)
    middle = rng.randrange(2, 20) * HOUR
    start = middle - rng.uniform(20, 26) * 60
    try_all(story, tried, [start + n * 2900 / len(tried) for n in range(len(tried))], firm.free(rng)[0], **tool(story))


@attack
def burst_of_spellings(story: Story) -> None:
    """The same people in several spellings."""
    firm, rng = company(story), story.rng
    tried = [
        (name, 50034) for name in names.permutations(rng, rng.randrange(12, 48), firm.domain) if name not in firm.people
    ]
    try_all(story, tried, paced(rng, len(tried), a_time(story), 1500), firm.free(rng)[0], **tool(story))


@attack
def burst_of_functions(story: Story) -> None:
    """Mailboxes by function."""
    firm, rng = company(story), story.rng
    tried = [
        (f"{name}@{firm.domain}", rng.choice((50034, 50034, 50034, 50126)))
        for name in pick(rng, names.ROLES, rng.randrange(12, 24))
    ]
    try_all(story, tried, paced(rng, len(tried), a_time(story), 1500), firm.free(rng)[0], **tool(story))


@attack
def burst_hidden_in_the_audit_feed(story: Story) -> None:
    """Only the audit feed is collected, which hides names that do not exist; a few exist."""
    firm, rng = company(story, feeds=(["audit"],)), story.rng
    tried = guesses(story, firm, rng.randrange(30, 80), rng.uniform(0.05, 0.2))
    rng.shuffle(tried)
    try_all(story, tried, paced(rng, len(tried), a_time(story), 2400), firm.free(rng)[0], **tool(story))


@attack
def burst_with_random_applications(story: Story) -> None:
    """Token requests with a random application: existing accounts fail on the application."""
    firm, rng = company(story), story.rng
    src, client = firm.free(rng)[0], agent(rng)
    tried = [
        (name, 700016 if code != 50034 else code) for name, code in guesses(story, firm, rng.randrange(12, 50), 0.4)
    ]
    for (name, code), at in zip(tried, paced(rng, len(tried), a_time(story), 1200), strict=True):
        app = Application(f"{rng.randrange(1 << 32):08x}-1234-4234-8234-{rng.randrange(1 << 48):012x}", "", "", "")
        story.sign_in(at, name, src, code, app=app, agent=client)
    story.attackers.add(src)


@attack
def burst_late_and_twice(story: Story) -> None:
    """Delivered hours late and twice."""
    firm, rng = company(story), story.rng
    tried = sorted(guesses(story, firm, rng.randrange(14, 50), 0.2))
    try_all(story, tried, paced(rng, len(tried), a_time(story), 2000), firm.free(rng)[0], **tool(story))
    story.late, story.twice = rng.uniform(1, 5) * HOUR, True


@attack
def burst_from_the_office(story: Story) -> None:
    """A list from an address where people work."""
    firm, rng = company(story), story.rng
    tried = sorted(guesses(story, firm, rng.randrange(14, 50), 0.1))
    src = rng.choice(firm.offices)
    try_all(story, tried, paced(rng, len(tried), a_time(story, 9, 16), 1500), src, **tool(story))


@attack
def burst_beside_malformed_names(story: Story) -> None:
    """A federation server's malformed names, and a list from the same address."""
    firm, rng = company(story), story.rng
    src = firm.free(rng)[0]
    start = a_time(story)
    for number, name in enumerate(firm.people[:20]):
        story.sign_in(start + number * 70, name.partition("@")[0], src, 50034, app="Microsoft Office", agent="axios")
    tried = guesses(story, firm, rng.randrange(14, 40), 0.1)
    try_all(story, tried, paced(rng, len(tried), start, 2000), src, **tool(story))


@attack
def burst_of_joiners_who_never_come(story: Story) -> None:
    """The volume and pace of an onboarding day; no account is ever made."""
    firm, rng = company(story), story.rng
    tried = [
        (name, 50034) for name in names.listed(rng, rng.randrange(15, 40), firm.domain, "first.last", set(firm.people))
    ]
    facts = {"app": "Microsoft Office", "agent": "axios", "kind": "non_interactive"}
    try_all(story, tried, [9.5 * HOUR + n * 70 for n in range(len(tried))], firm.free(rng)[0], **facts)


@attack
def all_day_below_the_hourly_threshold(story: Story) -> None:
    """Six to nine names an hour for hours."""
    firm, rng = company(story), story.rng
    count = rng.randrange(36, 70)
    tried = guesses(story, firm, count, rng.uniform(0, 0.2))
    rng.shuffle(tried)
    pause = HOUR / rng.uniform(6, 8.5)
    try_all(
        story,
        tried,
        [HOUR + n * pause * rng.uniform(0.98, 1.02) for n in range(count)],
        firm.free(rng)[0],
        **tool(story),
    )


# --- passwords: the names are real


@attack
def spray_from_one_source(story: Story) -> None:
    """One password against real accounts, sometimes right once."""
    firm, rng = company(story), story.rng
    src, facts = firm.free(rng)[0], tool(story)
    sprayed = pick(rng, firm.people, rng.randrange(12, 30))
    times = paced(rng, len(sprayed), a_time(story), rng.uniform(8, 45) * 60)
    try_all(story, [(name, rng.choice((50126, 50126, 50126, 50053))) for name in sprayed], times, src, **facts)
    if rng.random() < 0.5:
        story.sign_in(times[-1] + 60, rng.choice(sprayed), src, rng.choice((0, 50076, 53003)), **facts)


@attack
def small_spray_with_a_hit(story: Story) -> None:
    """Six to nine real accounts, and one password is right."""
    firm, rng = company(story), story.rng
    src, facts = firm.free(rng)[0], tool(story)
    sprayed = pick(rng, firm.people, rng.randrange(6, 10))
    times = paced(rng, len(sprayed), a_time(story), rng.uniform(5, 14) * 60)
    try_all(story, [(name, 50126) for name in sprayed], times, src, **facts)
    story.sign_in(times[-1] + 45, rng.choice(sprayed), src, 0, **facts)


@attack
def small_scripted_spray(story: Story) -> None:
    """Seven to nine real accounts with a script."""
    firm, rng = company(story), story.rng
    sprayed = pick(rng, firm.people, rng.randrange(7, 10))
    facts = {"app": rng.choice(TOOL_APPS), "agent": rng.choice(SCRIPTS)}
    try_all(
        story, [(n, 50126) for n in sprayed], paced(rng, len(sprayed), a_time(story), 600), firm.free(rng)[0], **facts
    )


@attack
def lockouts_of_many(story: Story) -> None:
    """Accounts are locked one after the other."""
    firm, rng = company(story), story.rng
    sprayed = pick(rng, firm.people, rng.randrange(25, 30))
    tried = [(name, 50053) for name in sprayed for _ in range(2)]
    try_all(story, tried, paced(rng, len(tried), a_time(story), 1500), firm.free(rng)[0], **tool(story))


# --- many sources


def spread(
    story: Story,
    firm: Company,
    tried: list[tuple[str, int]],
    sources: list[str],
    length: float,
    start: float,
    **facts: str,
) -> None:
    try_all(story, tried, paced(story.rng, len(tried), start, length), sources, **facts)


@attack
def sixty_sources_two_names_each(story: Story) -> None:
    """One client, two names from each of many addresses."""
    firm, rng = company(story), story.rng
    count = rng.randrange(30, 70)
    tried = guesses(story, firm, 2 * count, rng.uniform(0, 0.2))
    rng.shuffle(tried)
    spread(story, firm, tried, firm.free(rng, count), rng.uniform(1, 8) * HOUR, a_time(story, 1, 12), **tool(story))


@attack
def spread_list_in_order(story: Story) -> None:
    """A sorted list, each name from another address with another browser."""
    firm, rng = company(story), story.rng
    tried = sorted(guesses(story, firm, rng.randrange(28, 70), 0.1))
    sources = firm.free(rng, len(tried))
    for number, ((name, code), at) in enumerate(
        zip(tried, paced(rng, len(tried), a_time(story, 1, 12), 4 * HOUR), strict=True)
    ):
        story.sign_in(at, name, sources[number], code, app=rng.choice(APPS), agent=agent(rng))
    story.attackers.update(sources)


@attack
def spread_over_one_network(story: Story) -> None:
    """Addresses of one hosting network, a few names each."""
    firm, rng = company(story), story.rng
    net = f"198.18.{rng.randrange(256)}"
    sources = [f"{net}.{n}" for n in rng.sample(range(1, 255), rng.randrange(12, 25))]
    tried = guesses(story, firm, 3 * len(sources), rng.uniform(0, 0.3))
    rng.shuffle(tried)
    spread(story, firm, tried, sources, 5 * HOUR, a_time(story, 1, 12), **tool(story))


@attack
def spread_spellings(story: Story) -> None:
    """Spellings of the same people over many addresses."""
    firm, rng = company(story), story.rng
    tried = [
        (name, 50034) for name in names.permutations(rng, rng.randrange(36, 70), firm.domain) if name not in firm.people
    ]
    rng.shuffle(tried)
    spread(story, firm, tried, firm.free(rng, len(tried)), 3 * HOUR, a_time(story, 1, 12), **tool(story))


@attack
def spray_from_rotating_proxies(story: Story) -> None:
    """Real accounts, each attempt from another address, in rounds."""
    firm, rng = company(story, size=rng_size(story)), story.rng
    sprayed = pick(rng, firm.people, rng.randrange(25, 40))
    tried = [(name, 50126) for _ in range(rng.choice((1, 2))) for name in sprayed]
    spread(story, firm, tried, firm.free(rng, len(tried)), 2 * HOUR, a_time(story, 1, 14), **tool(story))


@attack
def proxies_on_a_password_change_morning(story: Story) -> None:
    """The same while people fail with their new passwords at home."""
    firm, rng = company(story, size=70), story.rng
    morning_of_new_passwords(story, firm, rng.uniform(0.6, 0.9))
    sprayed = pick(rng, firm.people, rng.randrange(30, 45))
    tried = [(name, 50126) for name in sprayed]
    spread(
        story,
        firm,
        tried,
        firm.free(rng, len(tried)),
        1.5 * HOUR,
        7.5 * HOUR,
        app="Microsoft Azure CLI",
        agent=rng.choice(SCRIPTS),
    )


def rng_size(story: Story) -> int:
    return story.rng.randrange(45, 90)


# --- many days


@attack
def few_names_a_day(story: Story) -> None:
    """Three to five new names a day from one address."""
    days = story.rng.randrange(4, 7)
    firm, rng = company(story, size=30, days=days), story.rng
    src, facts = firm.free(rng)[0], tool(story)
    active = sorted(rng.sample(range(days), max(3, days - 1)))
    tried = guesses(story, firm, 5 * len(active), 0.1)
    rng.shuffle(tried)
    for day in active:
        for number in range(rng.randrange(3, 6)):
            name, code = tried.pop()
            story.sign_in(day * DAY + a_time(story) + number, name, src, code, **facts)
    story.attackers.add(src)


@attack
def sorted_list_over_two_days(story: Story) -> None:
    """A list in order, five to eight names a day, continued the next day."""
    firm, rng = company(story, size=30, days=2), story.rng
    src, facts = firm.free(rng)[0], tool(story)
    tried = sorted(guesses(story, firm, rng.randrange(10, 16), 0.1))
    half = len(tried) // 2
    for day, part in enumerate((tried[:half], tried[half:])):
        start = day * DAY + a_time(story, 2, 8)
        for number, (name, code) in enumerate(part):
            story.sign_in(start + number * 5400, name, src, code, **facts)
    story.attackers.add(src)


@attack
def slow_spray(story: Story) -> None:
    """The same real accounts once a day, days on end."""
    days = story.rng.randrange(4, 6)
    firm, rng = company(story, size=30, days=days), story.rng
    src, facts = firm.free(rng)[0], tool(story)
    sprayed = pick(rng, firm.people, rng.randrange(6, 9))
    for day in range(days):
        start = day * DAY + a_time(story, 1, 8)
        for number, name in enumerate(sprayed):
            story.sign_in(start + number * 5000, name, src, 50126, **facts)
    story.attackers.add(src)


# --- innocent: many people, one address


def morning_of_new_passwords(story: Story, firm: Company, get_in: float, src: str | None = None) -> None:
    """After a forced change: everybody fails once to three times, most get in."""
    rng = story.rng
    for person in firm.people:
        at = 7.5 * HOUR + rng.uniform(0, 1.5 * HOUR)
        where = src or firm.home[person]
        for _ in range(rng.randrange(1, 4)):
            story.sign_in(
                at,
                person,
                where,
                rng.choice((50126, 50126, 50055, 50144)),
                app=rng.choice(APPS),
                agent=firm.agent[person],
            )
            at += rng.uniform(10, 200)
        if rng.random() < get_in:
            story.sign_in(at, person, where, 0, app="OfficeHome", agent=firm.agent[person])


@innocent
def office_after_a_forced_change(story: Story) -> None:
    firm = company(story, days=1)
    morning_of_new_passwords(story, firm, story.rng.uniform(0.4, 0.9), firm.offices[0])


@innocent
def office_when_the_directory_is_down(story: Story) -> None:
    """People of an office fail for half an hour, and nobody gets in until it is over."""
    firm, rng = company(story), story.rng
    for person in firm.people[:40]:
        at = 10 * HOUR + rng.uniform(0, 1800)
        for _ in range(rng.randrange(1, 5)):
            story.sign_in(at, person, firm.offices[0], 50126, app=rng.choice(APPS), agent=firm.agent[person])
            at += rng.uniform(5, 120)


@innocent
def vpn_egress(story: Story) -> None:
    """Hundreds of people behind one address, some of whom mistype names and passwords."""
    firm, rng = company(story, size=140), story.rng
    for person in firm.people:
        work(
            story, firm, person, firm.offices[1], 8 * HOUR + rng.uniform(0, 2 * HOUR), slips=rng.choice((0, 0, 0, 1, 2))
        )
        if rng.random() < 0.2:
            story.sign_in(
                8 * HOUR + rng.uniform(0, 2 * HOUR),
                names.slip(rng, person),
                firm.offices[1],
                50034,
                app="OfficeHome",
                agent=firm.agent[person],
            )


@innocent
def virtual_desktops(story: Story) -> None:
    """A farm of virtual desktops: one client for all, shift changes."""
    firm, rng = company(story, size=60), story.rng
    for person in firm.people:
        firm.agent[person] = USER_AGENTS["edge_windows"]
        for shift in (6, 14):
            work(
                story,
                firm,
                person,
                firm.offices[0],
                shift * HOUR + rng.uniform(0, 1500),
                slips=rng.choice((0, 0, 1, 1, 2)),
            )


@innocent
def guests_of_partners(story: Story) -> None:
    """Accounts of other directories that are no guests here."""
    firm, rng = company(story), story.rng
    src = firm.free(rng)[0]
    partner = rng.choice([domain for domain in names.DOMAINS if domain != firm.domain])
    for person in names.people(rng, rng.randrange(12, 30), partner):
        story.sign_in(
            9 * HOUR + rng.uniform(0, 3000),
            person,
            src,
            rng.choice((50020, 90072, 16003, 50020)),
            app="Microsoft Teams",
            agent=agent(rng),
        )


@innocent
def conference_network(story: Story) -> None:
    """Colleagues at a conference share its address."""
    firm, rng = company(story, size=60), story.rng
    src = firm.free(rng)[0]
    for person in firm.people[:25]:
        work(story, firm, person, src, 9 * HOUR + rng.uniform(0, 3000), slips=rng.choice((0, 0, 1, 2, 3)))
        if rng.random() < 0.3:
            story.sign_in(
                9 * HOUR + rng.uniform(0, 3000),
                names.slip(rng, person),
                src,
                50034,
                app="OfficeHome",
                agent=firm.agent[person],
            )


@innocent
def second_factor_for_an_office(story: Story) -> None:
    """Conditional access asks everybody of an office again."""
    firm, rng = company(story, size=50), story.rng
    for person in firm.people:
        at = 9 * HOUR + rng.uniform(0, 2400)
        for _ in range(rng.randrange(1, 3)):
            story.sign_in(
                at,
                person,
                firm.offices[0],
                rng.choice((50074, 50076, 50079)),
                app="OfficeHome",
                agent=firm.agent[person],
            )
            at += rng.uniform(5, 60)
        if rng.random() < 0.85:
            story.sign_in(at, person, firm.offices[0], 0, app="OfficeHome", agent=firm.agent[person])


@innocent
def student_intake(story: Story) -> None:
    """New students on a campus try accounts that are not all there yet; the directory makes them that day."""
    firm, rng = company(story, size=60), story.rng
    for student in names.people(rng, 50, firm.domain):
        at, client = 9 * HOUR + rng.uniform(0, 3000), agent(rng)
        if rng.random() < 0.5:
            story.sign_in(at, student, firm.offices[0], 50034, app="OfficeHome", agent=client)
            story.audit(at + rng.uniform(0.5, 3) * HOUR, "Add user.", actor=firm.people[0], target=student)
        for _ in range(rng.randrange(0, 3)):
            story.sign_in(at + rng.uniform(10, 300), student, firm.offices[0], 50126, app="OfficeHome", agent=client)
        story.sign_in(at + 5 * HOUR + rng.uniform(0, 3600), student, firm.offices[0], 0, app="OfficeHome", agent=client)


@innocent
def merger_of_two_domains(story: Story) -> None:
    """After the change of domain people type the old one, then the new one."""
    firm, rng = company(story, size=60), story.rng
    old = rng.choice([domain for domain in names.DOMAINS if domain != firm.domain])
    for person in firm.people[:45]:
        at = 8 * HOUR + rng.uniform(0, 3000)
        for _ in range(rng.randrange(1, 3)):
            story.sign_in(
                at,
                f"{person.partition('@')[0]}@{old}",
                firm.offices[0],
                50034,
                app="OfficeHome",
                agent=firm.agent[person],
            )
            at += rng.uniform(10, 90)
        if rng.random() < 0.8:
            story.sign_in(at, person, firm.offices[0], 0, app="OfficeHome", agent=firm.agent[person])


# --- innocent: machines


@innocent
def stale_phone_for_days(story: Story) -> None:
    """One phone, one deleted name, for days."""
    firm, rng = company(story, size=30, days=5), story.rng
    src, gone = firm.free(rng)[0], names.listed(rng, 1, firm.domain, "first.last", set(firm.people))[0]
    for number in range(int(5 * DAY / 1800)):
        story.sign_in(
            number * 1800 + rng.uniform(0, 60),
            gone,
            src,
            50034,
            app="Office 365 Exchange Online",
            agent="safari_iphone",
        )


@innocent
def phones_of_leavers(story: Story) -> None:
    """A dozen phones with names that are gone, behind one office."""
    firm, rng = company(story), story.rng
    for gone in names.listed(rng, rng.randrange(11, 16), firm.domain, "first.last", set(firm.people)):
        client, every = agent(rng), rng.uniform(300, 1500)
        at = rng.uniform(0, 900)
        while at < 10 * HOUR:
            story.sign_in(6 * HOUR + at, gone, firm.offices[0], 50034, app="Office 365 Exchange Online", agent=client)
            at += every * rng.uniform(0.9, 1.1)


@innocent
def deleted_lately(story: Story) -> None:
    """Devices of people whose accounts were deleted this week."""
    firm, rng = company(story, size=50, days=2), story.rng
    src = firm.free(rng)[0]
    for gone in names.people(rng, rng.randrange(12, 20), firm.domain):
        story.audit(rng.uniform(8, 16) * HOUR, "Delete user.", actor=firm.people[0], target=gone)
        for _ in range(rng.randrange(1, 4)):
            story.sign_in(
                DAY + 9 * HOUR + rng.uniform(0, 3000),
                gone,
                src,
                50034,
                app="Office 365 Exchange Online",
                agent="outlook_windows",
            )


@innocent
def printers_with_old_passwords(story: Story) -> None:
    """Printers and scanners of an office send with accounts whose passwords have changed."""
    firm, rng = company(story), story.rng
    src = firm.free(rng)[0]
    for number in range(rng.randrange(11, 18)):
        name = f"{rng.choice(('scanner', 'printer', 'mfp', 'scan-to-mail', 'copier'))}-{number + 1}@{firm.domain}"
        at = rng.uniform(0, 1200)
        while at < 9 * HOUR:
            story.sign_in(
                7 * HOUR + at,
                name,
                src,
                50126,
                app="Office 365 Exchange Online",
                client_app="Authenticated SMTP",
                agent="",
            )
            at += rng.uniform(1200, 2400)


@innocent
def service_account_with_an_old_secret(story: Story) -> None:
    """A handful of service accounts retry for hours."""
    firm, rng = company(story), story.rng
    src = firm.free(rng)[0]
    for number in range(4):
        for at in paced(rng, 150, HOUR, 15 * HOUR):
            story.sign_in(at, f"svc-{number}.sync@{firm.domain}", src, 50126, app="Microsoft Azure CLI", agent="python")


@innocent
def federation_with_the_wrong_attribute(story: Story) -> None:
    """A federation server sends account names, internal suffixes or guest names."""
    firm, rng = company(story), story.rng
    src, form = firm.free(rng)[0], rng.randrange(5)
    for number, person in enumerate(pick(rng, firm.people, rng.randrange(15, 28))):
        local = person.partition("@")[0]
        name = (
            local,
            f"CORP\\{local}",
            f"{local}@corp.local",
            f"{person}@{firm.domain}",
            f"{local}_{firm.domain}#EXT#@{firm.domain}",
        )[form]
        story.sign_in(9 * HOUR + number * rng.uniform(40, 90), name, src, 50034, app="Microsoft Office", agent="axios")


@innocent
def onboarding_day(story: Story) -> None:
    """A connector checks joiners; their accounts are made hours later."""
    firm, rng = company(story), story.rng
    src = firm.free(rng)[0]
    for number, joiner in enumerate(names.people(rng, rng.randrange(15, 40), firm.domain)):
        if joiner in firm.people:
            continue
        story.sign_in(
            9 * HOUR + number * 70, joiner, src, 50034, app="Microsoft Office", agent="axios", kind="non_interactive"
        )
        story.audit(
            9 * HOUR + number * 70 + rng.uniform(600, 6 * HOUR), "Add user.", actor=firm.people[0], target=joiner
        )


@innocent
def reset_portal(story: Story) -> None:
    """A portal validates what employees type: their names, and slips of them."""
    firm, rng = company(story, size=90), story.rng
    src = firm.free(rng)[0]
    typed = pick(rng, firm.people, 30)
    for at in paced(rng, 30, 8 * HOUR, 2700):
        person = typed.pop()
        name, code = (names.slip(rng, person), 50034) if rng.random() < 0.4 else (person, 50126)
        story.sign_in(at, name, src, code, app="Microsoft Office", agent="axios")


@innocent
def load_test(story: Story) -> None:
    """Accounts made for a load test."""
    firm, rng = company(story), story.rng
    src, prefix = firm.free(rng)[0], rng.choice(("loadtest", "perf-user", "qa", "test.user", "stress"))
    for number in range(rng.randrange(20, 80)):
        story.sign_in(
            11 * HOUR + number * 20,
            f"{prefix}{number + 1:03}@{firm.domain}",
            src,
            50034,
            app="Microsoft Office",
            agent="axios",
        )


@innocent
def booked_test(story: Story) -> None:
    """A booked penetration test with an entry in the allowlist."""
    firm, rng = company(story), story.rng
    src = firm.free(rng)[0]
    tried = guesses(story, firm, 40, 0.1)
    try_all(story, tried, paced(rng, len(tried), 10 * HOUR, 1800), src, **tool(story))
    story.attackers.clear()
    story.allowlist.append(
        {"class": "pentest", "detection": "T1589.002", "source": src, "owner": "red.team@contoso.com", "ticket": "PT-1",
         "valid_from": "2026-03-02T00:00:00Z", "valid_until": "2026-03-09T00:00:00Z"}
    )  # fmt: skip


# --- innocent: many people, many addresses


@innocent
def sixty_people_two_slips_each(story: Story) -> None:
    """People at home mistype their names twice, then get in."""
    firm, rng = company(story, size=60), story.rng
    for person in firm.people:
        at = 8 * HOUR + rng.uniform(0, 2 * HOUR)
        for _ in range(2):
            story.sign_in(
                at, names.slip(rng, person), firm.home[person], 50034, app="OfficeHome", agent=firm.agent[person]
            )
            at += rng.uniform(10, 60)
        if rng.random() < 0.8:
            story.sign_in(at, person, firm.home[person], 0, app="OfficeHome", agent=firm.agent[person])


@innocent
def slips_with_nothing_else_known(story: Story) -> None:
    """The same, and the data holds nothing but the slips."""
    rng = story.rng
    story.feeds = [rng.choice(("graph", "event_hub", "o365_graph"))]
    sources: set[str] = set()
    for person in names.people(rng, 60, "contoso.com"):
        src = address(rng)
        if src in sources:
            continue
        sources.add(src)
        at, client = 8 * HOUR + rng.uniform(0, 2 * HOUR), agent(rng)
        for _ in range(2):
            story.sign_in(at, names.slip(rng, person), src, 50034, app="OfficeHome", agent=client)
            at += rng.uniform(10, 60)


@innocent
def morning_of_new_passwords_at_home(story: Story) -> None:
    firm = company(story, size=70)
    morning_of_new_passwords(story, firm, story.rng.uniform(0.5, 0.9))


@innocent
def phones_on_mobile_networks(story: Story) -> None:
    """Phones with an old password come from ever new addresses."""
    firm, rng = company(story), story.rng
    for person in pick(rng, firm.people, 12):
        for at in paced(rng, 8, 6 * HOUR, 12 * HOUR):
            story.sign_in(at, person, firm.free(rng)[0], 50126, app="Outlook Mobile", agent="safari_iphone")


@innocent
def small_branch_that_mistypes(story: Story) -> None:
    """Four people at a branch fail now and then, day after day, and get in."""
    firm, rng = company(story, size=30, days=6), story.rng
    src = firm.free(rng)[0]
    for day in range(6):
        for person in firm.people[:4]:
            at = day * DAY + 8 * HOUR + rng.uniform(0, 2 * HOUR)
            story.sign_in(at, names.slip(rng, person), src, 50034, app="OfficeHome", agent=firm.agent[person])
            work(story, firm, person, src, at + 40, slips=rng.choice((0, 1, 2)))


@innocent
def renamed_people(story: Story) -> None:
    """Old names after a rename, tried for days by the devices that know them, at home and in the office."""
    firm, rng = company(story, size=40, days=4), story.rng
    olds = names.listed(rng, rng.randrange(12, 16), firm.domain, "first.last", set(firm.people))
    for old in olds[:4]:
        src, client = firm.free(rng)[0], agent(rng)
        for day in range(4):
            for at in paced(rng, 30, day * DAY + 6 * HOUR, 12 * HOUR):
                story.sign_in(at, old, src, 50034, app="Outlook Mobile", agent=client)
    for old in olds[4:]:
        client = agent(rng)
        for day in range(4):
            for _ in range(rng.choice((1, 1, 2))):
                at = day * DAY + rng.uniform(8, 17) * HOUR
                story.sign_in(at, old, firm.offices[0], 50034, app="Outlook Mobile", agent=client)


@innocent
def monitoring_probe(story: Story) -> None:
    """A probe that fails on purpose with two names, every few minutes, for days."""
    firm, rng = company(story, size=30, days=3), story.rng
    src = firm.free(rng)[0]
    for number in range(int(3 * DAY / 900)):
        story.sign_in(
            number * 900.0, f"probe{number % 2}@{firm.domain}", src, 50034, app="Microsoft Azure CLI", agent="python"
        )


@innocent
def two_ordinary_days(story: Story) -> None:
    """Nothing but work, with the slips that belong to it."""
    firm = company(story, size=90, days=2)
    ordinary_day(story, firm, DAY)
