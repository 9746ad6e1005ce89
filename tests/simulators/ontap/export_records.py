"""Export policies and their rules, as the filer knows them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.simulators.ontap.records import API, Ref
from tests.simulators.ontap.rows import Document, Row, nested


@dataclass(frozen=True)
class Rule:
    index: int
    clients: tuple[str, ...]
    ro_rule: tuple[str, ...]
    rw_rule: tuple[str, ...]
    superuser: tuple[str, ...] = ("any",)
    protocols: tuple[str, ...] = ("any",)
    anonymous_user: str = "none"

    @property
    def meaning(self) -> tuple[Any, ...]:
        """All but its place: two rules must not have the same."""
        return (
            frozenset(self.clients),
            self.ro_rule,
            self.rw_rule,
            self.superuser,
            self.protocols,
            self.anonymous_user,
        )

    def document(self) -> Document:
        return {
            "index": self.index,
            "clients": [{"match": match} for match in self.clients],
            "ro_rule": list(self.ro_rule),
            "rw_rule": list(self.rw_rule),
            "superuser": list(self.superuser),
            "protocols": list(self.protocols),
            "anonymous_user": self.anonymous_user,
        }


#: [D] More rules than these are left out of a policy's record.
SHOWN_RULES = 500


@dataclass(frozen=True)
class Policy(Row):
    id: int
    name: str
    svm: Ref
    position: int
    rules: tuple[Rule, ...] = ()

    @property
    def href(self) -> str:
        return f"{API}/protocols/nfs/export-policies/{self.id}"

    @cached_property
    def document(self) -> Document:
        return nested(
            [
                ("id", self.id),
                ("name", self.name),
                ("svm", self.svm.document()),
                ("rules", [rule.document() for rule in self.rules[:SHOWN_RULES]]),
                ("are_rules_truncated", len(self.rules) > SHOWN_RULES),
            ]
        )
