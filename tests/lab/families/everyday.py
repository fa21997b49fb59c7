"""Innocent families of T1589.002: what real companies do that fails in numbers."""

from __future__ import annotations

from lab.company.records.catalogue import USER_AGENTS
from lab.families import names
from lab.families.company import APPS, Company, agent, company, ordinary_day, paced, work
from lab.families.enumeration import HOUR, innocent
from lab.families.story import DAY, Story, pick

OLD_CLIENTS = ("BAV2ROPC", "", "python-imaplib", "CBAInPROD")


def tries(
    story: Story,
    person: str,
    src: str,
    at: float,
    codes: tuple[int, ...],
    most: int,
    client: str,
    app: str = "OfficeHome",
) -> float:
    """Somebody tries up to `most` times; returns when the last attempt was."""
    rng = story.rng
    for _ in range(rng.randrange(1, most + 1)):
        story.sign_in(at, person, src, rng.choice(codes), app=app, agent=client)
        at += rng.uniform(6, 150)
    return at


def in_the_end(story: Story, person: str, src: str, at: float, client: str, share: float) -> None:
    if story.rng.random() < share:
        story.sign_in(at, person, src, 0, app="OfficeHome", agent=client)


# --- one address, many people


@innocent
def password_expiry_behind_the_vpn(story: Story) -> None:
    """Monday: most of two hundred people come through the VPN with an expired password; some mistype their names."""
    firm, rng = company(story, size=200), story.rng
    for person in firm.people:
        at, client = 7.5 * HOUR + rng.expovariate(1 / 2400), firm.agent[person]
        if rng.random() < 0.05:
            at = tries(story, names.slip(rng, person), firm.offices[1], at, (50034,), 2, client)
        at = tries(story, person, firm.offices[1], at, (50126, 50126, 50055), 3, client)
        in_the_end(story, person, firm.offices[1], at, client, 0.75)


@innocent
def new_vpn_address(story: Story) -> None:
    """The VPN leaves through an address that nobody has seen before."""
    firm, rng = company(story, size=110), story.rng
    src = firm.free(rng)[0]
    for person in firm.people:
        at = 8 * HOUR + rng.expovariate(1 / 3000)
        if rng.random() < 0.12:
            story.sign_in(at, names.slip(rng, person), src, 50034, app="OfficeHome", agent=firm.agent[person])
        work(story, firm, person, src, at + 40, slips=rng.choice((0, 0, 0, 1, 2)))


@innocent
def shared_kiosk(story: Story) -> None:
    """One kiosk with one browser; forty people of a shift type their names into it."""
    firm, rng = company(story, size=60), story.rng
    src, client = firm.free(rng)[0], USER_AGENTS["edge_windows"]
    for shift in (6, 14):
        for person in pick(rng, firm.people, 40):
            at = shift * HOUR + rng.uniform(0, 2400)
            if rng.random() < 0.2:
                story.sign_in(at, names.slip(rng, person), src, 50034, app="OfficeHome", agent=client)
            at = tries(story, person, src, at + 20, (50126,), 2, client) if rng.random() < 0.3 else at + 30
            in_the_end(story, person, src, at, client, 0.9)


@innocent
def conference_where_few_get_in(story: Story) -> None:
    """Colleagues at a conference do not know their passwords by heart; half of them give up."""
    firm, rng = company(story, size=70), story.rng
    src = firm.free(rng)[0]
    for person in pick(rng, firm.people, rng.randrange(18, 30)):
        at, client = 9 * HOUR + rng.uniform(0, 2 * HOUR), firm.agent[person]
        if rng.random() < 0.2:
            story.sign_in(at, names.slip(rng, person), src, 50034, app="OfficeHome", agent=client)
        at = tries(story, person, src, at + 15, (50126,), 4, client)
        in_the_end(story, person, src, at, client, 0.5)


@innocent
def phones_with_stale_passwords_behind_one_nat(story: Story) -> None:
    """Mail clients with old passwords behind one address of a campus, each at a pace of its own."""
    firm, rng = company(story), story.rng
    src, client = rng.choice([firm.offices[0], firm.free(rng)[0]]), rng.choice(OLD_CLIENTS)
    for person in pick(rng, firm.people, rng.randrange(12, 25)):
        at, every = 6 * HOUR + rng.uniform(0, 1800), rng.uniform(300, 1800)
        while at < 18 * HOUR:
            code = rng.choice((50126, 50126, 50126, 50053))
            story.sign_in(at, person, src, code, app="Office 365 Exchange Online", client_app="IMAP4", agent=client)
            at += every * rng.uniform(0.8, 1.2)


