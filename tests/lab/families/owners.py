"""Families of T1589.002 told by who gets in: people and software with their passwords, and lists with stolen ones."""

from __future__ import annotations

from lab.families import names
from lab.families.company import agent, company, paced, work
from lab.families.crowds import phone
from lab.families.enumeration import HOUR, a_time, attack, guesses, innocent, tool, try_all
from lab.families.everyday import in_the_end
from lab.families.story import Story, pick

KINDS = ("adm", "admin", "a", "t1", "da", "sa")


def spellings(story: Story, person: str, count: int) -> list[str]:
    """Ways in which somebody may have been given a second account."""
    first, _, last = person.partition("@")[0].partition(".")
    forms = [last, f"{first[0]}{last}", f"{first}.{last}", f"{last}{first[0]}"]
    made = [f"{kind}{dot}{form}" for kind in KINDS for dot in (".", "-") for form in forms]
    made += [f"{form}{dot}{kind}" for kind in KINDS for dot in (".", "-") for form in forms]
    return pick(story.rng, made, count)


@innocent
def software_and_people_with_passwords(story: Story) -> None:
    """A calendar service goes through its mailboxes, half of them gone, every six hours; at home an administrator looks
    for a second account; phones behind a carrier's address have the password of yesterday.
    """
    firm, rng = company(story, size=90), story.rng
    service, home, carrier = firm.free(rng, 3)
    gone = names.listed(rng, rng.randrange(14, 30), firm.domain, "first.last", set(firm.people))
    works = pick(rng, firm.people, rng.randrange(len(gone) * 2 // 3, len(gone) * 3 // 2))
    asked = [*((name, 50034) for name in gone), *((name, 0) for name in works)]
    rng.shuffle(asked)
    for start in range(2):
        at, facts = (5 + 6 * start) * HOUR, {"app": "Office 365 Exchange Online", "agent": "Calendar-Sync/4.2"}
        for name, code in asked:
            story.sign_in(at, name, service, code, **facts)
            at += rng.uniform(1, 4)
    person, client = firm.people[0], agent(rng)
    at = 19 * HOUR
    for spelling in spellings(story, person, rng.randrange(11, 16)):
        story.sign_in(at, f"{spelling}@{firm.domain}", home, 50034, app="Azure Portal", agent=client)
        at += rng.uniform(15, 90)
    second = f"t0.{person.partition('.')[2].partition('@')[0]}@{firm.domain}"
    story.sign_in(at, second, home, 0, app="Azure Portal", agent=client)
    for owner in pick(rng, firm.people, rng.randrange(13, 19)):
        at, every, client = 8 * HOUR + rng.uniform(0, 3000), rng.uniform(240, 1500), phone(rng)
        for _ in range(rng.randrange(2, 6)):
            story.sign_in(at, owner, carrier, 50126, app="Outlook Mobile", agent=client)
            at += every * rng.uniform(0.7, 1.4)
        in_the_end(story, owner, firm.home[owner], at, firm.agent[owner], 1.0)


@attack
def list_with_some_stolen_passwords(story: Story) -> None:
    """A tool goes through a leaked list: half of it is gone, of the others two or three passwords in ten are right; or
    spells one person's name in all ways, faster than anybody types, and gets in.
    """
    firm, rng = company(story), story.rng
    src, facts = firm.free(rng)[0], tool(story)
    if rng.random() < 0.5:
        people = pick(rng, firm.people, rng.randrange(10, 16))
        right = len(people) * rng.randrange(2, 4) // 10
        tried = [(name, 0 if n < right else 50126) for n, name in enumerate(people)]
        tried += [(name, 50034) for name, _ in guesses(story, firm, len(people) + 2, 0.0)]
        rng.shuffle(tried)
        try_all(story, tried, paced(rng, len(tried), a_time(story), rng.uniform(40, 900)), src, **facts)
        return
    person = firm.people[0]
    tried = [(f"{form}@{firm.domain}", 50034) for form in spellings(story, person, rng.randrange(12, 20))]
    at = a_time(story)
    try_all(story, tried, paced(rng, len(tried), at, rng.uniform(20, 60)), src, **facts)
    work(story, firm, person, src, at + 120, slips=rng.choice((0, 3)))
