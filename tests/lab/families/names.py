"""Names for families: people, lists made of them, slips of the fingers. Everything is drawn; nothing is a constant."""

from __future__ import annotations

from random import Random

_GIVEN = (
    "adele aidan alice amara anita armin arthur astrid barbara ben bettina boris brigitte carl carmen caspar celine "
    "claudia conrad cora damian daria david denis dora edgar eleni ellen emil enno erika eva fabian fritz gabriel "
    "georg greta gunnar hanna heidi helmut henrik holger ilka irene jakob jan jasper johanna josef judith karl "
    "katja klaus konstantin lena leonie lothar lukas lydia magnus manuel marco margit mathias max melanie michael "
    "mira moritz nadine natalie niklas norbert oliver oskar pascal patrick pauline peter philipp ralf regina renate "
    "richard robert roland ruth sabine sandra sebastian silke simon sonja stefan susanne thea theo thomas tim "
    "tobias ulla ulrich ursula valerie vera victor volker walter wendy werner wiebke xaver yvonne zoe"
).split()
_FAMILY = (
    "adams albrecht arnold bach barth baumann beck bergmann binder boehm brand brenner busch carter dietz drexler "
    "ebert eckert eder engel ernst faber falk fiedler fink forster frank franke freund friedrich fritsch funk "
    "gabler geiger gerber glaser gross gruber guenther hagen hahn harris heinrich heller henning herzog hess hirsch "
    "huber jahn jung kaiser karl kessler kirsch klug knapp koenig kolb kraft kuhn kunz lange lechner lenz lindner "
    "lorenz lutz marx mayer merkel metz michel moser nagel naumann oswald paul pfeiffer pohlmann probst raab rau "
    "reich reinhardt riedel ritter rose roth sander schaefer schenk scholz schreiber schubert schuster seidel "
    "singer stark steiner stoll straub thiel ulrich vogt voss weiss wendt werner wild winter witt wolff zeller "
    "ziegler zorn"
).split()
ROLES = (
    "info admin sales support contact office hr jobs marketing billing accounts finance helpdesk webmaster "
    "postmaster security press legal reception ceo cfo it staff team service orders training events procurement"
).split()
DOMAINS = ("contoso.com", "example.com", "fabrikam.example.org", "adatum.example.net")


def people(rng: Random, count: int, domain: str) -> list[str]:
    """Distinct addresses first.last."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[f"{rng.choice(_GIVEN)}.{rng.choice(_FAMILY)}@{domain}"] = None
    return list(found)


def listed(rng: Random, count: int, domain: str, form: str, without: set[str] | None = None) -> list[str]:
    """Distinct names of a generated list in one form: first.last, flast, firstl, first_last, last, first."""
    found: dict[str, None] = {}
    while len(found) < count:
        first, last = rng.choice(_GIVEN), rng.choice(_FAMILY)
        local = {
            "first.last": f"{first}.{last}", "flast": first[0] + last, "firstl": first + last[0],
            "first_last": f"{first}_{last}", "f.last": f"{first[0]}.{last}", "last.first": f"{last}.{first}",
        }[form]  # fmt: skip
        name = f"{local}@{domain}"
        if name not in (without or ()):
            found[name] = None
    return list(found)


FORMS = ("first.last", "flast", "firstl", "first_last", "f.last", "last.first")


def permutations(rng: Random, count: int, domain: str) -> list[str]:
    """A few people, each in several spellings, as permutation tools write them."""
    found: dict[str, None] = {}
    while len(found) < count:
        first, last = rng.choice(_GIVEN), rng.choice(_FAMILY)
        for local in (
            f"{first}.{last}",
            first[0] + last,
            f"{first[0]}.{last}",
            first + last,
            last + first[0],
            first + last[0],
        ):
            found[f"{local}@{domain}"] = None
    return list(found)[:count]


def slip(rng: Random, name: str) -> str:
    """The name with one slip: a letter dropped, doubled, exchanged with its neighbour, or replaced."""
    local, _, domain = name.partition("@")
    place = rng.randrange(1, len(local) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        local = local[:place] + local[place + 1 :]
    elif kind == 1:
        local = local[:place] + local[place] + local[place:]
    elif kind == 2:
        local = local[:place] + local[place + 1] + local[place] + local[place + 2 :]
    else:
        local = local[:place] + rng.choice("abcdefghijklmnopqrstuvwxyz") + local[place + 1 :]
    return f"{local}@{domain}"
