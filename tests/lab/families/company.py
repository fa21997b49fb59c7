"""The ordinary work around a story of address enumeration: who signs in from where, with what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from lab.company.records.catalogue import USER_AGENTS
from lab.families import names
from lab.families.story import DAY, Story

BROWSERS = ("edge_windows", "chrome_windows", "chrome_mac", "firefox_windows", "safari_iphone", "outlook_windows")
APPS = ("OfficeHome", "Office 365 Exchange Online", "Microsoft Teams", "Microsoft Office", "Azure Portal")
TOOL_APPS = (
    "Azure Active Directory PowerShell",
    "Microsoft Azure CLI",
    "Microsoft Office",
    "Office 365 Exchange Online",
)
SCRIPTS = ("python", "go", "curl", "axios", "powershell")
# Feeds that show the name of an account that does not exist; the audit feed alone hides it.
NAMED = (["graph"], ["graph_v1"], ["o365_graph"], ["event_hub"], ["graph", "audit"], ["event_hub", "audit"])
VERSIONED = ("edge_windows", "chrome_windows", "chrome_mac", "firefox_windows")


def address(rng: Random) -> str:
    """A documentation address (RFC 5737), or one of the benchmark network where many are needed."""
    # Few of them, or strangers would be neighbours.
    net = rng.choice(("192.0.2", "198.51.100", "203.0.113", *(None,) * 30))
    return (
        f"{net}.{rng.randrange(1, 255)}"
        if net
        else f"198.{rng.choice((18, 19))}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
    )


def addresses(rng: Random, count: int, without: set[str]) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        drawn = address(rng)
        if drawn not in without:
            found[drawn] = None
    without.update(found)
    return list(found)


def agent(rng: Random) -> str:
    """A browser of one of several versions, as people have them."""
    key = rng.choice(BROWSERS)
    text = USER_AGENTS[key]
    if key in VERSIONED:
        version = rng.randrange(118, 132)
        return text.replace("131.0", f"{version}.0").replace("130.0", f"{version}.0").replace("132.0", f"{version}.0")
    return text


@dataclass
class Company:
    """People with a home line and a client each, behind offices."""

    domain: str
    people: list[str]
    offices: list[str]
    home: dict[str, str]
    agent: dict[str, str]
    used: set[str]

    def free(self, rng: Random, count: int = 1) -> list[str]:
        """Addresses that nobody of the company uses."""
        return addresses(rng, count, self.used)


def company(story: Story, size: int | None = None, feeds: tuple[list[str], ...] = NAMED, days: int = 1) -> Company:
    """Draws a company and its ordinary days, the one before the story first: rules learn from what was."""
    rng = story.rng
    story.feeds = list(rng.choice(feeds))
    domain = rng.choice(names.DOMAINS)
    staff = names.people(rng, size or rng.randrange(30, 90), domain)
    used: set[str] = set()
    offices = addresses(rng, 2, used)
    homes = addresses(rng, len(staff), used)
    found = Company(
        domain, staff, offices, dict(zip(staff, homes, strict=True)), {name: agent(rng) for name in staff}, used
    )
    for day in range(-1, days):
        ordinary_day(story, found, day * DAY)
    return found


def ordinary_day(story: Story, firm: Company, start: float) -> None:
    """Everybody signs in once or twice between seven and eighteen; one in ten mistypes a password first, one in three
    is asked for a second factor.
    """
    rng = story.rng
    for person in firm.people:
        if rng.random() < 0.15:
            continue
        for _ in range(rng.choice((1, 1, 2))):
            at = start + rng.uniform(7, 18) * 3600
            src = rng.choice(firm.offices) if rng.random() < 0.6 else firm.home[person]
            work(story, firm, person, src, at)


def work(story: Story, firm: Company, person: str, src: str, at: float, slips: int | None = None) -> None:
    """One person signs in, after `slips` wrong passwords."""
    rng = story.rng
    app, client = rng.choice(APPS), firm.agent[person]
    for _ in range(rng.choice((0,) * 9 + (1,)) if slips is None else slips):
        story.sign_in(at, person, src, 50126, app=app, agent=client)
        at += rng.uniform(4, 40)
    if rng.random() < 0.3:
        story.sign_in(at, person, src, rng.choice((50074, 50076)), app=app, agent=client)
        at += rng.uniform(5, 30)
    story.sign_in(at, person, src, 0, app=app, agent=client)


def paced(rng: Random, count: int, start: float, length: float) -> list[float]:
    """Times of `count` attempts over about `length` seconds: steady, jittered, or as irregular as people."""
    pause, kind = length / max(1, count), rng.choice(("steady", "jitter", "random"))
    times, at = [], start
    for _ in range(count):
        times.append(at)
        at += {"steady": pause, "jitter": pause * rng.uniform(0.4, 1.6), "random": rng.expovariate(1 / pause)}[kind]
    return times
