"""Families of T1589.002: lists that are tried from many sources, or over many days."""

from __future__ import annotations

from lab.families import names
from lab.families.company import (
    APPS,
    SCRIPTS,
    Company,
    agent,
    company,
    paced,
)
from lab.families.enumeration import HOUR, a_time, attack, guesses, morning_of_new_passwords, tool, try_all
from lab.families.story import DAY, Story, pick


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
