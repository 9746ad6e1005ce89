"""A tenant's whole life through the API, without the vendor's own console."""

from tests.backends.ecs.service import api_at
from tests.simulators.ecs import EcsSimulator

SPACE = "/v3/ecs/namespaces/physics"


def test_all_that_is_made_can_be_changed_and_removed(sim: EcsSimulator) -> None:
    """ColdFront's plugin deletes nothing, and knows no users, keys, locks, tags or counts."""
    api = api_at(sim)
    api.post(SPACE, {"encryption_enabled": True}).expect(201)
    api.put(f"{SPACE}/quota", {"max_objects": 1000}).expect(200)
    api.post(f"{SPACE}/users/alice", {}).expect(201)
    key = api.post(f"{SPACE}/users/alice/keys").expect(201)["id"]
    api.patch(f"{SPACE}/users/alice", {"suspended": True}).expect(200)
    api.patch(f"{SPACE}/users/alice", {"suspended": False}).expect(200)
    bucket = {"owner": "alice", "encryption_enabled": True, "tags": {"cost": "42"}}
    assert api.post(f"{SPACE}/buckets/data", bucket).expect(201)["tags"] == {"cost": "42"}
    for locked in (True, False):
        found = api.patch(f"{SPACE}/buckets/data", {"locked": locked}).expect(200)
        assert (found["locked"], found["encryption_enabled"]) == (locked, True)
    api.delete(SPACE).expect(409)
    api.delete(f"{SPACE}/buckets/data").expect(204)
    api.delete(f"{SPACE}/users/alice/keys/{key}").expect(204)
    api.delete(f"{SPACE}/users/alice").expect(204)
    api.delete(SPACE).expect(204)
    assert sim.namespaces() == []
