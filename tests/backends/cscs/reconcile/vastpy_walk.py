"""The calls of the driver as vastpy makes them; run by a Python that has vastpy."""

# mypy: disable-error-code="import-not-found"

import json
import sys
from collections.abc import Callable

from vastpy import RESTFailure, VASTClient

PATH = "/vast/store/climate"


def walk(client: VASTClient, gid: int) -> None:
    policy = client.viewpolicies.get(name="default")[0]["id"]
    quota = client.quotas.post(
        name="mine",
        path=PATH,
        create_dir=True,
        create_dir_mode=775,
        soft_limit=900,
        hard_limit=1000,
        soft_limit_inodes=9,
        hard_limit_inodes=10,
        tenant_id=1,
    )
    assert client.quotas.get(path=PATH)[0]["hard_limit"] == 1000
    client.quotas[quota["id"]].patch(hard_limit=2000, name="renamed")
    assert client.quotas[quota["id"]].get()["name"] == "renamed"
    name = client.groups.query.get(gid=gid)["name"]
    client.folders.modify_folder.patch(path=PATH, group=name)
    assert client.folders.stat_path.post(path=PATH)["owning_gid"] == gid
    view = client.views.post(name="mine", path=PATH, policy_id=policy, protocols=["NFS"])
    assert client.views.get(path=PATH)[0]["id"] == view["id"]
    client.views[view["id"]].delete()
    client.folders.delete_folder.delete(path=PATH)
    client.quotas[quota["id"]].delete()


def status_of(call: Callable[[], object]) -> int:
    """With which a call is refused."""
    try:
        call()
    except RESTFailure as failure:
        return int(failure.status)
    return 200


given = json.loads(sys.argv[1])
place = {"address": given["address"], "cert_file": given["ca"]}
walk(VASTClient(user=given["user"], password=given["password"], **place), given["gid"])
with_token = VASTClient(token=given["token"], **place)
assert status_of(lambda: with_token.folders.stat_path.post(path=PATH)) == 503
assert status_of(VASTClient(token="wrong", **place).quotas.get) in {401, 403}
