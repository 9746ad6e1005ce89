"""Makes the API reference's document out of build/openapi.json, for people to read.

Each family is shown once, below ``/v3/{endpoint}``, whichever back-ends the document is of.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_GROUPS = {
    "Files": {
        "volumes": "File systems: made, changed, cloned, rolled back, restricted.",
        "snapshots": "A volume's states at moments past.",
        "locks": "Which host holds a volume.",
        "export": "Export policies: who may mount.",
    },
    "Objects": {
        "buckets": "In the back-end's default namespace.",
        "users": "Object users, accounts of portals, and their keys.",
        "namespaces": "Tenants: name spaces for users and buckets, and volumes' projects.",
        "buckets in a namespace": "As buckets, in a namespace that is named.",
        "users in a namespace": "As users, in a namespace that is named.",
    },
    "Accounting": {
        "usage": "What everybody used over a period, in GB-days, out of samples.",
        "capacity": "Space of the whole back-end.",
        "allocations": "A namespace with quota, owner, key and bucket, in one request.",
    },
    "Portals": {
        "orders": "What Waldur asks of a provider for a volume.",
        "storage-resources": "The document that CSCS' provisioners read.",
        "gid-cache": "What is remembered of groups.",
    },
    "The service": {
        "jobs": "Work longer than a request.",
        "conf": "Back-ends and roles.",
    },
}
_DETAIL = re.compile(r"/v3/[^/]+/volumes/\{volume\}/(snapshots|locks|orders|backend-id|options)")
_LARGEST = 2**63 - 1
_ORDERS = {"backend-id", "options"}
_ENDPOINT = {
    "name": "endpoint",
    "in": "path",
    "required": True,
    "description": "Back-end, by the name that `SAPI_BACKENDS` gives it.",
    "schema": {"type": "string", "examples": ["dummy"]},
}
_ABOUT = """
[To the guides](../index.html)

The same paths exist below `/v3/<endpoint>` for every configured back-end, as far as it has the
family; where it has not they answer 501 and name the back-ends that do. A running service shows its
own back-ends in Swagger UI at `/`, in `/swagger.json` and in `/openapi.json`. Each operation says
which role it needs.

Sizes are bytes. `null` means unknown, in limits unlimited. Errors are
[problem documents](https://www.rfc-editor.org/rfc/rfc9457).
"""


def reference_of(openapi: Document, endpoints: list[str]) -> Document:
    """``openapi`` with one tag for each family, and one path for all of ``endpoints``."""
    paths: Document = {}
    for path, item in openapi["paths"].items():
        endpoint = next((name for name in endpoints if path.startswith(f"/v3/{name}/")), None)
        shown = path.replace(f"/v3/{endpoint}/", "/v3/{endpoint}/", 1) if endpoint else path
        converted = _item(shown, item, endpoint)
        # Of several back-ends the one whose operations have most to say.
        if len(str(converted)) > len(str(paths.get(shown, ""))):
            paths[shown] = converted
    tags = [
        {"name": name, "description": text}
        for kind in _GROUPS.values()
        for name, text in kind.items()
    ]
    groups = [{"name": name, "tags": list(kind)} for name, kind in _GROUPS.items()]
    info = openapi["info"] | {"description": _ABOUT}
    return openapi | {
        "info": info,
        "paths": dict(sorted(paths.items())),
        "tags": tags,
        "x-tagGroups": groups,
    }


def _item(path: str, item: Document, endpoint: str | None) -> Document:
    converted = dict(item)
    if endpoint:
        converted["parameters"] = [_ENDPOINT, *item.get("parameters", ())]
    for method in {"get", "put", "post", "patch", "delete"} & item.keys():
        name = item[method]["operationId"].removeprefix(f"{endpoint}_")
        converted[method] = item[method] | {"operationId": name, "tags": [_family(path)]}
    return converted


def _family(path: str) -> str:
    if detail := _DETAIL.match(path):
        return "orders" if detail[1] in _ORDERS else detail[1]
    parts = re.sub(r"^/(v3/\{endpoint\}|v3|api)?/?", "", path).split("/")
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] in {"buckets", "users"}:  # noqa: PLR2004  # the third part
        return f"{parts[2]} in a namespace"
    return "usage" if parts[0] == "usage.svg" else parts[0]


def _without_limitless(part: Document) -> Document:
    """A browser would show the largest of 64 bits rounded, and it tells a reader nothing."""
    if part.get("maximum") == _LARGEST:
        del part["maximum"]
    return part


def main() -> None:
    source, target = (Path(name) for name in sys.argv[1:])
    openapi = json.loads(source.read_text(encoding="utf-8"), object_hook=_without_limitless)
    known = {*_GROUPS["The service"], "storage-resources"}
    endpoints = [tag["name"] for tag in openapi["tags"] if tag["name"] not in known]
    document = reference_of(openapi, endpoints)
    target.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
