"""/protocols/nfs/export-policies, their rules and the rules' clients; nothing here is a job."""

import time
from dataclasses import replace

from tests.simulators.ontap import rules
from tests.simulators.ontap.call import Call, created, json, one
from tests.simulators.ontap.errors import OntapError, missing
from tests.simulators.ontap.export_records import Policy, Rule
from tests.simulators.ontap.fields import Schema
from tests.simulators.ontap.http import Response
from tests.simulators.ontap.listing import collection
from tests.simulators.ontap.rows import ComputedRow
from tests.simulators.ontap.work import svm_of_body

SCHEMA = Schema(
    key="id",
    identity=("id", "name", "svm.name", "svm.uuid"),
    leaves=(
        "id",
        "name",
        "svm.name",
        "svm.uuid",
        *(f"rules.{leaf}" for leaf in rules.RULE_LEAVES),
        "are_rules_truncated",
    ),
    unset=tuple(f"rules.{leaf}" for leaf in rules.UNSET_RULE_LEAVES),
    # [I] A list without ``fields`` shows no rules.
    since=(("are_rules_truncated", (9, 19)),),
)
_CLIENT = Schema(key="match", identity=("match",), leaves=("match",), unset=("policy", "svm"))

_LONGEST_NAME = 256
DEFAULT = "default"


def listed(call: Call) -> Response:
    svm = call.scope and call.scope.uuid
    policies = call.world.policies.values()
    return collection(call, SCHEMA, [row for row in policies if svm in {None, row.svm.uuid}])


def shown(call: Call) -> Response:
    return one(call, SCHEMA, _policy(call))


def create(call: Call) -> Response:
    world, body = call.world, call.body
    svm = svm_of_body(call)
    name = body.text("name")
    wanted = body.objects("rules") or []
    body.finish(SCHEMA, call.version)
    _check_name(call, svm.name, name)
    policy = Policy(world.new_policy_id(), name or "", svm.ref, world.new_position())
    for rule_body in wanted:
        index = rule_body.integer("index") or rules.next_index(policy)
        rule = rules.new_rule(rule_body, index, call.version)
        policy = _refusing_twins_as_duplicates(policy, rule)
    world.policies[policy.id] = policy
    return created(call, SCHEMA, policy)


def modify(call: Call) -> Response:
    """Renames; the volumes go on using it. ``rules`` replace all that there are."""
    world, body = call.world, call.body
    policy = _policy(call)
    name, wanted = body.text("name"), body.objects("rules")
    body.finish(SCHEMA, call.version)
    if name is not None and name != policy.name:
        _check_name(call, policy.svm.name, name)
        policy = replace(policy, name=name)
        for volume in [v for v in world.volumes.values() if v.policy_id == policy.id]:
            world.put(replace(volume, policy=name))
    if wanted is not None:
        policy = replace(policy, rules=())
        for rule_body in wanted:
            index = rule_body.integer("index") or rules.next_index(policy)
            rule = rules.new_rule(rule_body, index, call.version)
            policy = _refusing_twins_as_duplicates(policy, rule)
    world.policies[policy.id] = policy
    return json({})


def delete(call: Call) -> Response:
    world = call.world
    policy = _policy(call)
    if policy.name == DEFAULT:
        raise OntapError(1703947, "The default export policy cannot be deleted.")
    left = world.policy_left.get(policy.id)
    lingers = left is not None and time.monotonic() - left < world.settings.policy_release_seconds
    if lingers or any(volume.policy_id == policy.id for volume in world.volumes.values()):
        raise OntapError(1703945, f'Export policy "{policy.name}" is used by a volume.')
    del world.policies[policy.id]
    return json({})


def list_rules(call: Call) -> Response:
    policy = _policy(call)
    rows = [_rule_row(policy, rule) for rule in policy.rules]
    return collection(call, rules.SCHEMA, rows)


def show_rule(call: Call) -> Response:
    policy = _policy(call)
    rule = rules.find_rule(policy, call.names["index"])
    return one(call, rules.SCHEMA, _rule_row(policy, rule))


def create_rule(call: Call) -> Response:
    policy = _policy(call)
    index = call.body.integer("index") or rules.next_index(policy)
    rule = rules.new_rule(call.body, index, call.version)
    policy = rules.appended(policy, rule)
    call.world.policies[policy.id] = policy
    return created(call, rules.SCHEMA, _rule_row(policy, rule))


def modify_rule(call: Call) -> Response:
    policy = _policy(call)
    before = rules.find_rule(policy, call.names["index"])
    after = rules.changed_rule(before, call.body, call.version)
    rules.refuse_twin(policy.rules, after)
    call.world.policies[policy.id] = rules.swapped(policy, before, after)
    return json({})


def delete_rule(call: Call) -> Response:
    policy = _policy(call)
    rule = rules.find_rule(policy, call.names["index"])
    call.world.policies[policy.id] = rules.swapped(policy, rule, None)
    return json({})


def list_clients(call: Call) -> Response:
    policy = _policy(call)
    rule = rules.find_rule(policy, call.names["index"])
    rows = [_client_row(policy, rule, place) for place in range(len(rule.clients))]
    return collection(call, _CLIENT, rows)


def create_client(call: Call) -> Response:
    policy = _policy(call)
    before = rules.find_rule(policy, call.names["index"])
    match = call.body.text("match")
    call.body.finish(_CLIENT, call.version)
    if match is None:
        raise missing("match")
    rules.check_match(match)
    if match in before.clients:
        raise OntapError(1704050, f'Client "{match}" is already in the rule.', status=409)
    after = replace(before, clients=(*before.clients, match))
    call.world.policies[policy.id] = rules.swapped(policy, before, after)
    return created(call, _CLIENT, _client_row(policy, after, len(before.clients)))


def delete_client(call: Call) -> Response:
    """[I] The last client goes with its rule."""
    policy = _policy(call)
    before = rules.find_rule(policy, call.names["index"])
    match = call.names["match"]
    if match not in before.clients:
        raise OntapError(4, "entry doesn't exist", target="match")
    rest = tuple(client for client in before.clients if client != match)
    after = replace(before, clients=rest) if rest else None
    call.world.policies[policy.id] = rules.swapped(policy, before, after)
    return json({})


def _policy(call: Call) -> Policy:
    return call.world.policy(call.names["id"], call.scope)


def _check_name(call: Call, svm: str, name: str | None) -> None:
    if not name:
        raise missing("name")
    if " " in name:
        raise OntapError(1703952, "The policy's name must not have spaces.", target="name")
    if len(name) > _LONGEST_NAME:
        raise OntapError(1704047, f"The policy's name exceeds {_LONGEST_NAME}.", target="name")
    if call.world.policy_named(svm, name) is not None:
        raise OntapError(1, f'duplicate entry: export policy "{name}"', target="name")


def _refusing_twins_as_duplicates(policy: Policy, rule: Rule) -> Policy:
    try:
        return rules.appended(policy, rule)
    except OntapError:
        raise OntapError(1704071, "The request has the same rule twice.", target="rules") from None


def _rule_row(policy: Policy, rule: Rule) -> ComputedRow:
    document = {
        **rule.document(),
        "policy": {"id": policy.id, "name": policy.name},
        "svm": policy.svm.document(),
    }
    return ComputedRow(rule.index, f"{policy.href}/rules/{rule.index}", document)


def _client_row(policy: Policy, rule: Rule, place: int) -> ComputedRow:
    href = f"{policy.href}/rules/{rule.index}/clients"
    return ComputedRow(place, href, {"match": rule.clients[place]})
