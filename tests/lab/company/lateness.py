"""How late each service shows its records, in seconds, capped so that a story ends inside the run."""

from __future__ import annotations

from random import Random

LATEST_AUDIT = 2.75 * 3600
LATEST_SIGN_IN = 35 * 60
LATEST_ENDPOINT = 10 * 60


def audit(rng: Random) -> float:
    """Management Activity: minutes as a rule, one or two hours for some ("typically 60 to 90 minutes", no promise)."""
    if rng.random() < 0.08:
        return rng.uniform(3600, LATEST_AUDIT)
    return min(60 + rng.lognormvariate(6.6, 0.7), 3600)


def sign_in(rng: Random) -> float:
    """Graph sign-ins: two to five minutes as a rule, more than ten for steps with a second factor."""
    return min(75 + rng.lognormvariate(4.6, 0.7), LATEST_SIGN_IN)


def endpoint(rng: Random) -> float:
    """Windows events through a forwarder: seconds."""
    return min(rng.lognormvariate(1.5, 1.0), LATEST_ENDPOINT)
