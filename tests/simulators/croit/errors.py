"""Refusals, each with the status and the text that croit gives it."""

from __future__ import annotations


class CroitError(Exception):
    """Becomes ``{"code": status, "message": text}``."""

    def __init__(self, status: int, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after


class Duplicate(CroitError):
    """Something exists already. The settings decide whether that is 409 or 500."""

    def __init__(self, message: str) -> None:
        super().__init__(409, message)


def invalid(message: str) -> CroitError:
    return CroitError(400, message)


def unauthorized() -> CroitError:
    return CroitError(401, "Unauthorized")


def forbidden() -> CroitError:
    return CroitError(403, "Insufficient permissions")


def missing(noun: str, name: object) -> CroitError:
    return CroitError(404, f"{noun} {name} not found")


def user_exists(uid: str) -> Duplicate:
    return Duplicate(f"could not create user: unable to create user, user: {uid} exists")


def email_taken() -> Duplicate:
    """Unlike for a user, the text does not say "exists"."""
    return Duplicate("could not create user: the email address is that of an existing user")


def key_taken() -> Duplicate:
    return Duplicate("could not create key: access key exists")


def has_buckets() -> CroitError:
    return CroitError(500, "Unable to remove user with buckets.")


def no_such_key() -> CroitError:
    return CroitError(500, "could not remove key: unable to find access key")


def not_empty(bucket: str) -> CroitError:
    return CroitError(500, f"could not remove bucket {bucket}: bucket is not empty")
