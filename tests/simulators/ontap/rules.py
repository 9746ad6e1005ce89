"""The rules of an export policy, and the clients of a rule."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import replace

from tests.simulators.ontap.body import Body
from tests.simulators.ontap.errors import OntapError, bad_value, missing
from tests.simulators.ontap.export_records import Policy, Rule
from tests.simulators.ontap.fields import Schema, Version
from tests.simulators.ontap.query import is_integer

RULE_LEAVES = (
    "index",
    "clients.match",
    "ro_rule",
    "rw_rule",
    "superuser",
    "anonymous_user",
    "protocols",
)
UNSET_RULE_LEAVES = (
    "allow_device_creation",
    "allow_nfs_tls_only",
    "allow_suid",
    "chown_mode",
    "ntfs_unix_security",
)

SCHEMA = Schema(
    key="index",
    identity=("index", "policy.id", "policy.name", "svm.name", "svm.uuid"),
    leaves=(*RULE_LEAVES, "policy.id", "policy.name", "svm.name", "svm.uuid"),
    unset=UNSET_RULE_LEAVES,
)

_FLAVORS = ("any", "none", "never", "krb5", "krb5i", "krb5p", "ntlm", "sys")
_PROTOCOLS = ("any", "nfs", "nfs3", "nfs4", "cifs", "flexcache")
_HOST = re.compile(r"\.?[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9_-]+)*")
_NETGROUP = re.compile(r"@[^\s,@]+")


def new_rule(body: Body, index: int, version: Version) -> Rule:
    """[D] What is not said: superuser any, protocols any, nobody as anonymous user."""
    matches = _clients(body)
    if not matches:
        raise missing("clients")
    body.integer("index")
    rule = with_flavors(Rule(index, tuple(matches), ("any",), ("any",)), body)
    body.finish(SCHEMA, version)
    return rule


def changed_rule(rule: Rule, body: Body, version: Version) -> Rule:
    matches = _clients(body)
    if matches is not None:
        if not matches:
            raise bad_value("clients", "[]")
        rule = replace(rule, clients=tuple(matches))
    rule = with_flavors(rule, body)
    body.finish(SCHEMA, version)
    return rule


def with_flavors(rule: Rule, body: Body) -> Rule:
    return replace(
        rule,
        ro_rule=_listed(body, "ro_rule", _FLAVORS, rule.ro_rule),
        rw_rule=_listed(body, "rw_rule", _FLAVORS, rule.rw_rule),
        superuser=_listed(body, "superuser", _FLAVORS, rule.superuser),
        protocols=_listed(body, "protocols", _PROTOCOLS, rule.protocols),
        anonymous_user=body.text("anonymous_user") or rule.anonymous_user,
    )


def check_match(match: str) -> str:
    """Addresses, networks, host names, ``.domain`` and ``@netgroup``.

    [I] which of 1704036 to 1704045 means which.
    """
    if match.startswith("@"):
        if not _NETGROUP.fullmatch(match):
            raise OntapError(1704036, f'The netgroup "{match}" is invalid.', target="clients")
        return match
    if "/" in match or ":" in match or re.fullmatch(r"[\d.]+", match):
        try:
            ipaddress.ip_interface(match)
        except ValueError:
            text = f'The address "{match}" is invalid.'
            raise OntapError(1704037, text, target="clients") from None
        return match
    if not _HOST.fullmatch(match):
        raise OntapError(1704040, f'The host name "{match}" is invalid.', target="clients")
    return match


def appended(policy: Policy, rule: Rule) -> Policy:
    """The rules in the order of their indices; an index in use moves its rule and the rest."""
    refuse_twin(policy.rules, rule)
    taken = any(other.index == rule.index for other in policy.rules)
    moved = [
        replace(other, index=other.index + 1) if taken and other.index >= rule.index else other
        for other in policy.rules
    ]
    return replace(policy, rules=tuple(sorted([*moved, rule], key=lambda rule: rule.index)))


def next_index(policy: Policy) -> int:
    """[D] A rule without an index goes to the end."""
    return max((rule.index for rule in policy.rules), default=0) + 1


def refuse_twin(rules: Iterable[Rule], rule: Rule) -> None:
    for other in rules:
        if other.index != rule.index and other.meaning == rule.meaning:
            raise OntapError(1704070, f"Rule {other.index} is identical.", status=409)


def find_rule(policy: Policy, text: str) -> Rule:
    for rule in policy.rules:
        if is_integer(text) and rule.index == int(text):
            return rule
    raise OntapError(4, "entry doesn't exist", target="index")


def swapped(policy: Policy, old: Rule, new: Rule | None) -> Policy:
    """[D] Indices are not renumbered when a rule goes."""
    rest = [rule for rule in policy.rules if rule is not old]
    rules = sorted([*rest, new] if new else rest, key=lambda rule: rule.index)
    return replace(policy, rules=tuple(rules))


def _clients(body: Body) -> list[str] | None:
    matches = body.members("clients", "match")
    if matches is None:
        return None
    if len(set(matches)) < len(matches):
        raise OntapError(1704071, "The request has the same client twice.", target="clients")
    return [check_match(match) for match in matches]


def _listed(
    body: Body, path: str, known: tuple[str, ...], default: tuple[str, ...]
) -> tuple[str, ...]:
    values = body.texts(path)
    if values is None:
        return default
    for value in values:
        if value not in known:
            raise bad_value(path, value)
    return tuple(values)
