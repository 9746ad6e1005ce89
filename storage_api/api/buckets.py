"""``/v3/<e>/buckets`` and, inside a named namespace, ``/v3/<e>/namespaces/<ns>/buckets``."""

from http import HTTPStatus

from flask import Response

from storage_api.api.bodies import Body
from storage_api.api.operation import operation
from storage_api.api.purging import PURGE, PURGE_ERRORS, purge_requested, start_purge
from storage_api.api.resource import BackendResource
from storage_api.backends.objects import AclReader, BucketStore
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Acl, Bucket, Cors, Job, Lifecycle, Policy, Ref
from storage_api.domain.requests import BucketCreate, BucketPatch
from storage_api.security.roles import Role

NO_BUCKET = {HTTPStatus.NOT_FOUND: "There is no such bucket."}
_NOT_SET = {
    HTTPStatus.NOT_FOUND: "There is no such bucket, or it has none.",
    HTTPStatus.CONFLICT: "Only the bucket's owner could read it, and cannot now.",
}
_LIFECYCLE = {"rules": [{"id": "expire-tmp", "prefix": "tmp/", "expiration_days": 30}]}
_CORS = {
    "rules": [
        {"allowed_methods": ["GET"], "allowed_origins": ["https://portal.example.org"]},
    ]
}
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam:::user/bob"]},
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::alice-data/*"],
        }
    ],
}
_CHANGE = NO_BUCKET | {HTTPStatus.CONFLICT: "The bucket's or its owner's state forbids it."}


class BucketList(BackendResource):
    backend: BucketStore

    @operation("list_buckets", Role.USER, returns=list[Bucket])
    def get(self, namespace: str | None = None) -> list[Bucket]:
        """List the buckets

        Fields that would need a call for each bucket are null; get one bucket to see them."""
        return self.backend.list_buckets(namespace)


class BucketItem(BackendResource):
    backend: BucketStore

    @operation("get_bucket", Role.USER, returns=Bucket, errors=NO_BUCKET)
    def get(self, bucket: str, namespace: str | None = None) -> Bucket:
        """Get one bucket"""
        return self.backend.get_bucket(Ref(namespace, bucket))

    @operation(
        "create_bucket",
        Role.ADMIN,
        returns=Bucket,
        status=HTTPStatus.CREATED,
        body=Body(BucketCreate, Bucket, example={"owner": "alice"}),
        idempotent_create=True,
        errors={HTTPStatus.CONFLICT: "It exists with another owner or other settings."},
    )
    def post(
        self, bucket: str, body: BucketCreate, namespace: str | None = None
    ) -> tuple[Bucket, bool]:
        """Create a bucket

        The owner must exist. 200 when it exists already just so."""
        return self.backend.create_bucket(Ref(namespace, bucket), body)

    @operation(
        "update_bucket",
        Role.ADMIN,
        returns=Bucket,
        body=Body(BucketPatch, Bucket, example={"versioning": "enabled"}),
        errors=_CHANGE,
    )
    def patch(self, bucket: str, body: BucketPatch, namespace: str | None = None) -> Bucket:
        """Change a bucket

        `tags` replaces all tags. What is not among the keys is fixed at creation."""
        if not body:
            raise Invalid("Nothing to change: none of the keys is given.")
        return self.backend.update_bucket(Ref(namespace, bucket), body)

    @operation(
        "delete_bucket",
        Role.UBER_ADMIN,
        status=HTTPStatus.NO_CONTENT,
        parameters=[PURGE],
        also={HTTPStatus.ACCEPTED: Job},
        errors=PURGE_ERRORS
        | {HTTPStatus.CONFLICT: "It still holds something; the detail says how much."},
    )
    def delete(self, bucket: str, namespace: str | None = None) -> Response | None:
        """Delete an empty bucket

        Also 204 when it is gone already. With `purge`, what it holds goes too."""
        target = Ref(namespace, bucket)
        if purge_requested():
            return start_purge(self, "purge-bucket", target)
        self.backend.delete_bucket(target)
        return None


class BucketLifecycle(BackendResource):
    backend: BucketStore

    @operation("get_bucket_lifecycle", Role.ADMIN, returns=Lifecycle, errors=_NOT_SET)
    def get(self, bucket: str, namespace: str | None = None) -> Lifecycle:
        """Get the lifecycle rules"""
        return self.backend.get_lifecycle(Ref(namespace, bucket))

    @operation(
        "set_bucket_lifecycle",
        Role.ADMIN,
        returns=Lifecycle,
        body=Body(Lifecycle, example=_LIFECYCLE),
        errors=_CHANGE,
    )
    def put(self, bucket: str, body: Lifecycle, namespace: str | None = None) -> Lifecycle:
        """Replace the lifecycle rules

        Refused, and the former rules kept, if the back-end would not honour them exactly."""
        return self.backend.set_lifecycle(Ref(namespace, bucket), body)

    @operation("delete_bucket_lifecycle", Role.ADMIN, status=HTTPStatus.NO_CONTENT, errors=_CHANGE)
    def delete(self, bucket: str, namespace: str | None = None) -> None:
        """Remove the lifecycle rules"""
        self.backend.delete_lifecycle(Ref(namespace, bucket))


class BucketPolicy(BackendResource):
    backend: BucketStore

    @operation("get_bucket_policy", Role.ADMIN, returns=dict, errors=_NOT_SET)
    def get(self, bucket: str, namespace: str | None = None) -> Policy:
        """Get the bucket policy"""
        return self.backend.get_policy_document(Ref(namespace, bucket))

    @operation(
        "set_bucket_policy",
        Role.ADMIN,
        returns=dict,
        body=Body(dict, free=True, example=_POLICY),
        errors=_CHANGE,
    )
    def put(self, bucket: str, body: Policy, namespace: str | None = None) -> Policy:
        """Replace the bucket policy

        The body is the policy document as S3 defines it. One that would deny the owner is
        refused."""
        return self.backend.set_policy_document(Ref(namespace, bucket), body)

    @operation("delete_bucket_policy", Role.ADMIN, status=HTTPStatus.NO_CONTENT, errors=_CHANGE)
    def delete(self, bucket: str, namespace: str | None = None) -> None:
        """Remove the bucket policy"""
        self.backend.delete_policy_document(Ref(namespace, bucket))


class BucketCors(BackendResource):
    backend: BucketStore

    @operation("get_bucket_cors", Role.ADMIN, returns=Cors, errors=_NOT_SET)
    def get(self, bucket: str, namespace: str | None = None) -> Cors:
        """Get the CORS rules"""
        return self.backend.get_cors(Ref(namespace, bucket))

    @operation(
        "set_bucket_cors", Role.ADMIN, returns=Cors, body=Body(Cors, example=_CORS), errors=_CHANGE
    )
    def put(self, bucket: str, body: Cors, namespace: str | None = None) -> Cors:
        """Replace the CORS rules"""
        return self.backend.set_cors(Ref(namespace, bucket), body)

    @operation("delete_bucket_cors", Role.ADMIN, status=HTTPStatus.NO_CONTENT, errors=_CHANGE)
    def delete(self, bucket: str, namespace: str | None = None) -> None:
        """Remove the CORS rules"""
        self.backend.delete_cors(Ref(namespace, bucket))


class BucketAcl(BackendResource):
    backend: AclReader

    @operation("get_bucket_acl", Role.ADMIN, returns=Acl, errors=NO_BUCKET)
    def get(self, bucket: str, namespace: str | None = None) -> Acl:
        """Get the access control list"""
        return self.backend.get_acl(Ref(namespace, bucket))
