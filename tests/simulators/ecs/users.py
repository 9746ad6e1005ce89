"""Object users: /object/users…"""

from typing import Any

from tests.simulators.ecs import listing
from tests.simulators.ecs.body import Flag
from tests.simulators.ecs.call import Call, Reply, required
from tests.simulators.ecs.clock import java_date
from tests.simulators.ecs.errors import EcsError, invalid, missing
from tests.simulators.ecs.records import ObjectUser

_TAGS = [{"name": str, "value": str}]


def listed(call: Call) -> Reply:
    """Of all namespaces, or of one that the path or the query names."""
    namespace = call.names.get("namespace") or call.query.get("namespace")
    if namespace is None and not call.account.everywhere:
        namespace = call.account.namespace
    path = "/object/users"
    if namespace is not None:
        call.enter(namespace)
        call.world.namespace(namespace)
        path = f"{path}/{namespace}"
    return listing.page(
        call,
        path,
        root="users",
        key="blobuser",
        most="MaxUsers",
        rows=call.world.users(namespace),
        name_of=lambda row: row.name if namespace else f"{row.name} {row.namespace}",
        shown=lambda row: {"userid": row.name, "namespace": row.namespace},
    )


def info(call: Call) -> Reply:
    user = find(call, call.names["user"], call.query.get("namespace"))
    found: dict[str, Any] = {
        "name": user.name,
        "namespace": user.namespace,
        "locked": user.locked,
        "created": java_date(user.made),
        "tag": _shown_tags(user),
    }
    if call.settings.release == "4.x":
        found |= {"centerapassword": "", "swiftpassword": ""}
    return Reply("user_info", found)


def create(call: Call) -> Reply:
    fields = call.body({"user": str, "namespace": str, "tags": _TAGS})
    required(fields, "user")
    name, namespace = fields["user"], call.namespace(fields.get("namespace"))
    call.world.namespace(namespace)
    if call.world.name_is_taken(name, namespace):
        # [?] The likely code; none was recorded.
        raise EcsError(1015, f"User {name} already exists")
    user = ObjectUser(name, namespace, call.world.clock.now())
    user.tags = _pairs(fields.get("tags", []))
    call.world.add_user(user)
    link = {"rel": "self", "href": f"/object/user-secret-keys/{name}"}
    blank = dict.fromkeys(("secret_key", "key_timestamp", "key_expiry_timestamp"), "")
    return Reply("user_secret_key", {**blank, "link": link})


def deactivate(call: Call) -> None:
    """Its keys go too; its buckets stay, with an owner who is no more."""
    fields = call.body({"user": str, "namespace": str})
    required(fields, "user")
    call.world.remove_user(find(call, fields["user"], fields.get("namespace")))


def set_lock(call: Call) -> None:
    fields = call.body({"user": str, "namespace": str, "isLocked": Flag})
    required(fields, "user", "isLocked")
    find(call, fields["user"], fields.get("namespace")).locked = fields["isLocked"]


def show_lock(call: Call) -> Reply:
    user = find(call, call.names["user"], call.names.get("namespace"))
    return Reply("user_lock", {"user_name": user.name, "isLocked": user.locked})


def show_tags(call: Call) -> Reply:
    """Adding them is known from objectscale-client; [?] the other calls are made after it."""
    return Reply("user_tags", {"tag": _shown_tags(_tagged(call))})


def add_tags(call: Call) -> None:
    fields = call.body({"tags": _TAGS, "namespace": str})
    _tagged(call, fields).tags |= _pairs(fields.get("tags", []))


def remove_tags(call: Call) -> None:
    fields = call.body({"tags": _TAGS, "namespace": str})
    user = _tagged(call, fields)
    for name in _pairs(fields.get("tags", [])):
        if name not in user.tags:
            raise invalid("tags", name)
        del user.tags[name]


def find(call: Call, name: str, namespace: str | None) -> ObjectUser:
    """In the scope NAMESPACE a name alone says nothing."""
    namespace = namespace or call.account.namespace
    if not namespace and call.settings.user_scope == "NAMESPACE":
        raise missing("namespace")
    user = call.world.user(name, namespace)
    call.enter(user.namespace)
    return user


def _tagged(call: Call, fields: dict[str, Any] | None = None) -> ObjectUser:
    namespace = call.query.get("namespace") or (fields or {}).get("namespace")
    return find(call, call.names["user"], namespace)


def _pairs(tags: list[dict[str, Any]]) -> dict[str, str]:
    for tag in tags:
        required(tag, "name")
    return {tag["name"]: tag.get("value", "") for tag in tags}


def _shown_tags(user: ObjectUser) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in user.tags.items()]
