"""All families, the seeds they are drawn from, and the rule sets of others that look for the same technique."""

from __future__ import annotations

from collections.abc import Sequence

from lab.families import crowds, enumeration, evasion, everyday, imitation, machines, mail, proxy, quiet_reading
from lab.families.story import Family
from lab.families.trial import Baseline, baselines
from lab.scenarios.loader import chosen_seeds

SEEDS = chosen_seeds("MAIL_THREATS_FAMILY_SEEDS", "0-2")
# Importing these adds their families.
ALL_OF = (enumeration, everyday, evasion, crowds, machines, imitation, proxy, mail, quiet_reading)
FAMILIES: Sequence[Family] = (*enumeration.FAMILIES.all, *mail.FAMILIES.all)
OTHERS: dict[str, list[Baseline]] = {
    enumeration.FAMILIES.technique: baselines(),
    mail.FAMILIES.technique: baselines("mail_baselines.yml"),
}
