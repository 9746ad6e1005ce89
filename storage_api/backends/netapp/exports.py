"""Export policies and their rules. All these calls are synchronous in ONTAP."""

import time
from contextlib import AbstractContextManager
from urllib.parse import quote

from storage_api.backends.netapp import mapping_exports as mapping
from storage_api.backends.netapp.base import NetappBase
from storage_api.backends.netapp.client import Json
from storage_api.backends.netapp.refusals import AMBIGUOUS, amended, code_of
from storage_api.backends.volumes import ExportStore
from storage_api.domain.errors import AlreadyExists, Conflict, NotFound
from storage_api.domain.models import ExportPolicy
from storage_api.transport.context import seconds_left
from storage_api.transport.gate import NeverSent

_POLICIES = "protocols/nfs/export-policies"
_IN_USE = frozenset({"1703945", "1703946"})
_RULE_EXISTS = frozenset({"1", "1704070", "1704071", "1704050"})
_ATTEMPTS = 3
#: Seconds; ONTAP may hold a policy for a while after the last volume has left it.
_PAUSES = (0.5, 1.5, 4.0)
_MOST_NAMES = 5


class Exports(NetappBase, ExportStore):
    def list_policies(self) -> list[ExportPolicy]:
        """One call for all policies, and one more for each of 500 rules or more."""
        rows = self._policies()
        if not rows:
            self._check_svm()
        return [self._record(row) for row in rows]

    def get_policy(self, name: str) -> ExportPolicy:
        return self._record(self._policy(name))

    def create_policy(self, name: str, rules: list[str]) -> ExportPolicy:
        """The policy comes with all its rules in one call, so none is ever half made.

        ONTAP keeps no mark on a policy. One that was not there just before, and is there with
        just these rules after the answer was lost, counts as ours.
        """
        wanted = list(dict.fromkeys(rules))
        with self._changing_policy(name):
            if self._find_policy(name) is not None:
                raise AlreadyExists(f"The export policy {name!r} already exists.")
            self._make_policy(name, wanted)
            return self._told(f"The policy {name!r} is made.", lambda: self.get_policy(name))

    def delete_policy(self, name: str) -> None:
        """Delete a policy that no volume uses.

        ONTAP may refuse this for some seconds after the last volume took another policy; while
        no volume is found that uses it, up to three more attempts are made.
        """
        with self._changing_policy(name):
            row = self._policy(name)
            for pause in _PAUSES:
                try:
                    return self._delete_policy(row)
                except Conflict as refusal:
                    if code_of(refusal) not in _IN_USE or seconds_left(pause) < pause:
                        raise
                    self._refuse_if_used(name)
                time.sleep(pause)
            return self._delete_policy(row)

    def ensure_rule(self, policy: str, rule: str) -> ExportPolicy:
        """Append ``rule`` unless the policy has it; a lost answer is looked up, then repeated."""
        with self._changing_policy(policy):
            row = self._policy(policy)
            found = self._record(row)
            if rule in found.rules:
                return found
            self._append(policy, row, rule)
            return self._told("The policy has the rule.", lambda: self.get_policy(policy))

    def remove_rule(self, policy: str, rule: str) -> None:
        """Remove ``rule``; where it shares a rule of ONTAP's with other clients, these stay.

        A rule is deleted by its index, which may be another rule's by the time of a second
        attempt. So the policy is read anew before each one.
        """
        with self._changing_policy(policy):
            for attempt in range(1, _ATTEMPTS + 1):
                row = self._policy(policy)
                places = mapping.places_of(rule, self._rules(row))
                try:
                    return self._remove_rules(row, rule, places)
                except NotFound:
                    continue
                except AMBIGUOUS as error:
                    if code_of(error) is not None or attempt == _ATTEMPTS:
                        raise
        raise Conflict(f"The rules of the export policy {policy!r} change too fast.")

    # Policies, as ONTAP shows them

    def _policies(self, **query: str) -> list[Json]:
        return self._ontap.records(_POLICIES, {**self._svm(), "fields": mapping.FIELDS, **query})

    def _find_policy(self, name: str) -> Json | None:
        """ONTAP would take ``..`` in a query for a range, so such a name is looked for here."""
        rows = self._policies() if ".." in name else self._policies(name=name)
        return next((row for row in rows if row.get("name") == name), None)

    def _policy(self, name: str) -> Json:
        found = self._find_policy(name)
        if found is None:
            self._check_svm()
            raise NotFound(f"There is no export policy {name!r}.")
        return found

    def _record(self, row: Json) -> ExportPolicy:
        return mapping.policy_record(row, self._rules(row))

    def _rules(self, row: Json) -> list[Json]:
        shown = mapping.shown_rules(row)
        if shown is not None:
            return shown
        return self._ontap.records(f"{_path(row)}/rules", {"fields": mapping.RULE_FIELDS})

    # Changes

    def _changing_policy(self, name: str) -> AbstractContextManager[None]:
        options = self._options
        return self._replicas.exclusive("netapp-policy", options.address, options.vserver, name)

    def _make_policy(self, name: str, rules: list[str]) -> None:
        body = mapping.policy_body(name, self._options.vserver, rules)
        try:
            self._ontap.create(_POLICIES, body)
        except AMBIGUOUS as error:
            if code_of(error) is not None or isinstance(error, NeverSent):
                raise
            unknown = amended(error, f"The policy {name!r} may exist; look before a repeat.")
            made = self._after(unknown, lambda: self._find_policy(name))
            if made is None or self._record(made).rules != rules:
                raise unknown from error

    def _append(self, name: str, row: Json, rule: str) -> None:
        """Without an index a new rule goes to the end, whoever else is adding one."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._ontap.create(f"{_path(row)}/rules", mapping.rule_body(rule))
            except (AlreadyExists, Conflict) as refusal:
                if code_of(refusal) not in _RULE_EXISTS:
                    raise
            except AMBIGUOUS as error:
                if code_of(error) is not None:
                    raise
                if rule in self._after(error, lambda: self.get_policy(name)).rules:
                    return
                if attempt == _ATTEMPTS:
                    raise
                continue
            return

    def _remove_rules(self, row: Json, rule: str, places: list[tuple[int, bool]]) -> None:
        for index, alone in places:
            path = f"{_path(row)}/rules/{index}"
            place = path if alone else f"{path}/clients/{quote(rule, safe='')}"
            self._ontap.delete(place, repeatable=False)

    def _delete_policy(self, row: Json) -> None:
        """The id is never another policy's, so gone is gone, whoever did it."""
        try:
            self._ontap.delete(_path(row))
        except NotFound:
            return
        except AMBIGUOUS as error:
            if code_of(error) is not None:
                raise
            left = self._after(error, lambda: self._find_policy(row["name"]))
            if left is not None and mapping.policy_id(left) == mapping.policy_id(row):
                raise

    def _refuse_if_used(self, name: str) -> None:
        wanted = {"nas.export_policy.name": name, "fields": "name,nas.export_policy.name"}
        rows = self._ontap.records("storage/volumes", {**self._svm(), **wanted})
        users = mapping.users_of(name, rows)
        if users:
            more = ", …" if len(users) > _MOST_NAMES else ""
            raise Conflict(
                f"The export policy {name!r} is in use by volumes: "
                f"{', '.join(users[:_MOST_NAMES])}{more} ({len(users)} in all)."
            )


def _path(row: Json) -> str:
    return f"{_POLICIES}/{mapping.policy_id(row)}"