@innocent
def federation_proxy_is_restarted(story: Story) -> None:
    """Everybody signs in through the company's own proxy, which fails for twenty minutes."""
    firm, rng = company(story, size=80), story.rng
    src = firm.offices[0]
    for person in firm.people:
        at, client = 9 * HOUR + rng.uniform(0, 1200), firm.agent[person]
        at = tries(story, person, src, at, (50126, 50126, 50144), 5, client)
        in_the_end(story, person, src, at + 1200, client, 0.8)


@innocent
def service_desk_tries_accounts(story: Story) -> None:
    """A technician tries the accounts of those who called, from the desk's own address."""
    firm, rng = company(story, size=60), story.rng
    src, client = rng.choice((firm.offices[1], firm.free(rng)[0])), agent(rng)
    for person in pick(rng, firm.people, 4):
        work(story, firm, person, src, 8 * HOUR + rng.uniform(0, HOUR), slips=0)
    for person in pick(rng, firm.people, rng.randrange(10, 16)):
        at = 9 * HOUR + rng.uniform(0, 5 * HOUR)
        at = tries(story, person, src, at, (50126, 50055, 50057, 50053), 3, client)
        in_the_end(story, person, src, at + 120, client, 0.6)


@innocent
def intake_of_hundreds(story: Story) -> None:
    """Hundreds of students come to a campus; half try before their accounts are there."""
    firm, rng = company(story, size=50), story.rng
    for student in names.people(rng, 130, firm.domain):
        at, client = 8.5 * HOUR + rng.uniform(0, 2 * HOUR), agent(rng)
        if student in firm.people:
            continue
        if rng.random() < 0.5:
            at = tries(story, student, firm.offices[0], at, (50034,), 2, client)
        else:
            at = tries(story, student, firm.offices[0], at, (50126,), 2, client)
        in_the_end(story, student, firm.offices[0], at + rng.uniform(0.5, 4) * HOUR, client, 0.9)


@innocent
def shared_mailboxes_signed_into(story: Story) -> None:
    """People of an office sign in to shared mailboxes directly, whose accounts are disabled or have other passwords."""
    firm, rng = company(story, size=60), story.rng
    for role in pick(rng, names.ROLES, rng.randrange(10, 15)):
        code = rng.choice((50057, 50057, 50126))
        for person in pick(rng, firm.people, rng.randrange(1, 3)):
            at = 9 * HOUR + rng.uniform(0, 1.5 * HOUR)
            tries(story, f"{role}@{firm.domain}", firm.offices[0], at, (code,), 3, firm.agent[person])


@innocent
def portal_for_days(story: Story) -> None:
    """A portal signs twenty-five people a day in from one address; one in ten mistypes."""
    firm, rng = company(story, size=60, days=6), story.rng
    src = firm.free(rng)[0]
    for day in range(6):
        for person in pick(rng, firm.people, 25):
            at = day * DAY + 8 * HOUR + rng.uniform(0, 9 * HOUR)
            if rng.random() < 0.1:
                story.sign_in(at, names.slip(rng, person), src, 50034, app="Microsoft Office", agent="axios")
            if rng.random() < 0.25:
                story.sign_in(at + 20, person, src, 50126, app="Microsoft Office", agent="axios")
            story.sign_in(at + 50, person, src, 0, app="Microsoft Office", agent="axios")


@innocent
def night_shift_on_one_desktop_image(story: Story) -> None:
    """A call centre with one client for all; every password expired this night."""
    firm, rng = company(story, size=45), story.rng
    client = USER_AGENTS["chrome_windows"]
    for person in firm.people:
        firm.agent[person] = client
        at = 22 * HOUR + rng.uniform(0, 1500)
        at = tries(story, person, firm.offices[0], at, (50126, 50055), 2, client)
        in_the_end(story, person, firm.offices[0], at, client, 0.7)


@innocent
def home_line_of_a_family(story: Story) -> None:
    """Two people of the company and their children's school accounts behind one home line, for days."""
    firm, rng = company(story, size=40, days=5), story.rng
    src = firm.home[firm.people[0]]
    for day in range(5):
        for person in firm.people[:2]:
            work(story, firm, person, src, day * DAY + 19 * HOUR + rng.uniform(0, HOUR), slips=rng.choice((0, 1, 2)))
        child = f"{names.listed(rng, 1, firm.domain, 'flast')[0].partition('@')[0]}@school.example.org"
        tries(story, child, src, day * DAY + 18 * HOUR, (50020, 90072), 2, firm.agent[firm.people[0]])


# --- many addresses


@innocent
def link_in_a_newsletter(story: Story) -> None:
    """A link to an application that few use; everybody opens it within the hour, and many do not get in."""
    firm, rng = company(story, size=80), story.rng
    for person in pick(rng, firm.people, 55):
        at, client, src = 10 * HOUR + rng.expovariate(1 / 1200), firm.agent[person], firm.home[person]
        if rng.random() < 0.25:
            at = tries(story, names.slip(rng, person), src, at, (50034,), 1, client, "Office 365 SharePoint Online")
        at = tries(story, person, src, at, (50126,), 2, client, "Office 365 SharePoint Online")
        in_the_end(story, person, src, at, client, 0.6)


