"""The key that signs access tokens, and what is read back from them."""

from __future__ import annotations

from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """One RSA key for the whole test process; making one takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, signing_key(), algorithm="RS256", headers={"kid": "lab"})


class TokenInvalid(Exception):
    """A bearer token that an API must refuse. reason is "missing", "malformed", "audience" or "expired"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def verify(authorization: str | None, audience: str, now: float) -> dict[str, Any]:
    """Claims of a bearer token issued for an audience and not expired at `now` (epoch seconds).

    Raises: TokenInvalid.
    """
    if not authorization:
        raise TokenInvalid("missing")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenInvalid("malformed")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            signing_key().public_key(),
            algorithms=["RS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError as error:
        raise TokenInvalid("malformed") from error
    if claims["aud"] != audience:
        raise TokenInvalid("audience")
    if now >= claims["exp"]:
        raise TokenInvalid("expired")
    return claims
