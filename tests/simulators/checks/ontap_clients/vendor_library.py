"""What NetApp's own library does with a filer; a program for the Python that has netapp_ontap.

    vendor_library.py SCENARIO HOST PORT USER PASSWORD CA_FILE SVM

prints as JSON what the library showed.
"""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from netapp_ontap import (  # type: ignore[import-not-found]  # not in our own environment
    HostConnection,
    NetAppRestError,
    config,
)
from netapp_ontap.resources import (  # type: ignore[import-not-found]  # the same
    Aggregate,
    ClientLock,
    Cluster,
    ExportClient,
    ExportPolicy,
    ExportRule,
    Snapshot,
    Svm,
    Volume,
)

MIB = 1024**2
# What our back-end reads, too.
VOLUME_FIELDS = (
    "name,state,style,aggregates.name,nas.path,nas.export_policy.name,space.afs_total,space.size,"
    "space.used,space.snapshot.reserve_percent,autosize.mode,autosize.maximum,"
    "efficiency.compression"
)


def shown(resource: Any) -> Any:
    return json.loads(json.dumps(resource.to_dict(), default=str))


def all_of(found: Iterable[Any]) -> list[Any]:
    return [shown(resource) for resource in found]


def new_volume(svm: str, name: str, **more: Any) -> Any:
    aggregate = next(iter(Svm.get_collection(name=svm, fields="aggregates"))).aggregates[0].name
    volume = Volume(
        name=name,
        svm={"name": svm},
        aggregates=[{"name": aggregate}],
        size=100 * MIB,
        nas={"path": f"/{name}"},
        **more,
    )
    volume.post(poll_interval=0.1)
    return volume


def refusal(call: Callable[..., Any], *args: Any, **keywords: Any) -> dict[str, Any]:
    """How the library tells that a call failed."""
    try:
        call(*args, **keywords)
    except NetAppRestError as error:
        answer = error.http_err_response
        code = answer.http_response.json()["error"]["code"] if answer else None
        return {"status": error.status_code, "code": code, "text": str(error)}
    return {"status": None, "code": None, "text": ""}


def lists(svm: str) -> Any:
    return all_of(Volume.get_collection(**{"svm.name": svm, "fields": VOLUME_FIELDS}))


def snapshots(svm: str) -> Any:
    return {
        volume.name: all_of(Snapshot.get_collection(volume.uuid, fields="name,create_time,size"))
        for volume in Volume.get_collection(**{"svm.name": svm, "name": "diff*"})
    }


def policies(svm: str) -> Any:
    fields = "name,rules.index,rules.clients.match"
    return all_of(ExportPolicy.get_collection(**{"svm.name": svm, "fields": fields}))


def pages(svm: str) -> Any:
    """The library follows ``next`` while it is read."""
    found = Volume.get_collection(**{"svm.name": svm, "max_records": 7, "order_by": "name desc"})
    names = [volume.name for volume in found]
    return {"names": names, "count": Volume.count_collection(**{"svm.name": svm})}


def queries(svm: str) -> Any:
    def names(**query: Any) -> list[str]:
        found = Volume.get_collection(**{"svm.name": svm}, **query)
        return sorted(volume.name for volume in found)

    return {
        "wildcard": names(name="vol0000*"),
        "alternatives": names(name="vol00001|vol00002"),
        "not": names(name="!vol*"),
        "less": names(**{"name": "vol*", "space.size": f"<{MIB}"}),
        "member": names(**{"name": "vol00001", "aggregates.name": "*"}),
        "absent": names(name="no_such_volume"),
    }


def about(svm: str) -> Any:
    cluster = Cluster()
    cluster.get(fields="version")
    found = next(iter(Svm.get_collection(name=svm, fields="name,state,aggregates")))
    aggregates = Aggregate.get_collection(
        fields="name,state,space.block_storage.available,node.name"
    )
    return {
        "version": cluster.version.generation,
        "svm": shown(found),
        "aggregates": all_of(aggregates),
    }


def volume_life(svm: str) -> Any:
    volume = new_volume(svm, "life")
    volume.get(fields=VOLUME_FIELDS)
    seen = {"made": shown(volume)}

    volume.size = 200 * MIB
    volume.autosize = {"mode": "grow", "maximum": 400 * MIB}
    volume.patch(poll_interval=0.1)
    volume.get(fields=VOLUME_FIELDS)
    seen["modified"] = shown(volume)

    seen["same name"] = refusal(new_volume, svm, "life")

    for state in ("offline", "online", "restricted"):
        other = Volume(uuid=volume.uuid)
        other.state = state
        other.patch(poll_interval=0.1)
        found = Volume(uuid=volume.uuid)
        found.get(fields=VOLUME_FIELDS)
        seen[state] = shown(found)

    Volume(uuid=volume.uuid).delete(poll_interval=0.1)
    seen["gone"] = refusal(Volume(uuid=volume.uuid).get)
    return seen


