"""Families of T1589.002: lists of names and sprays that one source tries."""

from __future__ import annotations

from lab.company.records.catalogue import Application
from lab.families import names
from lab.families.company import (
    APPS,
    SCRIPTS,
    TOOL_APPS,
    address,
    agent,
    company,
    paced,
)
from lab.families.enumeration import HOUR, a_time, attack, guesses, tool, try_all
from lab.families.story import Story, pick


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
