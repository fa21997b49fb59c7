"""Families of T1114.002: who reads shared mailboxes, and one address in the mail of several people."""

from __future__ import annotations

from typing import Any

from lab.families.mail import HOUR, attack, innocent
from lab.families.quiet_reading import WEB, Routine, guid, spread
from lab.families.story import DAY, Story


class Team(Routine):
    """A firm four of whose people read a shared mailbox every day, in the session of their own mail."""

    def __init__(self, story: Story) -> None:
        super().__init__(story, days=story.rng.randrange(8, 11))
        self.shared = f"accounts@{self.domain}"
        self.team = self.people[:4]
        for day in range(self.days):
            for person in self.team:
                for number in range(3):
                    at = day * DAY + (8.5 + 3 * number) * HOUR + story.rng.uniform(0, 1800)
                    self.reads_shared(story, at, person, story.rng.randrange(1, 9))

    def reads_shared(self, story: Story, at: float, person: str, items: int, **facts: Any) -> None:
        given = {"src": self.office, "client": WEB, "session_id": self.session[person], **facts}
        self.reads(story, at, self.shared, items, actor=person, **given)


@attack
def shared_mailbox_is_read_behind_its_reader(story: Story) -> None:
    """With the session of one of a team, caught by a phishing proxy, the team's mailbox is read from one or two unknown
    lines, while its owner works in the office.
    """
    firm, rng = Team(story), story.rng
    victim, caught = firm.people[0], guid(story)
    firm.works(story, victim, firm.days)
    places = [firm.elsewhere(story) for _ in range(rng.randrange(1, 3))]
    for number, (at, items) in enumerate(spread(story, firm.today + 6 * HOUR, 14, (3, 8))):
        facts = {"src": places[number % len(places)], "session_id": caught}
        firm.reads_shared(story, at, victim, items, **facts)
    story.attackers.update({victim, firm.shared, *places})


@attack
def one_address_reads_several_people_by_night(story: Story) -> None:
    """From one address, signed in anew each time, the mail of two to four people is read a little in one night."""
    firm, rng = Routine(story, days=8), story.rng
    night = firm.today + rng.uniform(1, 2) * HOUR
    victims = rng.sample(firm.people, rng.randrange(2, 5))
    for number, victim in enumerate(victims):
        session = guid(story)
        for turn in range(5):
            at = night + number * 900 + turn * 150
            items = rng.randrange(6, 12)
            firm.reads(story, at, victim, items, src=firm.outside, client=WEB, session_id=session)
    story.attackers.update({*victims, firm.outside})


@innocent
def team_on_a_journey(story: Story) -> None:
    """Two of a team read their own and the team's mail in one hotel in the browsers they always use; a third begins to
    work at home and signs in anew; the fourth carries a hundred and fifty old mails over at their desk.
    """
    firm, rng = Team(story), story.rng
    hotel, line = firm.elsewhere(story), firm.elsewhere(story)
    for person in firm.team[:2]:
        for at, items in spread(story, firm.today + 17 * HOUR, 6, (6, 18)):
            firm.reads_shared(story, at, person, items, src=hotel)
            firm.reads_with_browser(story, at + 60, person, rng.randrange(2, 9), hotel)
    firm.session[firm.team[2]] = guid(story)
    for at, items in spread(story, firm.today + 8 * HOUR, 8, (4, 12)):
        firm.reads_shared(story, at, firm.team[2], items, src=line)
        firm.reads_with_browser(story, at + 60, firm.team[2], rng.randrange(2, 9), line)
    for turn in range(10):
        firm.reads_shared(story, firm.today + 10 * HOUR + turn * 60, firm.team[3], 15)
