"""All families, the seeds they are drawn from, and the rule sets of others that look for the same technique."""

from __future__ import annotations

from collections.abc import Sequence

from lab.families import (
    crowds,
    enumeration,
    evasion,
    everyday,
    everyday_mail,
    imitation,
    machines,
    mail,
    mail_files,
    mail_stores,
    owners,
    proxy,
    quiet_reading,
    read_over_the_network,
    scattered,
    searched_and_opened,
    sent_on,
)
from lab.families.story import Family
from lab.families.trial import Baseline, baselines
from lab.scenarios.loader import chosen_seeds

SEEDS = chosen_seeds("MAIL_THREATS_FAMILY_SEEDS", "0-2")
# Importing these adds their families.
ALL_OF = (
    enumeration,
    everyday,
    evasion,
    crowds,
    machines,
    imitation,
    owners,
    proxy,
    sent_on,
    read_over_the_network,
    scattered,
    quiet_reading,
    mail_stores,
    mail_files,
    searched_and_opened,
    everyday_mail,
)
FAMILIES: Sequence[Family] = (*enumeration.FAMILIES.all, *mail.FAMILIES.all)
OTHERS: dict[str, list[Baseline]] = {
    enumeration.FAMILIES.technique: baselines(),
    mail.FAMILIES.technique: baselines("mail_baselines.yml"),
}
