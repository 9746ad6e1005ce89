"""``/v3/<e>/export``: as CERN's storage-api v3 published it."""

from http import HTTPStatus

from storage_api.api.bodies import Body
from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource
from storage_api.backends.volumes import ExportStore
from storage_api.domain import names
from storage_api.domain.models import ExportPolicy
from storage_api.domain.requests import PolicyPost
from storage_api.security.roles import Role

_NO_POLICY = {HTTPStatus.NOT_FOUND: "There is no such export policy."}


class PolicyList(BackendResource):
    v3 = True
    backend: ExportStore

    @operation("list_export_policies", Role.ADMIN, returns=list[ExportPolicy])
    def get(self) -> list[ExportPolicy]:
        """List all export policies with their rules"""
        return self.backend.list_policies()


class PolicyItem(BackendResource):
    v3 = True
    backend: ExportStore

    @operation("get_export_policy", Role.ADMIN, returns=ExportPolicy, errors=_NO_POLICY)
    def get(self, policy: str) -> ExportPolicy:
        """Get one export policy"""
        return self.backend.get_policy(policy)

    @operation(
        "create_export_policy",
        Role.ADMIN,
        returns=ExportPolicy,
        status=HTTPStatus.CREATED,
        body=Body(PolicyPost, ExportPolicy, lenient=True),
        errors={HTTPStatus.BAD_REQUEST: "The policy exists already, or a rule is malformed."},
    )
    def post(self, policy: str, body: PolicyPost) -> ExportPolicy:
        """Create an export policy"""
        rules = [names.RULE.check(rule) for rule in body.get("rules", [])]
        return self.backend.create_policy(policy, rules)

    @operation(
        "delete_export_policy",
        Role.ADMIN,
        status=HTTPStatus.NO_CONTENT,
        errors=_NO_POLICY | {HTTPStatus.CONFLICT: "A volume uses the policy."},
    )
    def delete(self, policy: str) -> None:
        """Delete an export policy"""
        self.backend.delete_policy(policy)


class RuleItem(BackendResource):
    v3 = True
    backend: ExportStore

    @operation(
        "ensure_export_rule",
        Role.ADMIN,
        returns=ExportPolicy,
        status=HTTPStatus.CREATED,
        errors=_NO_POLICY,
    )
    def put(self, policy: str, rule: str) -> ExportPolicy:
        """Add a rule to a policy unless it is there"""
        return self.backend.ensure_rule(policy, rule)

    @operation("remove_export_rule", Role.ADMIN, status=HTTPStatus.NO_CONTENT, errors=_NO_POLICY)
    def delete(self, policy: str, rule: str) -> None:
        """Remove a rule from a policy if it is there"""
        self.backend.remove_rule(policy, rule)
