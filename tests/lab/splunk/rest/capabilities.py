"""Capabilities that an endpoint of restmap.conf asks for: names joined with `and`, `or` and parentheses."""

from __future__ import annotations

import re

from lab.splunk.conf.files import ConfError
from lab.splunk.rest.access import Session

_TOKEN = re.compile(r"\s*([()]|[A-Za-z_][\w:.-]*)")


def may(session: Session, expression: str, where: str) -> bool:
    """Whether a session has what an expression asks for. Raises ConfError for a malformed one; `where` names it."""
    tokens = _tokens(expression, where)
    held = _any(session, tokens, where)
    if tokens:
        raise ConfError(f"{where}: {expression!r} goes on behind its end with {tokens[0]!r}.")
    return held


def _tokens(expression: str, where: str) -> list[str]:
    tokens, at = [], 0
    while expression[at:].strip():
        found = _TOKEN.match(expression, at)
        if found is None:
            raise ConfError(f"{where}: {expression!r} is no expression of capabilities.")
        tokens.append(found[1])
        at = found.end()
    return tokens


def _any(session: Session, tokens: list[str], where: str) -> bool:
    held = _all(session, tokens, where)
    while tokens and tokens[0] == "or":
        tokens.pop(0)
        held = _all(session, tokens, where) or held
    return held


def _all(session: Session, tokens: list[str], where: str) -> bool:
    held = _one(session, tokens, where)
    while tokens and tokens[0] == "and":
        tokens.pop(0)
        held = _one(session, tokens, where) and held
    return held


def _one(session: Session, tokens: list[str], where: str) -> bool:
    if not tokens or tokens[0] in ("and", "or", ")"):
        raise ConfError(f"{where}: a capability is missing in the expression.")
    token = tokens.pop(0)
    if token != "(":
        return session.may(token)
    held = _any(session, tokens, where)
    if not tokens or tokens.pop(0) != ")":
        raise ConfError(f"{where}: a closing parenthesis is missing in the expression.")
    return held
