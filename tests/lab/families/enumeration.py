"""What the families of T1589.002 draw with: clients, lists of names, attempts, a morning of new passwords."""

from __future__ import annotations

from lab.families import names
from lab.families.company import (
    APPS,
    SCRIPTS,
    TOOL_APPS,
    Company,
    agent,
)
from lab.families.story import Families, Story, pick

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