@innocent
def password_manager_fills_old_names(story: Story) -> None:
    """A password manager fills in the old form of everybody's name at home; then they type the new one."""
    firm, rng = company(story, size=70), story.rng
    for person in pick(rng, firm.people, 50):
        first, _, last = person.partition("@")[0].partition(".")
        at, client, src = 8 * HOUR + rng.uniform(0, 3 * HOUR), firm.agent[person], firm.home[person]
        at = tries(story, f"{first[0]}{last}@{firm.domain}", src, at, (50034,), 2, client)
        in_the_end(story, person, src, at + 30, client, 0.85)


@innocent
def old_domain_at_home(story: Story) -> None:
    """After a merger people at home and on the road type the old domain."""
    firm, rng = company(story, size=70), story.rng
    old = rng.choice([domain for domain in names.DOMAINS if domain != firm.domain])
    for person in firm.people:
        at, client = 7 * HOUR + rng.uniform(0, 4 * HOUR), firm.agent[person]
        src = firm.home[person] if rng.random() < 0.6 else firm.free(rng)[0]
        at = tries(story, f"{person.partition('@')[0]}@{old}", src, at, (50034,), 3, client)
        in_the_end(story, person, src if rng.random() < 0.7 else firm.free(rng)[0], at, client, 0.8)


@innocent
def second_factor_is_rolled_out(story: Story) -> None:
    """Everybody is asked to register for a second factor, in offices and at home; a third does not do it today."""
    firm, rng = company(story, size=90), story.rng
    for person in firm.people:
        at, client = 8 * HOUR + rng.uniform(0, 2 * HOUR), firm.agent[person]
        src = firm.offices[0] if rng.random() < 0.5 else firm.home[person]
        at = tries(story, person, src, at, (50072, 50079, 50074), 3, client)
        in_the_end(story, person, src, at, client, 0.66)


@innocent
def access_rule_blocks_old_clients(story: Story) -> None:
    """Conditional Access begins to block old clients: mail apps of half the company fail all day, from everywhere."""
    firm, rng = company(story, size=60), story.rng
    client = rng.choice(OLD_CLIENTS)
    for person in pick(rng, firm.people, 35):
        src = firm.offices[0] if rng.random() < 0.4 else firm.home[person]
        for at in paced(rng, rng.randrange(3, 9), 8 * HOUR + rng.uniform(0, HOUR), 8 * HOUR):
            facts = {"app": "Office 365 Exchange Online", "client_app": "Exchange ActiveSync", "agent": client}
            story.sign_in(at, person, src, rng.choice((53003, 53003, 53000)), **facts)


@innocent
def provider_outage(story: Story) -> None:
    """For forty minutes every sign-in fails with one code, wherever it comes from."""
    firm, rng = company(story, size=90), story.rng
    code = rng.choice((50126, 50053, 50144))
    for person in firm.people:
        at, client = 10 * HOUR + rng.uniform(0, 2400), firm.agent[person]
        src = firm.offices[0] if rng.random() < 0.5 else firm.home[person]
        tries(story, person, src, at, (code,), 6, client)
        in_the_end(story, person, src, 10.8 * HOUR + rng.uniform(0, 1800), client, 0.8)


@innocent
def directory_lags(story: Story) -> None:
    """For an hour the directory does not know people who signed in yesterday."""
    firm, rng = company(story, size=80), story.rng
    for person in pick(rng, firm.people, 55):
        at, client = 8 * HOUR + rng.uniform(0, HOUR), firm.agent[person]
        src = firm.offices[1] if rng.random() < 0.5 else firm.home[person]
        tries(story, person, src, at, (50034,), 4, client)
        in_the_end(story, person, src, 9.5 * HOUR + rng.uniform(0, HOUR), client, 0.8)


@innocent
def contractors_leave(story: Story) -> None:
    """The accounts of thirty contractors were disabled; they and their devices try for two days."""
    firm, rng = company(story, size=80, days=2), story.rng
    for person in pick(rng, firm.people, 30):
        for day in range(2):
            at = day * DAY + 8 * HOUR + rng.uniform(0, 3 * HOUR)
            tries(story, person, firm.home[person], at, (50057,), 5, firm.agent[person])


@innocent
def names_typed_on_phones(story: Story) -> None:
    """Names typed on phones, whose network gives them another address every few minutes."""
    firm, rng = company(story, size=80), story.rng
    for person in pick(rng, firm.people, 45):
        at, client = 12 * HOUR + rng.uniform(0, 3 * HOUR), USER_AGENTS["safari_iphone"]
        for _ in range(rng.randrange(1, 3)):
            story.sign_in(at, names.slip(rng, person), firm.free(rng)[0], 50034, app="OfficeHome", agent=client)
            at += rng.uniform(20, 200)
        in_the_end(story, person, firm.free(rng)[0], at, client, 0.6)


