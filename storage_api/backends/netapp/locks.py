"""The locks that clients hold on files of a volume."""

import ipaddress
import socket
from collections.abc import Iterable

from storage_api.backends.netapp.base import NetappBase
from storage_api.backends.netapp.client import Json
from storage_api.backends.netapp.mapping import checked
from storage_api.backends.netapp.refusals import AMBIGUOUS, code_of
from storage_api.backends.volumes import LockStore
from storage_api.domain.errors import BackendUnavailable, Conflict, NotFound, NotSupported
from storage_api.domain.models import Lock

_LOCKS = "protocols/locks"
_FIELDS = "uuid,client_address"
_ATTEMPTS = 3

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Locks(NetappBase, LockStore):
    def get_lock(self, volume: str) -> list[Lock]:
        """Each address that holds a lock on a file of the volume, once, by any protocol.

        ONTAP walks the locks that are held at this moment; it knows clients by address only.
        """
        rows = self._locks(self._existing_volume(volume, "name")["name"])
        return [Lock(host=address) for address in dict.fromkeys(_addresses(rows))]

    def create_lock(self, volume: str, host: str) -> Lock:
        """Never: ONTAP shows and breaks locks, but only clients take them."""
        raise NotSupported(
            f"{volume!r} cannot be locked for {host!r} here: only clients lock files of a filer."
        )

    def delete_lock(self, volume: str, host: str) -> None:
        """Break every lock of ``host`` on files of the volume; if it has none, do nothing.

        A host name stands for all its IPv4 and IPv6 addresses. A lock that a client takes
        anew meanwhile is left to it.

        Raises:
            BackendUnavailable: the name service cannot tell now what the name stands for.
            Conflict: the filer does not let go of the locks.
        """
        name = self._existing_volume(volume, "name")["name"]
        rows = self._locks(name)
        if not rows:
            return
        meant = _resolve(host)
        for address in dict.fromkeys(_addresses(rows)):
            if _parse(address) in meant:
                self._break_locks(name, address, _uuids(rows))

    def _locks(self, volume: str, **query: str) -> list[Json]:
        wanted = {**self._svm(), "volume.name": volume, "fields": _FIELDS, **query}
        return self._ontap.records(_LOCKS, wanted)

    def _break_locks(self, volume: str, address: str, known: set[str]) -> None:
        """``known`` are the locks to break; asking again ends when none of them is left."""
        which = {**self._svm(), "volume.name": volume, "client_address": address}

        def is_held() -> bool:
            rows = self._locks(volume, client_address=address)
            return bool(known & _uuids(rows))

        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._ontap.delete(_LOCKS, which, repeatable=False)
            except NotFound:
                return
            except AMBIGUOUS as error:
                if code_of(error) is not None:
                    raise
                if not self._after(error, is_held):
                    return
                if attempt == _ATTEMPTS:
                    raise
            else:
                if not is_held():
                    return
        raise Conflict(f"The filer does not let go of the locks of {address}.")


@checked
def _addresses(rows: Iterable[Json]) -> list[str]:
    """In the order of their locks. Never an empty one: that would mean every client."""
    return [str(row["client_address"]) for row in rows if row.get("client_address")]


@checked
def _uuids(rows: Iterable[Json]) -> set[str]:
    return {row["uuid"] for row in rows}


def _parse(text: str) -> Address | None:
    """IPv4 inside IPv6 is the IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _resolve(host: str) -> set[Address]:
    address = _parse(host)
    if address is not None:
        return {address}
    if _is_old_number(host):
        return set()
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        return set()  # no name that DNS could hold
    except socket.gaierror as error:
        if error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}:
            return set()
        raise BackendUnavailable(
            f"The name service cannot tell now which addresses {host!r} has."
        ) from error
    parsed = (_parse(str(entry[4][0])) for entry in found)
    return {address for address in parsed if address is not None}


def _is_old_number(host: str) -> bool:
    """Whether the C library would read e.g. ``10.1`` as 10.0.0.1, some other client."""
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True
