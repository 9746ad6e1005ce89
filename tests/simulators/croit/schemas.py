"""What requests and replies look like, as JSON Schemas: contract §1 made checkable."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

STR: Schema = {"type": "string"}
BOOL: Schema = {"type": "boolean"}
INT: Schema = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
NUMBER: Schema = {"type": "number"}
ANY_OBJECT: Schema = {"type": "object"}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*values: str) -> Schema:
    return {"enum": list(values)}


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def record(**fields: Schema) -> Schema:
    """A reply's object: every field is there, and no other."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def body(required: str = "", /, **fields: Schema) -> Schema:
    """A request's object; [?] that croit refuses what it does not know."""
    return {
        "type": "object",
        "properties": fields,
        "required": required.split(),
        "additionalProperties": False,
    }


def page(items: Schema, **more: Schema) -> Schema:
    return record(data=array(items), total=INT, after=INT, limit=or_null(INT), **more)


def listed(items: Schema) -> Schema:
    """Bare, or paged when asked for."""
    return {"anyOf": [array(items), page(items)]}


ROLE = one_of("admin", "viewer", "securefolder")
PERMISSIONS = one_of("full-control", "read-write", "read", "write", "NONE")
VERSIONING = one_of("OFF", "ENABLED", "SUSPENDED", "UNKNOWN")

ERROR = record(code=INT, message=STR)
TOKEN = record(
    access_token=STR,
    token_type={"const": "bearer"},
    expires_in=or_null({"type": "string", "pattern": r"^P"}),
    roles=array(ROLE),
    userId=STR,
    passwordWasNeverChanged=BOOL,
)
TOKEN_INFO = record(
    username=STR,
    roles=array(ROLE),
    expiry=or_null(TIME),
    oidcId=or_null(STR),
    oidcSubject=or_null(STR),
)
API_TOKEN = record(id=INT, name=STR, roles=array(ROLE), expiry=or_null(TIME))
NEW_API_TOKEN = body("name roles", name=STR, roles=array(ROLE), expiry=or_null(TIME))
CHANGED_API_TOKEN = body(name=or_null(STR), roles=or_null(array(ROLE)), expiry=or_null(TIME))
STATUS = record(
    status=STR,
    currentVersion=STR,
    multiRgwEnabled=BOOL,
    cephConfigured=BOOL,
    error=or_null(STR),
)

QUOTA = record(
    enabled=BOOL,
    maxSize=INT,
    maxObjects=INT,
    max_size_kb=INT,
    max_objects=INT,
    maxSizeFormatted=STR,
    maxObjectsFormatted=STR,
)
QUOTA_REQUEST = body(
    "enabled",
    enabled=BOOL,
    maxSize=or_null(INT),
    maxObjects=or_null(INT),
    max_size_kb=or_null(INT),
    max_objects=or_null(INT),
)
SUBUSER = record(id=STR, permissions=PERMISSIONS)
SUBUSERS = body("subusers", subusers=array(SUBUSER))
NEW_SUBUSER = body("subuser", subuser=STR, permissions=or_null(PERMISSIONS))
CHANGED_SUBUSER = body("permissions", permissions=PERMISSIONS)
USER = record(
    uid=STR,
    name=STR,
    email=STR,
    suspended=BOOL,
    subusers=array(SUBUSER),
    bucketQuota=QUOTA,
    userQuota=QUOTA,
    defaultPlacement=or_null(STR),
    defaultStorageClass=or_null(STR),
    subusersFormatted=STR,
)
FILLED: Schema = {"type": "string", "minLength": 1}
NEW_USER = body(
    "uid name",
    uid=FILLED,
    name=FILLED,
    tenant=or_null(STR),
    email=or_null(STR),
    defaultPlacement=or_null(STR),
    defaultStorageClass=or_null(STR),
)
CHANGED_USER = body(
    name=or_null(FILLED),
    email=or_null(STR),
    suspended=or_null(BOOL),
    defaultPlacement=or_null(STR),
    defaultStorageClass=or_null(STR),
)
KEY = record(user=STR, access_key=or_null(STR), secret_key=or_null(STR))
KEYS = body("keys", keys=array(record(user=STR, access_key=FILLED, secret_key=FILLED)))