@innocent
def scanners_of_many_branches(story: Story) -> None:
    """A scanner in each branch sends with an account of its own whose password has changed."""
    firm, rng = company(story), story.rng
    for number, src in enumerate(firm.free(rng, rng.randrange(22, 40))):
        facts = {"app": "Office 365 Exchange Online", "client_app": "Authenticated SMTP", "agent": ""}
        for at in paced(rng, rng.randrange(4, 12), 7 * HOUR + rng.uniform(0, 2 * HOUR), 8 * HOUR):
            story.sign_in(at, f"scan-{number + 1:02}@{firm.domain}", src, 50126, **facts)


@innocent
def cleanup_of_old_accounts(story: Story) -> None:
    """Old accounts were removed at night; devices at their owners' homes go on, and nobody audits the directory."""
    firm, rng = company(story, days=2), story.rng
    gone = names.listed(rng, rng.randrange(20, 32), firm.domain, "first.last", set(firm.people))
    for name, src in zip(gone, firm.free(rng, len(gone)), strict=True):
        at, every, client = 5 * HOUR + rng.uniform(0, 1800), rng.uniform(600, 2400), agent(rng)
        while at < DAY + 10 * HOUR:
            story.sign_in(at, name, src, 50034, app="Office 365 Exchange Online", agent=client)
            at += every * rng.uniform(0.9, 1.1)


@innocent
def guests_at_home(story: Story) -> None:
    """Invited guests of many companies open a link from wherever they are."""
    firm, rng = company(story, size=60), story.rng
    partners = [domain for domain in names.DOMAINS if domain != firm.domain]
    for src in firm.free(rng, 45):
        guest = names.people(rng, 1, rng.choice(partners))[0]
        tries(
            story, guest, src, 9 * HOUR + rng.uniform(0, HOUR), (50020, 16003, 90072), 2, agent(rng), "Microsoft Teams"
        )


@innocent
def audit_feed_of_a_large_company(story: Story) -> None:
    """Only the audit feed: people everywhere mistype names, which it hides."""
    firm, rng = company(story, size=150, feeds=(["audit"],)), story.rng
    for person in pick(rng, firm.people, 70):
        src = rng.choice((firm.offices[0], firm.home[person], firm.free(rng)[0]))
        at = tries(story, names.slip(rng, person), src, rng.uniform(7, 17) * HOUR, (50034,), 3, firm.agent[person])
        in_the_end(story, person, src, at, firm.agent[person], 0.8)


@innocent
def audit_feed_and_leavers_phones(story: Story) -> None:
    """Only the audit feed: thirty forgotten phones of one make try names that are gone, from ever new addresses."""
    firm, rng = company(story, size=60, feeds=(["audit"],)), story.rng
    for _ in range(rng.randrange(20, 30)):
        lines, at, every = firm.free(rng, 3), 6 * HOUR + rng.uniform(0, 1800), rng.uniform(900, 2700)
        while at < 20 * HOUR:
            facts = {"app": "Office 365 Exchange Online", "agent": USER_AGENTS["safari_iphone"]}
            story.sign_in(at, "gone.phone@" + firm.domain, rng.choice(lines), 50034, **facts)
            at += every * rng.uniform(0.9, 1.1)


@innocent
def audit_feed_and_a_link(story: Story) -> None:
    """Only the audit feed: a link to a rare application, opened within the hour; a third mistypes the name."""
    firm, rng = company(story, size=120, feeds=(["audit"],)), story.rng
    for person in firm.people:
        at, src = 10 * HOUR + rng.expovariate(1 / 1200), firm.home[person]
        if rng.random() < 0.33:
            at = tries(
                story, names.slip(rng, person), src, at, (50034,), 2, firm.agent[person], "Office 365 SharePoint Online"
            )
        if rng.random() < 0.8:
            story.sign_in(at, person, src, 0, app="Office 365 SharePoint Online", agent=firm.agent[person])


@innocent
def week_of_a_company(story: Story) -> None:
    """Nothing but work for a week, in a company whose people often work elsewhere."""
    firm: Company = company(story, size=45, days=5)
    rng = story.rng
    for day in range(5):
        for person in pick(rng, firm.people, 12):
            src, at = firm.free(rng)[0], day * DAY + rng.uniform(7, 22) * HOUR
            slip = rng.random() < 0.4
            if slip:
                story.sign_in(at, names.slip(rng, person), src, 50034, app=rng.choice(APPS), agent=firm.agent[person])
            work(story, firm, person, src, at + 30)
    ordinary_day(story, firm, 5 * DAY)
