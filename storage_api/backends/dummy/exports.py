"""Export policies."""

from collections.abc import Callable
from dataclasses import replace

from storage_api.backends.dummy.family import Family, require, some
from storage_api.backends.dummy.kinds import EXPORT_POLICY, VOLUMES_BY_POLICY
from storage_api.backends.volumes import ExportStore
from storage_api.domain.errors import AlreadyExists, Conflict
from storage_api.domain.models import ExportPolicy, Ref

_MOST_NAMES = 5


class DummyExports(Family, ExportStore):
    def list_policies(self) -> list[ExportPolicy]:
        return self._store.all(EXPORT_POLICY)

    def get_policy(self, name: str) -> ExportPolicy:
        with self._store.view() as view:
            return require(view, EXPORT_POLICY, Ref(None, name))

    def create_policy(self, name: str, rules: list[str]) -> ExportPolicy:
        policy = ExportPolicy(name=name, rules=list(dict.fromkeys(rules)))
        with self._store.transaction() as tx:
            if tx.has(EXPORT_POLICY, Ref(None, name)):
                raise AlreadyExists(f"The export policy {name!r} already exists.")
            tx.put(EXPORT_POLICY, Ref(None, name), policy)
        return policy

    def delete_policy(self, name: str) -> None:
        with self._store.transaction() as tx:
            require(tx, EXPORT_POLICY, Ref(None, name))
            users = [volume.name for volume in tx.find(VOLUMES_BY_POLICY, name)]
            if users:
                raise Conflict(
                    f"The export policy {name!r} is in use by volumes: {some(users, _MOST_NAMES)}."
                )
            tx.delete(EXPORT_POLICY, Ref(None, name))

    def ensure_rule(self, policy: str, rule: str) -> ExportPolicy:
        return self._change_rules(policy, lambda rules: list(dict.fromkeys([*rules, rule])))

    def remove_rule(self, policy: str, rule: str) -> None:
        self._change_rules(policy, lambda rules: [found for found in rules if found != rule])

    def _change_rules(self, name: str, change: Callable[[list[str]], list[str]]) -> ExportPolicy:
        with self._store.transaction() as tx:
            former = require(tx, EXPORT_POLICY, Ref(None, name))
            policy = replace(former, rules=change(former.rules))
            if policy != former:
                tx.put(EXPORT_POLICY, Ref(None, name), policy)
        return policy
