"""All families, the seeds they are drawn from, and the rule sets of others that look for the same technique."""

from __future__ import annotations

from collections.abc import Sequence

from lab.families import (
    crowds,
    devices,
    enumeration,
    evasion,
    everyday,
    everyday_mail,
    imitation,
    machines,
    mail,
    mail_stores,
    many_homes,
    one_source,
    others_mailboxes,
    owners,
    packed_and_moved,
    proxy,
    quiet_reading,
    read_over_the_network,
    scattered,
    searched_and_opened,
    sent_on,
    shared_addresses,
    spread_lists,
)
from lab.families.story import Family
from lab.families.trial import Baseline, baselines
from lab.scenarios.loader import chosen_seeds

SEEDS = chosen_seeds("MAIL_THREATS_FAMILY_SEEDS", "0")
# Importing these adds their families.
ALL_OF = (
    one_source,
    spread_lists,
    shared_addresses,
    devices,
    many_homes,
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
    others_mailboxes,
    mail_stores,
    packed_and_moved,
    searched_and_opened,
    everyday_mail,
)
FAMILIES: Sequence[Family] = (*enumeration.FAMILIES.all, *mail.FAMILIES.all)
OTHERS: dict[str, list[Baseline]] = {
    enumeration.FAMILIES.technique: baselines(),
    mail.FAMILIES.technique: baselines("mail_baselines.yml"),
}