def snapshot_life(svm: str) -> Any:
    volume = new_volume(svm, "snapped")
    for name in ("first", "second"):
        Snapshot(volume.uuid, name=name).post(poll_interval=0.1)
    seen: dict[str, Any] = {
        "twice": refusal(Snapshot(volume.uuid, name="first").post, poll_interval=0.1),
        "both": [s.name for s in Snapshot.get_collection(volume.uuid, order_by="create_time")],
    }
    restored = {"restore_to.snapshot.name": "first"}
    Volume(uuid=volume.uuid).patch(poll_interval=0.1, **restored)
    seen["rolled back"] = [s.name for s in Snapshot.get_collection(volume.uuid)]

    clone = Volume(
        name="snapped_clone",
        svm={"name": svm},
        clone={
            "is_flexclone": True,
            "parent_volume": {"name": "snapped"},
            "parent_snapshot": {"name": "first"},
        },
        nas={"path": "/snapped_clone"},
    )
    clone.post(poll_interval=0.1)
    clone.get(fields="clone,nas.path,size")
    seen["clone"] = shown(clone)
    held = Snapshot.find(volume.uuid, name="first", fields="owners")
    seen["owners"] = shown(held).get("owners")
    seen["held"] = refusal(held.delete, poll_interval=0.1)

    clone.delete(poll_interval=0.1)
    held.delete(poll_interval=0.1)
    seen["none left"] = [s.name for s in Snapshot.get_collection(volume.uuid)]
    volume.delete(poll_interval=0.1)
    return seen


def export_life(svm: str) -> Any:
    flavours = {"ro_rule": ["sys"], "rw_rule": ["sys"], "superuser": ["sys"], "protocols": ["nfs"]}
    rules = [{"clients": [{"match": match}], **flavours} for match in ("10.0.0.0/8", "@hosts")]
    policy = ExportPolicy(name="exported", svm={"name": svm}, rules=rules)
    policy.post()
    policy = ExportPolicy.find(name="exported", **{"svm.name": svm})
    added = ExportRule(policy.id, clients=[{"match": "192.0.2.1"}, {"match": "2001:db8::/32"}])
    added.ro_rule, added.rw_rule = ["sys"], ["sys"]
    added.post()

    def matches() -> list[list[str]]:
        found = ExportRule.get_collection(policy.id, fields="index,clients,ro_rule")
        return [[client.match for client in rule.clients] for rule in found]

    seen: dict[str, Any] = {"rules": matches()}
    last = max(ExportRule.get_collection(policy.id), key=lambda rule: rule.index)
    ExportClient(policy.id, last.index, match="192.0.2.1").delete()
    seen["without a client"] = matches()
    same = ExportRule(policy.id, clients=[{"match": "10.0.0.0/8"}], **flavours)
    seen["same rule"] = refusal(same.post)
    last.delete()
    seen["without a rule"] = matches()

    volume = new_volume(svm, "exporting")
    volume.nas = {"export_policy": {"name": "exported"}}
    volume.patch(poll_interval=0.1)
    seen["in use"] = refusal(policy.delete)
    volume.delete(poll_interval=0.1, force=True)
    policy.delete()
    seen["gone"] = ExportPolicy.find(name="exported", **{"svm.name": svm}) is None
    return seen


def locks(svm: str) -> Any:
    query = {"svm.name": svm, "volume.name": "locked"}
    fields = "client_address,protocol,state"
    seen = {"before": all_of(ClientLock.get_collection(**query, fields=fields))}
    ClientLock.delete_collection(**query, client_address="192.0.2.7")
    seen["after"] = all_of(ClientLock.get_collection(**query, fields=fields))
    return seen


def job_fails(svm: str) -> Any:
    return refusal(new_volume, svm, "never_made")


def main() -> None:
    scenario, host, port, username, password, ca_file, svm = sys.argv[1:]
    # Nothing that the vendor does not document may come from the filer.
    config.STRICT_FIELD_ACCEPTANCE = True
    config.CONNECTION = HostConnection(
        host, username, password, verify=ca_file, port=int(port), poll_interval=1, poll_timeout=20
    )
    json.dump(globals()[scenario](svm), sys.stdout)


main()
