"""Names that nobody gave: derived once, stored with the allocation, never derived again."""

import hashlib
import re
import unicodedata

from storage_api.domain.errors import Invalid

# What the strictest vendor takes, which is S3's rule without dots.
_NAMESPACE_LENGTH = 48
_BUCKET_LENGTH = 63
_HASH_LENGTH = 8
_HASHED = re.compile(rf"-[0-9a-f]{{{_HASH_LENGTH}}}$")
_BUCKET_FRAME = "lab-{}-bucket"


def namespace_for(name: str) -> str:
    """The namespace of an allocation; different names never share one.

    Letters lose their accents, everything but a-z and 0-9 becomes a dash. A name that was
    altered or cut on the way gets a hash of the whole, and so does one that ends as if it had one.

    Raises:
        Invalid: nothing of the name is left.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = _slug(plain)
    if not slug:
        raise Invalid(f"No namespace can be derived from {name[:64]!r}: give 'namespace'.")
    if slug == name and len(slug) <= _NAMESPACE_LENGTH and not _HASHED.search(slug):
        return slug
    return _hashed(slug, name, _NAMESPACE_LENGTH)


def bucket_for(namespace: str) -> str:
    """``lab-<namespace>-bucket``; a hash stands for what a bucket's name cannot hold.

    Raises:
        Invalid: nothing of the namespace's name is left.
    """
    room = _BUCKET_LENGTH - len(_BUCKET_FRAME.format(""))
    slug = _slug(namespace.lower())
    if not slug:
        raise Invalid(f"No bucket can be derived from {namespace!r}: give 'bucket'.")
    kept = slug == namespace and len(slug) <= room
    return _BUCKET_FRAME.format(slug if kept else _hashed(slug, namespace, room))


def owner_for(namespace: str) -> str:
    """Object users may share one name space over all namespaces, so they begin with theirs."""
    return f"{namespace}-owner"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def _hashed(slug: str, original: str, room: int) -> str:
    digest = hashlib.sha256(original.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{slug[: room - _HASH_LENGTH - 1].rstrip('-')}-{digest}"
