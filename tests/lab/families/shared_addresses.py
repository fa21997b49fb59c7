"""Families of T1589.002: many people behind one address, who get in or nearly do."""

from __future__ import annotations

from lab.company.records.catalogue import USER_AGENTS
from lab.families import names
from lab.families.company import (
    APPS,
    agent,
    company,
    work,
)
from lab.families.enumeration import HOUR, innocent, morning_of_new_passwords
from lab.families.story import Story


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
