"""What S3 and boto3 raise, told in our errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    StorageError,
)

_ILL = frozenset(range(500, 600)) - {HTTPStatus.NOT_IMPLEMENTED}
#: Codes that say "later", also of one key in an answer about many.
BUSY = frozenset({"SlowDown", "ServiceUnavailable", "RequestTimeout", "InternalError"})


class KeyEndedError(Conflict):
    """The key was good a moment ago; somebody has deleted or rotated it since."""


_MEANINGS: dict[str, tuple[type[StorageError], str]] = {
    "NoSuchBucket": (NotFound, "There is no such bucket."),
    "BucketAlreadyExists": (AlreadyExists, "A bucket of that name exists."),
    "BucketAlreadyOwnedByYou": (AlreadyExists, "A bucket of that name exists."),
    "BucketNotEmpty": (Conflict, "The bucket is not empty."),
    "TooManyBuckets": (Conflict, "The owner has as many buckets as allowed."),
    "UserSuspended": (Conflict, "The bucket's owner is suspended."),
    "AccessDenied": (
        Conflict,
        (
            "The object store denies this to the bucket's owner; "
            "the bucket's policy or the owner's own limits forbid it."
        ),
    ),
    "InvalidBucketState": (Conflict, "The bucket's state forbids this."),
    "OperationAborted": (Conflict, "Somebody else is changing the bucket."),
    "ConcurrentModification": (Conflict, "Somebody else is changing the bucket."),
    "InvalidLocationConstraint": (Invalid, "There is no such placement."),
    "InvalidBucketName": (Invalid, "The object store does not accept that bucket name."),
    "InvalidTag": (Invalid, "The object store does not accept such a tag."),
    "InvalidArgument": (Invalid, "The object store does not accept a value."),
    "InvalidRequest": (Invalid, "The object store does not accept a value."),
    "MalformedXML": (Invalid, "The object store does not accept these rules."),
    "MalformedPolicy": (Invalid, "The object store does not accept this policy."),
    "NotImplemented": (NotSupported, "This object store has no such feature."),
    "MethodNotAllowed": (NotSupported, "This object store has no such feature."),
    "InvalidAccessKeyId": (KeyEndedError, "The owner's key has just ended; ask again."),
    "SignatureDoesNotMatch": (KeyEndedError, "The owner's key has just changed; ask again."),
    "RequestTimeTooSkewed": (BackendRefused, "The object store's clock and ours differ."),
}


class S3Refusal(Exception):
    """S3 said no; ``code`` is its reason. Stays between ``s3.py`` and this module."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def meaning(self) -> StorageError:
        if self.code in _MEANINGS:
            kind, text = _MEANINGS[self.code]
            return kind(text)
        return BackendMisbehaved(f"The object store refused a request: {self.code}.")


def refuse_page(name: str, response_dict: Mapping[str, Any]) -> None:
    """A web page comes from something in between; botocore would read it as an empty answer.

    One without a body is none: some servers call so whatever is empty.
    """
    kind = str(response_dict["headers"].get("content-type", "")).lower()
    is_page = kind.startswith("text/html") and bool(response_dict["body"])
    if is_page and response_dict["status_code"] not in _ILL:
        raise BackendMisbehaved(f"{name} sent an answer that is not S3.")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn boto3's exceptions into ours, or into an ``S3Refusal`` where S3 gave a reason."""
    try:
        yield
    except boto.ClientError as error:
        raise _answered(name, error) from error
    except boto.ParamValidationError:  # repeats the values
        raise Invalid("A value has a form that S3 does not know.") from None
    except ResponseParserError:  # repeats the whole answer
        raise BackendMisbehaved(f"{name} sent an answer that is not S3.") from None
    except boto.BotoCoreError as error:
        raise _not_answered(name, error) from error


def _answered(name: str, error: boto.ClientError) -> Exception:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(error.response.get("Error", {}).get("Code", "")).partition(":")[0]
    if status in _ILL or code in BUSY:
        return BackendUnavailable(f"{name} failed (HTTP {status}).")
    return S3Refusal(code if code.isalnum() else f"HTTP {status}")


def _tls_trouble(name: str, reason: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return f"{name} showed a TLS certificate that is not trusted."
    if "WRONG_VERSION_NUMBER" in reason or "HTTP_REQUEST" in reason:
        return f"{name} does not speak TLS there; its address may need http:// instead."
    return f"TLS with {name} failed."


def _not_answered(name: str, error: Exception) -> BackendError:
    if isinstance(error, boto.SSLError):
        return BackendMisbehaved(_tls_trouble(name, str(error)))
    if isinstance(error, boto.ConnectTimeoutError | boto.EndpointConnectionError):
        return BackendUnavailable(f"{name} cannot be reached.")
    if isinstance(error, boto.ReadTimeoutError):
        return BackendTimeout(f"{name} did not answer in time.")
    if isinstance(error, boto.HTTPClientError | boto.ConnectionClosedError):
        return BackendUnavailable(f"{name} cut the connection.")
    return BackendMisbehaved(f"{name} sent an answer that is not S3.")
