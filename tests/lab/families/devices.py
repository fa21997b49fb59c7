"""Families of T1589.002: devices, services and tests that ask for names."""

from __future__ import annotations

from lab.families import names
from lab.families.company import (
    agent,
    company,
    paced,
)
from lab.families.enumeration import HOUR, guesses, innocent, tool, try_all
from lab.families.story import DAY, Story, pick


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
