"""What Waldur's two agents for croit do in a resource's life; a program for the Python with both.

    agents_walk.py AGENT URL TOKEN UID

prints as JSON what the agent found.
"""

# mypy: disable-error-code="import-not-found"

import json
import sys
from types import SimpleNamespace
from typing import Any

from waldur_site_agent_ceph_s3.reporting import CroitUsageBackend
from waldur_site_agent_croit_s3.client import CroitS3Client
from waldur_site_agent_croit_s3.exceptions import CroitS3UserExistsError

GB = 1_000_000_000
STORAGE: dict[str, Any] = {
    "backend_name": "storage",
    "unit_factor": GB,
    "accounting_type": "usage",
    "measured_unit": "GB-day",
    "label": "Storage",
}


def resource(uid: str, number: int, limits: dict[str, int]) -> Any:
    known = {"uuid": f"0000-{number}", "name": "A name", "backend_id": uid, "limits": None}
    return SimpleNamespace(**known, attributes=limits)


def successor(url: str, token: str, uid: str) -> Any:
    settings = {"api_url": url, "token": token, "s3_endpoint": "http://s3.example.org"}
    agent = CroitUsageBackend(settings, {"s3_storage": STORAGE})
    mine = resource(uid, 1, {"max_storage_limit": 5, "max_object_limit": 100})
    seen: dict[str, Any] = {"ping": agent.ping(raise_exception=True)}

    def key_ids() -> list[str]:
        return sorted(row["access_key"] for row in agent.client.list_user_keys(uid))

    agent.create_resource_with_id(mine, uid)
    seen["keys at first"] = key_ids()
    agent.create_resource_with_id(mine, uid)
    try:
        agent.create_resource_with_id(resource(uid, 2, {}), uid)
    except Exception as error:  # noqa: BLE001 - its name is what we want to know
        seen["another's"] = type(error).__name__

    first, second = agent.generate_resource_keys(uid)
    made = [first["client_id"], second["client_id"]]
    seen["two keys"] = key_ids() == sorted(made)
    new = agent.rotate_resource_key(made[0], uid, made)
    seen["rotated"] = key_ids() == sorted([made[1], new["client_id"]])
    agent.client.delete_user_key(uid, made[0])
    secrets = {row["access_key"]: row["secret_key"] for row in agent.client.list_user_keys(uid)}
    seen["its secret"] = secrets[new["client_id"]] == new["api_key"]

    seen["metadata"] = agent.get_resource_metadata(uid)
    seen["usage"] = agent.get_usage_report_for_period([uid, "absent"], 2026, 10)
    agent.delete_resource(mine)
    agent.delete_resource(mine)
    seen["left"] = uid in agent.client.list_users()
    return seen


def predecessor(url: str, token: str, uid: str) -> Any:
    """Its client alone: the rest needs a core that the successor does not work with."""
    client = CroitS3Client(url, token=token)
    seen: dict[str, Any] = {"ping": client.ping(raise_exception=True)}
    client.create_user(uid, "A name", defaultPlacement="default-placement")
    try:
        client.create_user(uid, "A name")
    except CroitS3UserExistsError as error:
        seen["again"] = type(error).__name__
    client.set_user_bucket_quota(uid, {"enabled": True, "maxSize": 5 * GB, "maxObjects": 100})
    seen["quota"] = client.get_user_quota(uid)
    seen["key"] = sorted(client.get_user_keys(uid))
    seen["buckets"] = client.get_user_buckets(uid)
    client.delete_user(uid)
    seen["left"] = uid in {row["uid"] for row in client.list_users()}
    return seen


def main() -> None:
    agent, url, token, uid = sys.argv[1:]
    json.dump(globals()[agent](url, token, uid), sys.stdout)


main()