USAGE = record(
    size=INT,
    sizeKiB=INT,
    sizeKiBActual=INT,
    numObjects=NUMBER,
    size_kb=INT,
    size_kb_actual=INT,
    num_objects=NUMBER,
)
BUCKET = record(
    bucket=STR,
    id=STR,
    owner=STR,
    tenant=STR,
    placement_rule=STR,
    zonegroup=or_null(STR),
    mtime=STR,
    bucket_quota=QUOTA,
    usage={"type": "object", "additionalProperties": USAGE},
    usageSum=or_null(USAGE),
)
ACL_ENTRY: Schema = {
    **record(
        grantee=one_of("ALL_USERS", "AUTHENTICATED_USERS", "SINGLE_USER", "LOG_DELIVERY"),
        userId=or_null(STR),
        displayName=or_null(STR),
        permission=STR,
    ),
    "required": ["grantee", "permission"],
}
DETAILS = record(cors=array(ANY_OBJECT), acl=array(ACL_ENTRY), versioning=VERSIONING)
NEW_BUCKET = body(
    "owner",
    owner=FILLED,
    placement=or_null(STR),
    acl=or_null(array(ACL_ENTRY)),
    expectedNumberOfObjects=or_null(INT),
    endpoint=or_null(STR),
    versioning=or_null(VERSIONING),
)
CHANGED_BUCKET = body(
    owner=or_null(FILLED), acl=or_null(array(ACL_ENTRY)), versioning=or_null(VERSIONING)
)
DELETED_BUCKET = body(
    "name", name=FILLED, deleteData=or_null(BOOL), thisWillDeleteData=or_null(STR)
)
# The contract has no fields for these two; [?] their names.
OBJECT = record(key=STR, size=INT, lastModified=TIME, etag=STR)
UPLOAD = record(key=STR, uploadId=STR, initiated=TIME)
LISTING = record(objects=array(OBJECT), commonPrefixes=array(STR), continuationToken=or_null(STR))

PLACEMENT = record(
    name=STR,
    storageClass=STR,
    dataPool=STR,
    indexPool=STR,
    dataExtraPool=STR,
    isDefault=BOOL,
)
_DEFAULTS = {"defaultPlacementRule": STR, "defaultStorageClass": STR}
PLACEMENTS: Schema = {
    "anyOf": [record(placements=array(PLACEMENT), **_DEFAULTS), page(PLACEMENT, **_DEFAULTS)]
}
TRAFFIC = record(
    buckets={
        "type": "object",
        "additionalProperties": array(
            record(
                bucketName=STR,
                bucketOwner=STR,
                time=TIME,
                bytesDownloaded=INT,
                bytesUploaded=INT,
                successfulOperations=INT,
                failedOperations=INT,
                metadataBytesDownloaded=INT,
            )
        ),
    }
)
GRAPH = record(name=STR, tags=ANY_OBJECT, datapoints=array(record(t=INT, v=or_null(NUMBER))))
AXIS = record(unit=STR, graphs=array(GRAPH))
STATS = record(axis1=AXIS, axis2=or_null(AXIS))
NAMES = array(record(displayName=STR, queryName=STR))
BUCKET_NAMES = array(record(displayName=STR, queryName=STR, quotaBytes=INT, quotaObjects=INT))
QUESTION = record(
    message=STR, defaultResponse=STR, responseOptions=array(STR), token=STR, timeLeft=INT
)
TASK = record(
    id=INT,
    done=BOOL,
    statusCode=INT,
    state=one_of("WAITING", "RUNNING", "FINISHED", "FAILED", "CANCELED"),
    progress=record(complete=INT, total=INT),
    result={},
    output=STR,
    object=STR,
    name=STR,
    startedAt=TIME,
    startedBy=STR,
    question=or_null(QUESTION),
)
ANSWER = body("token response", token=STR, response=STR)
