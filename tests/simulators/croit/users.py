"""/s3/users: users, their limits and their sub-users."""

from __future__ import annotations

from tests.simulators.croit import views
from tests.simulators.croit.call import Call, answer, done
from tests.simulators.croit.errors import invalid
from tests.simulators.croit.records import NewUser
from tests.simulators.waldur.messages import Reply

_NO_ACCESS = "NONE"


def list_names(call: Call) -> Reply:
    return answer(call.store.uids())


def list_users(call: Call) -> Reply:
    """[O] ``uid``, repeated, filters exactly."""
    wanted = call.request.query.get("uid") or call.store.uids()
    return call.listed([views.user(row) for row in call.store.users(dict.fromkeys(wanted))])


def create_user(call: Call) -> Reply:
    given = call.given
    tenant = given.get("tenant")
    call.store.create_user(
        NewUser(
            f"{tenant}${given['uid']}" if tenant else given["uid"],
            given["name"],
            given.get("email", ""),
            given.get("defaultPlacement"),
            given.get("defaultStorageClass"),
        )
    )
    return done(call.world.settings.created_status)


def change_user(call: Call) -> Reply:
    call.store.change_user(call.names["uid"], call.given)
    return done()


def delete_user(call: Call) -> Reply:
    call.store.delete_user(call.names["uid"])
    return done()


def list_buckets(call: Call) -> Reply:
    uid = call.store.user(call.names["uid"]).uid
    unmeasured = call.world.settings.unmeasured
    return answer([views.bucket(row, unmeasured) for row in call.store.buckets(uid)])


def set_quota(call: Call) -> Reply:
    call.store.set_user_quota(call.names["uid"], lambda quota: quota.changed(call.body))
    return done()


def set_bucket_quota(call: Call) -> Reply:
    """The limits that each bucket of the user has by default."""
    call.store.set_bucket_default_quota(call.names["uid"], lambda quota: quota.changed(call.body))
    return done()


def list_subusers(call: Call) -> Reply:
    return answer(views.subuser_list(call.store.user(call.names["uid"])))


def add_subuser(call: Call) -> Reply:
    store, uid = call.store, _uid(call)
    name = _short(uid, call.body["subuser"])
    permissions = call.given.get("permissions", _NO_ACCESS)

    def work() -> str:
        store.put_subuser(uid, name, permissions)
        return ""

    return call.start("Create S3 sub-user", f"{uid}:{name}", work)


def replace_subusers(call: Call) -> Reply:
    store, uid = call.store, _uid(call)
    wanted = {_short(uid, row["id"]): row["permissions"] for row in call.body["subusers"]}

    def work() -> str:
        for name in store.user(uid).subusers.keys() - wanted.keys():
            store.delete_subuser(uid, name)
        for name, permissions in wanted.items():
            store.put_subuser(uid, name, permissions)
        return ""

    return call.start("Set S3 sub-users", uid, work)


def change_subuser(call: Call) -> Reply:
    store, uid, name = call.store, _uid(call), call.names["subuser"]
    permissions = call.body["permissions"]

    def work() -> str:
        store.put_subuser(uid, name, permissions)
        return ""

    return call.start("Change S3 sub-user", f"{uid}:{name}", work)


def delete_subuser(call: Call) -> Reply:
    store, uid, name = call.store, _uid(call), call.names["subuser"]

    def work() -> str:
        store.delete_subuser(uid, name)
        return ""

    return call.start("Delete S3 sub-user", f"{uid}:{name}", work)


def _uid(call: Call) -> str:
    """The uid of the path, once it is known to exist."""
    return call.store.user(call.names["uid"]).uid


def _short(uid: str, subuser: str) -> str:
    name = subuser.removeprefix(f"{uid}:")
    if not name or ":" in name:
        raise invalid(f"{subuser} is no sub-user of {uid}")
    return name
