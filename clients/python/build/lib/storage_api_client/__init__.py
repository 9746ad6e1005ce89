"""A small typed client of storage-api: one API for every storage system of a site.

``Client`` is where to begin::

    with Client("https://storage.example.org", token_file="token") as client:
        for volume in client.backend("filer").volumes.list(name="projects_*"):
            print(volume["name"], volume["size_total"])
"""

from storage_api_client.backend import Backend, Scope
from storage_api_client.client import Client
from storage_api_client.errors import (
    AlreadyExists,
    ApiError,
    ConfigurationError,
    Conflict,
    Forbidden,
    Full,
    Invalid,
    JobFailed,
    NotFound,
    NotSupported,
    Unavailable,
)
from storage_api_client.jobs import Job
from storage_api_client.version import __version__

__all__ = [
    "AlreadyExists",
    "ApiError",
    "Backend",
    "Client",
    "ConfigurationError",
    "Conflict",
    "Forbidden",
    "Full",
    "Invalid",
    "Job",
    "JobFailed",
    "NotFound",
    "NotSupported",
    "Scope",
    "Unavailable",
    "__version__",
]
