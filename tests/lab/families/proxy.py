"""Families of T1589.002 that only a web proxy sees: questions whether accounts exist, which no tenant records."""

from __future__ import annotations

from lab.company.records.catalogue import USER_AGENTS
from lab.families.company import Company, agent, company, paced
from lab.families.enumeration import HOUR, attack, innocent
from lab.families.story import Story, pick

SIGN_IN = "https://login.microsoftonline.com"


def request(story: Story, at: float, src: str, page: str, person: str, client: str) -> None:
    """One line of a proxy that inspects TLS; `person` is empty where it asks nobody to sign in to it."""
    url = f"{SIGN_IN}/{page}?mkt={story.rng.randrange(10**9)}"
    user = f' user="{person}"' if person else ""
    text = f'{story.base + at:.3f} src={src} method=POST url="{url}" status=200{user} http_user_agent="{client}"'
    story.other(at, "raw", sourcetype="squid", host="proxy01", text=text)


def morning(story: Story, firm: Company, src: str, named: bool) -> None:
    """Everybody is asked once by the sign-in page, some twice after a slip, and most send their password then."""
    rng = story.rng
    for person in firm.people:
        at, user = 7.5 * HOUR + rng.uniform(0, 3 * HOUR), person if named else ""
        for _ in range(rng.choice((1, 1, 1, 1, 2))):
            request(story, at, src, "common/GetCredentialType", user, firm.agent[person])
            at += rng.uniform(3, 20)
        if rng.random() < 0.95:
            page = rng.choice(("common/login", "common/login", "organizations/login"))
            request(story, at, src, page, user, firm.agent[person])


@innocent
def branch_proxy_in_front_of_the_main_one(story: Story) -> None:
    """A branch of a hundred or more asks through one proxy, which the main proxy knows by one address."""
    firm, rng = company(story, size=story.rng.randrange(100, 160)), story.rng
    morning(story, firm, firm.free(rng)[0], named=rng.random() < 0.5)


@attack
def list_through_a_proxy_that_names_nobody(story: Story) -> None:
    """Beside everybody's sign-ins somebody asks the sign-in page for a list, with a browser's agent."""
    firm, rng = company(story, size=60), story.rng
    src, client = firm.free(rng)[0], agent(rng)
    story.attackers = {src}
    morning(story, firm, src, named=False)
    for at in paced(rng, rng.randrange(50, 90), rng.uniform(8, 15) * HOUR, 1800):
        request(story, at, src, "common/GetCredentialType", "", client)


@attack
def list_of_one_user_of_a_branch_proxy(story: Story) -> None:
    """One of those behind the branch's proxy asks for a list, and sends a sign-in after each question."""
    firm, rng = company(story, size=60), story.rng
    src, person = firm.free(rng)[0], firm.people[0]
    story.attackers = {src}
    morning(story, firm, src, named=True)
    for at in paced(rng, rng.randrange(45, 80), rng.uniform(8, 15) * HOUR, 1800):
        request(story, at, src, "common/GetCredentialType", person, firm.agent[person])
        request(story, at + 2, src, "common/login", person, firm.agent[person])


@attack
def script_under_several_proxy_accounts(story: Story) -> None:
    """A program asks for a list, a part of it under each of some proxy accounts."""
    firm, rng = company(story, size=60), story.rng
    src, client = firm.free(rng)[0], USER_AGENTS[rng.choice(("axios", "python"))]
    story.attackers = {src}
    morning(story, firm, src, named=True)
    accounts = pick(rng, firm.people, 5)
    for number, at in enumerate(paced(rng, rng.randrange(50, 90), rng.uniform(8, 15) * HOUR, 1800)):
        request(story, at, src, "common/GetCredentialType", accounts[number % 5], client)
