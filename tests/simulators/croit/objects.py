"""/s3/buckets/{bucket}/objects and /multipart-uploads."""

from __future__ import annotations

from tests.simulators.croit import views
from tests.simulators.croit.call import Call, answer, done
from tests.simulators.croit.records import Json
from tests.simulators.waldur.messages import Reply

_PAGE = 1000


def listed(call: Call) -> Reply:
    found = call.store.objects(
        call.bucket,
        call.param("prefix") or "",
        flat=call.flag("flatView"),
        limit=call.number("max", _PAGE),
        token=call.param("continuationToken"),
    )
    return answer(
        {
            "objects": [views.stored(row) for row in found.objects],
            "commonPrefixes": found.prefixes,
            "continuationToken": found.token,
        }
    )


def paged(call: Call) -> Reply:
    bucket, prefix = call.bucket, call.param("prefix") or ""
    rows: list[Json] = []
    token: str | None = None
    while True:
        found = call.store.objects(bucket, prefix, flat=True, limit=_PAGE, token=token)
        rows += [views.stored(row) for row in found.objects]
        token = found.token
        if token is None:
            return call.paged(rows)


def delete(call: Call) -> Reply:
    call.store.delete_object(call.bucket, call.required("key"))
    return done()


def list_uploads(call: Call) -> Reply:
    return answer([views.upload(row) for row in call.store.uploads(call.bucket)])


def page_uploads(call: Call) -> Reply:
    return call.paged([views.upload(row) for row in call.store.uploads(call.bucket)])


def delete_uploads(call: Call) -> Reply:
    """All of a key, or the one of ``uploadId``."""
    bucket, key, upload_id = call.bucket, call.required("key"), call.param("uploadId")
    for upload in call.store.uploads(bucket):
        if upload.key == key and upload_id in {None, upload.upload_id}:
            call.store.delete_upload(bucket, upload)
    return done()
