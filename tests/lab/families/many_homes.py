"""Families of T1589.002: many people, each at an address of their own."""

from __future__ import annotations

from lab.families import names
from lab.families.company import (
    address,
    agent,
    company,
    ordinary_day,
    paced,
    work,
)
from lab.families.enumeration import HOUR, innocent, morning_of_new_passwords
from lab.families.story import DAY, Story, pick


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
