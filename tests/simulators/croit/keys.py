"""/s3/users/{uid}/keys, and the same of sub-users."""

from __future__ import annotations

from tests.simulators.croit import views
from tests.simulators.croit.call import Call, answer, done
from tests.simulators.croit.errors import invalid
from tests.simulators.croit.records import Key
from tests.simulators.waldur.messages import Reply


def one(call: Call) -> Reply:
    """Any key of the user's own; nulls if there is none."""
    user = call.store.user(call.names["uid"])
    own = next((key for key in user.keys if key.user == user.uid), None)
    nothing = {"user": user.uid, "access_key": None, "secret_key": None}
    return answer(nothing if own is None else views.key(own))


def listed(call: Call) -> Reply:
    """Keys of sub-users are among them, as they are in Ceph's row of the user."""
    return answer([views.key(key) for key in call.store.user(call.names["uid"]).keys])


def listed_of_subuser(call: Call) -> Reply:
    whose = f"{call.names['uid']}:{call.names['subuser']}"
    keys = call.store.user(call.names["uid"]).keys
    return answer([views.key(key) for key in keys if key.user == whose])


def put(call: Call) -> Reply:
    """[O] The secret comes in the query."""
    if call.request.body:
        raise invalid("no body is expected")
    secret = call.required("secretKey")
    call.store.put_key(call.names["uid"], call.names["key"], secret, call.names.get("subuser", ""))
    return done()


def delete(call: Call) -> Reply:
    call.store.delete_key(call.names["uid"], call.names["key"], call.names.get("subuser", ""))
    return done()


def replace(call: Call) -> Reply:
    """[P] Of the whole set, some time later: a key that was added meanwhile is lost."""
    uid = call.store.user(call.names["uid"]).uid
    wanted = [Key(**row) for row in call.body["keys"]]
    store = call.store

    def work() -> str:
        names = {key.access_key for key in wanted}
        for key in store.user(uid).keys:
            if key.access_key not in names:
                store.delete_key(uid, key.access_key, _subuser(key.user))
        for key in wanted:
            store.put_key(uid, key.access_key, key.secret_key, _subuser(key.user))
        return ""

    return call.start("Set S3 keys", uid, work)


def _subuser(user: str) -> str:
    return user.partition(":")[2]
