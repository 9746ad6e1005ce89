"""Users and buckets against a model: whatever the order of requests, the API tells the truth."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.conformance.client import InProcess
from tests.conformance.target import names
from tests.servers import service

USERS = st.sampled_from(["alice", "bob", "carol"])
BUCKETS = st.sampled_from(["bucket-a", "bucket-b", "bucket-c"])
VERSIONING = st.sampled_from(["off", "enabled", "suspended"])
BASE = "/v3/dummy"


class UsersAndBuckets(RuleBasedStateMachine):
    """``users`` holds display names, ``buckets`` owner and versioning, ``keys`` each user's."""

    def __init__(self) -> None:
        super().__init__()
        self.api = InProcess(service())
        self.users: dict[str, str] = {}
        self.buckets: dict[str, tuple[str, str]] = {}
        self.keys: dict[str, set[str]] = {}

    @rule(name=USERS, display=st.sampled_from(["A", "B"]))
    def create_user(self, name: str, display: str) -> None:
        known = self.users.setdefault(name, display)
        fresh = name not in self.keys
        self.keys.setdefault(name, set())
        answer = self.api.post(f"{BASE}/users/{name}", {"display_name": display})
        answer.expect(201 if fresh else 200 if known == display else 409)

    @rule(name=USERS, display=st.sampled_from(["A", "B"]))
    def rename_user(self, name: str, display: str) -> None:
        answer = self.api.patch(f"{BASE}/users/{name}", {"display_name": display})
        answer.expect(200 if name in self.users else 404)
        if name in self.users:
            self.users[name] = display

    @rule(name=USERS)
    def delete_user(self, name: str) -> None:
        owns = any(owner == name for owner, _ in self.buckets.values())
        self.api.delete(f"{BASE}/users/{name}").expect(409 if owns else 204)
        if not owns:
            self.users.pop(name, None)
            self.keys.pop(name, None)

    @rule(name=USERS)
    def create_key(self, name: str) -> None:
        answer = self.api.post(f"{BASE}/users/{name}/keys")
        answer.expect(201 if name in self.users else 404)
        if name in self.users:
            self.keys[name].add(answer.body["access_key"])

    @precondition(lambda self: any(self.keys.values()))
    @rule(data=st.data(), rotate=st.booleans())
    def end_key(self, data: st.DataObject, *, rotate: bool) -> None:
        name = data.draw(st.sampled_from(sorted(user for user in self.keys if self.keys[user])))
        key = min(self.keys[name])
        path = f"{BASE}/users/{name}/keys/{key}"
        if rotate:
            self.keys[name].add(self.api.post(f"{path}/rotate").expect(201)["access_key"])
        else:
            self.api.delete(path).expect(204)
        self.keys[name].remove(key)

    @rule(name=BUCKETS, owner=USERS, versioning=VERSIONING.filter("suspended".__ne__))
    def create_bucket(self, name: str, owner: str, versioning: str) -> None:
        body = {"owner": owner, "versioning": versioning}
        answer = self.api.post(f"{BASE}/buckets/{name}", body)
        if name in self.buckets:
            same = self.buckets[name] == (owner, versioning)
            assert answer.status == (200 if same else 409) or owner not in self.users
        elif owner in self.users:
            answer.expect(201)
            self.buckets[name] = owner, versioning
        else:
            answer.expect(400)

    @rule(name=BUCKETS, versioning=VERSIONING)
    def change_versioning(self, name: str, versioning: str) -> None:
        answer = self.api.patch(f"{BASE}/buckets/{name}", {"versioning": versioning})
        if name not in self.buckets:
            answer.expect(404)
            return
        owner, former = self.buckets[name]
        backwards = versioning == "off" and former != "off"
        answer.expect(400 if backwards else 200)
        if not backwards:
            self.buckets[name] = owner, answer.body["versioning"]

    @rule(name=BUCKETS, owner=USERS)
    def give_away(self, name: str, owner: str) -> None:
        answer = self.api.patch(f"{BASE}/buckets/{name}", {"owner": owner})
        if name not in self.buckets:
            answer.expect(404)
        elif owner not in self.users:
            answer.expect(400)
        else:
            answer.expect(200)
            self.buckets[name] = owner, self.buckets[name][1]

    @rule(name=BUCKETS)
    def delete_bucket(self, name: str) -> None:
        self.api.delete(f"{BASE}/buckets/{name}").expect(204)
        self.buckets.pop(name, None)

    @invariant()
    def lists_tell_the_truth(self) -> None:
        users = self.api.get(f"{BASE}/users").expect(200)
        assert sorted(names(users)) == sorted(self.users)
        buckets = self.api.get(f"{BASE}/buckets").expect(200)
        assert {item["name"]: item["owner"] for item in buckets} == {
            name: owner for name, (owner, _) in self.buckets.items()
        }

    @invariant()
    def records_tell_the_truth(self) -> None:
        for name, display in self.users.items():
            user = self.api.get(f"{BASE}/users/{name}").expect(200)
            assert user["display_name"] == display
            assert set(user["key_ids"]) == self.keys[name]
        for name, (owner, versioning) in self.buckets.items():
            bucket = self.api.get(f"{BASE}/buckets/{name}").expect(200)
            assert (bucket["owner"], bucket["versioning"]) == (owner, versioning)


TestUsersAndBuckets = UsersAndBuckets.TestCase
