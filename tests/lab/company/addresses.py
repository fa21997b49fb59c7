"""Where people and services sign in from.

All addresses come from the ranges kept for documentation (RFC 5737, RFC 3849), dealt out of one shuffled deck: an
address says nothing about who holds it, so a detection cannot learn attackers by their range.
"""

from __future__ import annotations

import ipaddress
from random import Random

_NETWORKS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")


class AddressDeck:
    """Deals each documentation address once."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._deck = [str(address) for network in _NETWORKS for address in ipaddress.ip_network(network).hosts()]
        rng.shuffle(self._deck)
        self._dealt_v6: set[str] = set()

    def deal(self) -> str:
        """An IPv4 address nobody holds yet."""
        if not self._deck:
            raise ValueError("all documentation addresses are dealt: fewer people or fewer stories are needed")
        return self._deck.pop()

    def deal_v6(self) -> str:
        """An IPv6 address nobody holds yet, in its short form."""
        while True:
            address = str(ipaddress.ip_address(int(ipaddress.ip_address("2001:db8::")) + self._rng.getrandbits(96)))
            if address not in self._dealt_v6:
                self._dealt_v6.add(address)
                return address

    def deal_any(self) -> str:
        """An address of either family, one in six IPv6, as consumer lines are."""
        return self.deal_v6() if self._rng.random() < 1 / 6 else self.deal()
