"""What distinguishes one input from another. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from mail_threats.splunkio.scheme import Scheme

if TYPE_CHECKING:
    from mail_threats.feeds.collection import Source
    from mail_threats.inputs.parts import Parts


@dataclass(frozen=True)
class Definition:
    """An input.

    `check` raises ConfigError for parameters (and a `now`) that cannot work. `default_age_s`: how far back the first
    run goes when the stanza names no start time. `sources` puts the streams together. `filters`: each filter that the
    input has, and the paths in a record to what it compares.
    """

    scheme: Scheme
    sourcetype: str
    check: Callable[[Mapping[str, str], float], None]
    default_age_s: float
    sources: Callable[[Parts, Mapping[str, str]], list[Source]]
    filters: Mapping[str, tuple[tuple[str, ...], ...]]
