"""Keeps a bucket policy from locking out the bucket's own owner. Pure functions.

S3 lets a policy deny everything to everybody, the owner included, who can then
neither read nor remove it; only an administrator of the object store can. So a Deny
that may reach the owner must not reach the actions on the policy itself. Where a
statement is hard to judge it counts as reaching him.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from storage_api.domain.errors import BackendMisbehaved, Invalid
from storage_api.domain.models import Policy

_MOST_BYTES = 20 * 1024
_PROTECTED = ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy")
_ONE_USER = re.compile(r"arn:aws:iam::(?P<tenant>[^:*?]*):user/(?P<name>[^*?:/]+)")


def policy_text(policy: Policy, *, tenant: str, owner: str) -> str:
    """The policy as S3 takes it.

    Raises:
        Invalid: it is too long, no policy, or would lock out ``owner``.
    """
    try:
        text = json.dumps(policy, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        raise Invalid("The policy is no JSON object.") from None
    if size > _MOST_BYTES:
        raise Invalid(f"The policy is longer than {_MOST_BYTES} bytes.")
    for statement in _statements(policy):
        if _locks_out(statement, tenant, owner):
            raise Invalid(
                "A Deny statement of this policy could keep the bucket's owner from reading or "
                "changing the policy itself. Name the principals or the actions that are meant."
            )
    return text


def policy_record(text: str) -> Policy:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BackendMisbehaved("The object store holds a policy that is no JSON.") from error
    if not isinstance(found, dict):
        raise BackendMisbehaved("The object store holds a policy that is no JSON object.")
    return found


def _statements(policy: Policy) -> list[Mapping[str, Any]]:
    found = policy.get("Statement")
    statements = [found] if isinstance(found, Mapping) else found
    if (
        not isinstance(statements, list)
        or not statements
        or not all(isinstance(statement, Mapping) for statement in statements)
    ):
        raise Invalid("A policy is a JSON object with at least one Statement.")
    return statements


def _locks_out(statement: Mapping[str, Any], tenant: str, owner: str) -> bool:
    return (
        statement.get("Effect") != "Allow"
        and _may_reach(statement, tenant, owner)
        and _touches_policy(statement)
    )


def _may_reach(statement: Mapping[str, Any], tenant: str, owner: str) -> bool:
    """Only principals that each name one other user are sure not to be the owner."""
    principal = statement.get("Principal")
    if "NotPrincipal" in statement or not isinstance(principal, Mapping) or not principal:
        return True
    return not all(
        kind == "AWS" and all(_is_other(name, tenant, owner) for name in _texts(names))
        for kind, names in principal.items()
    )


def _is_other(principal: str, tenant: str, owner: str) -> bool:
    match = _ONE_USER.fullmatch(principal)
    # An ARN without a tenant may be read as the bucket's own one.
    return match is not None and not (match["name"] == owner and match["tenant"] in {"", tenant})


def _touches_policy(statement: Mapping[str, Any]) -> bool:
    if "NotAction" in statement or "Action" not in statement:
        spared = _texts(statement.get("NotAction"))
        return not all(_matches(spared, action) for action in _PROTECTED)
    denied = _texts(statement["Action"])
    return not all(denied) or not denied or any(_matches(denied, action) for action in _PROTECTED)


def _matches(patterns: list[str], action: str) -> bool:
    return any(_glob(pattern.lower(), action) for pattern in patterns)


def _glob(pattern: str, text: str) -> bool:
    """Whether ``*`` and ``?`` make ``pattern`` fit; one pass, as a regular expression would not."""
    at = place = 0
    star, resume = -1, 0
    while place < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, place
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", text[place]}:
            at += 1
            place += 1
        elif star >= 0:
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")


def _texts(value: Any) -> list[str]:
    """One text or a list of them; anything else gives ``""``, which fits nothing."""
    values = value if isinstance(value, list) else [value]
    return [item if isinstance(item, str) else "" for item in values]
