"""What a bucket holds, seen and removed with its owner's key."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from storage_api.backends.s3 import S3Bucket
from storage_api.backends.s3_errors import BUSY, S3Refusal
from storage_api.domain.errors import BackendMisbehaved, BackendUnavailable, NotFound

#: Most that S3 lists, or deletes, at once.
PAGE = 1000

#: RGW refuses a longer document (its ``rgw_max_put_param_size`` is 1 MiB).
_MOST_BYTES = 900_000
_BYTES_BESIDE_KEY = 160
#: S3 stores keys with these characters, but no XML document can name them.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_UNVERSIONED = "null"
_GONE = frozenset({"NoSuchKey", "NoSuchVersion"})


class Version(NamedTuple):
    """One version of an object, or a delete marker; without versioning the id is ``null``."""

    key: str
    version_id: str


class Upload(NamedTuple):
    """A multipart upload that was begun and neither completed nor aborted."""

    key: str
    upload_id: str


class Refused(NamedTuple):
    """What S3 would not delete, and the code of its reason."""

    version: Version
    code: str


#: Where a page of a list begins: after this key, and this version or upload of it.
Position = tuple[str, str]
START: Position = ("", "")


class S3Contents(S3Bucket):
    """A bucket of which all goes, version by version. Never asks to bypass a lock."""

    def versions(self, after: Position) -> tuple[list[Version], Position | None]:
        """A page of versions and delete markers, and where the next one begins."""
        marker = _marker(after, "VersionIdMarker")
        page: Any = self._run(
            lambda s3: s3.list_object_versions(Bucket=self._name, MaxKeys=PAGE, **marker)
        )
        rows = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        found = [Version(row["Key"], row.get("VersionId", _UNVERSIONED)) for row in rows]
        return found, _next(page, "NextVersionIdMarker")

    def uploads(self, after: Position) -> tuple[list[Upload], Position | None]:
        """A page of open uploads, and where the next one begins."""
        marker = _marker(after, "UploadIdMarker")
        page: Any = self._run(
            lambda s3: s3.list_multipart_uploads(Bucket=self._name, MaxUploads=PAGE, **marker)
        )
        found = [Upload(row["Key"], row["UploadId"]) for row in page.get("Uploads", [])]
        return found, _next(page, "NextUploadIdMarker")

    def abort(self, upload: Upload) -> None:
        """End an upload and drop its parts; one that is gone is done."""
        self._find(
            "NoSuchUpload",
            lambda s3: s3.abort_multipart_upload(
                Bucket=self._name, Key=upload.key, UploadId=upload.upload_id
            ),
        )

    def delete(self, versions: Sequence[Version]) -> list[Refused]:
        """Delete up to ``PAGE`` versions; those that are gone are done.

        Raises:
            BackendUnavailable: S3 was too busy for some of them.
        """
        named = [version for version in versions if not _NOT_XML.search(version.key)]
        refused = [row for batch in _documents(named) for row in self._delete_batch(batch)]
        for version in versions:
            if _NOT_XML.search(version.key):
                refused += self._delete_one(version)
        return refused

    def _delete_batch(self, batch: Sequence[Version]) -> list[Refused]:
        objects: Any = [{"Key": key, "VersionId": version_id} for key, version_id in batch]
        answer = self._run(
            lambda s3: s3.delete_objects(
                Bucket=self._name, Delete={"Objects": objects, "Quiet": True}
            )
        )
        refused = []
        for row in answer.get("Errors", []):
            code = row.get("Code", "")
            if code in BUSY:
                raise BackendUnavailable(f"The object store could not delete an object: {code}.")
            if code not in _GONE:
                refused.append(Refused(Version(row["Key"], row.get("VersionId", "")), code))
        return refused

    def _delete_one(self, version: Version) -> list[Refused]:
        key, version_id = version
        try:
            self._plane.run(
                self._key,
                lambda s3: s3.delete_object(Bucket=self._name, Key=key, VersionId=version_id),
            )
        except S3Refusal as refusal:
            if refusal.code == "AccessDenied":
                return [Refused(version, refusal.code)]
            if refusal.code not in _GONE:
                raise refusal.meaning() from refusal
        return []

    def remove(self) -> bool:
        """Delete the bucket itself; ``False`` while it is not empty. One that is gone is done."""
        try:
            return (
                self._find("BucketNotEmpty", lambda s3: s3.delete_bucket(Bucket=self._name))
                is not None
            )
        except NotFound:
            return True


def _marker(after: Position, second: str) -> Any:
    pairs = {"KeyMarker": after[0], second: after[1]}
    return {name: value for name, value in pairs.items() if value}


def _next(page: Any, second: str) -> Position | None:
    if not page.get("IsTruncated"):
        return None
    position = (page.get("NextKeyMarker", ""), page.get(second, ""))
    if not position[0]:
        raise BackendMisbehaved("The object store does not say where its list goes on.")
    return position


def _documents(versions: Sequence[Version]) -> list[list[Version]]:
    """``versions`` in groups that one document each can name."""
    groups: list[list[Version]] = []
    room = 0
    for version in versions:
        size = len(escape(version.key).encode()) + _BYTES_BESIDE_KEY
        if size > room:
            groups.append([])
            room = _MOST_BYTES
        groups[-1].append(version)
        room -= size
    return groups
