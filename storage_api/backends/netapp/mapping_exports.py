"""ONTAP's export policies as ours, and ours as ONTAP's. Pure functions.

A rule of ONTAP has an index, which orders the rules, and one or more client matches; a
rule of ours is one client match.
"""

from typing import Any

from storage_api.backends.netapp.mapping import Row, checked
from storage_api.domain.models import ExportPolicy

#: What is asked of a policy. Whether rules were left out is told by releases from 9.19 on only.
FIELDS = "name,id,rules.index,rules.clients.match,are_rules_truncated"
#: What is asked of a rule.
RULE_FIELDS = "index,clients.match"

#: ONTAP shows this many rules of a policy in the policy itself, and drops the rest.
_MOST_RULES_SHOWN = 500


def rule_body(match: str) -> Row:
    """A rule for one client: read and write, root included, by AUTH_SYS over NFS.

    Every flavour is stated: left out, ONTAP's REST takes ``any`` for superuser and protocol,
    which is not what the same rule meant when it was made by ZAPI.
    """
    return {
        "clients": [{"match": match}],
        "ro_rule": ["sys"],
        "rw_rule": ["sys"],
        "superuser": ["sys"],
        "anonymous_user": "0",
        "protocols": ["nfs"],
    }


def policy_body(name: str, vserver: str, rules: list[str]) -> Row:
    """A policy with its rules, each taken once: ONTAP refuses doubles within a request."""
    return {
        "name": name,
        "svm": {"name": vserver},
        "rules": [rule_body(rule) for rule in dict.fromkeys(rules)],
    }


@checked
def policy_record(policy: Row, rules: list[Row]) -> ExportPolicy:
    """Client matches in the order in which they apply; one that stands in two rules shows once."""
    matches = [match for rule in sorted(rules, key=_index) for match in matches_of(rule)]
    return ExportPolicy(name=policy["name"], rules=list(dict.fromkeys(matches)))


@checked
def policy_id(policy: Row) -> int:
    """Beyond what a floating point number can hold."""
    return int(policy["id"])


@checked
def shown_rules(policy: Row) -> list[Row] | None:
    """The rules that came with the policy; ``None`` if these may not be all."""
    rules: list[Row] = policy.get("rules") or []
    if policy.get("are_rules_truncated") or len(rules) >= _MOST_RULES_SHOWN:
        return None
    return rules


def matches_of(rule: Row) -> list[str]:
    clients: list[dict[str, Any]] = rule.get("clients") or []
    return [client["match"] for client in clients]


@checked
def places_of(match: str, rules: list[Row]) -> list[tuple[int, bool]]:
    """Where the client match stands: each rule's index, and whether it stands there alone.

    The last one comes first, so that removing it moves none of the others.
    """
    holding = [rule for rule in rules if match in matches_of(rule)]
    return [
        (_index(rule), len(matches_of(rule)) == 1)
        for rule in sorted(holding, key=_index, reverse=True)
    ]


@checked
def users_of(policy: str, volumes: list[Row]) -> list[str]:
    """The names of those volumes that really use it: ONTAP reads some names as patterns."""
    using = (row for row in volumes if row["nas"]["export_policy"]["name"] == policy)
    return sorted(row["name"] for row in using)


def _index(rule: Row) -> int:
    index: int = rule["index"]
    return index
