"""A simulated company: Company(seed=..., end=...).build() gives its records, endpoint events, allowlist and truth."""

from lab.company.company import Company
from lab.company.judgement import Judgement, Verdict, judge
from lab.company.world import EndpointEvent, Record, Truth, World

__all__ = ["Company", "EndpointEvent", "Judgement", "Record", "Truth", "Verdict", "World", "judge"]
