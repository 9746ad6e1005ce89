"""What stands at the back-end for a resource of Waldur, and whose it is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from waldur_site_agent.backend import logger
from waldur_site_agent.backend.exceptions import BackendError

from storage_api_client import Conflict, Forbidden, Full, Invalid, NotFound, NotSupported
from waldur_site_agent_storage_api.errors import StorageApiUnavailable
from waldur_site_agent_storage_api.kinds.base import Kind, Limits, Record
from waldur_site_agent_storage_api.ledger import Entry, Ledger, Mode
from waldur_site_agent_storage_api.names import uuid_of

_REFUSALS = (Invalid, Conflict, Forbidden, NotFound, NotSupported, Full)
_LIMITS = ("max_bytes", "max_objects")
_JOB_SECONDS = 60.0
_RUNNING = frozenset(("queued", "running"))


@dataclass(frozen=True)
class Made:
    """``record`` is the create's own answer, with a new account's key."""

    name: str
    record: Record


class Objects:
    """Raises the client's ``ApiError``, and ``BackendError`` for what is not ours."""

    def __init__(self, kind: Kind, ledger: Ledger, *, adopts: bool) -> None:
        self._kind = kind
        self._ledger = ledger
        self._adopts = adopts

    # Whose

    def owner(self, name: str, record: Record) -> str | None:
        """The resource that ``name`` was made for; ``None`` where nothing proves any."""
        stamp = self._kind.stamp(record)
        if stamp is not None:
            return stamp
        entry = self._ledger.entry(name)
        if entry is None:
            return None
        known, found = entry.backend_uuid, record.get("uuid")
        # Removed behind our back and made anew by somebody else.
        if known and found and known != found:
            return None
        return entry.resource

    def is_free(self, name: str) -> bool:
        """Whether it is there, and made for no resource that is known here."""
        record = self._kind.find(name)
        return record is not None and self.owner(name, record) is None

    def need_own(self, name: str) -> Record:
        record = self._kind.find(name)
        if record is None:
            raise BackendError(f"{name} does not exist")
        if self.owner(name, record) is None:
            raise BackendError(f"{name} was not made by this agent, and is left alone")
        return record

    def adopt(self, resource: Any) -> None:
        """Take what was imported, and nobody's, as made for the resource; if settings say so."""
        name = resource.backend_id
        if not self._adopts or self._ledger.entry(name) is not None:
            return
        record = self._kind.find(name)
        if record is not None and self._kind.stamp(record) is None:
            self._ledger.enter(name, uuid_of(resource), record.get("uuid"))
            logger.info("%s is taken over for resource %s", name, resource.uuid)

    # Its life

    def ensure(self, resource: Any, former: str, limits: Limits) -> Made:
        """What the resource should have; made now, or by an earlier attempt."""
        with self._ledger.lock(former or self._kind.name(resource)):
            made = self._made(resource, former, limits)
            self._ledger.enter(made.name, uuid_of(resource), made.record.get("uuid"))
            self._note(made.name, made.record, limits)
            return made

    def _made(self, resource: Any, former: str, limits: Limits) -> Made:
        if self._kind.has_keys:
            if former and self._kind.find(former) is None:
                self._ledger.begin(former, uuid_of(resource))
            record = self._kind.create("", resource, limits)
            return Made(record["name"], record)
        name = former or self._kind.name(resource)
        record_or_none = self._kind.find(name)
        if record_or_none is None:
            return Made(name, self._create(name, resource, limits))
        self._need(name, record_or_none, resource)
        self._finish(name, record_or_none, resource, limits)
        self._fit(name, record_or_none, limits)
        return Made(name, self.need_own(name))

    def _create(self, name: str, resource: Any, limits: Limits) -> Record:
        """The entry comes first: after a crash it alone tells that the object is ours."""
        self._kind.check(limits)
        self._ledger.begin(name, uuid_of(resource))
        try:
            return self._kind.create(name, resource, limits)
        except _REFUSALS as error:
            # Nothing of that name is ours. After any other error there may be.
            if not error.may_have_happened:
                self._ledger.forget(name)
            raise

    def _finish(self, name: str, record: Record, resource: Any, limits: Limits) -> None:
        """Where it should have a stamp and shows none, making it may have broken off half-way.

        The same request then finishes it; a conflict says that it is finished.
        """
        if self._kind.stamped and self._kind.stamp(record) is None:
            with suppress(Conflict):
                self._kind.create(name, resource, limits)

    def _fit(self, name: str, record: Record, limits: Limits) -> None:
        """An earlier attempt may have ended before it set the limits."""
        try:
            held = self._kind.limits(name, record)
        except NotSupported:
            return
        if limits != Limits() and held != limits:
            self._kind.set_limits(name, limits)

    def remove(self, resource: Any, policy: Literal["delete", "purge", "keep"]) -> None:
        """Of no effect where it is gone."""
        names = [resource.backend_id] if resource.backend_id else self._kind.made_for(resource)
        for name in names:
            with self._ledger.lock(name):
                self._remove(name, resource, policy, told=bool(resource.backend_id))

    def _remove(self, name: str, resource: Any, policy: str, *, told: bool) -> None:
        record = self._kind.find(name)
        if record is None:
            self._ledger.forget(name)
            return
        if not told and self.owner(name, record) != uuid_of(resource):
            # Only a namesake: the order for this resource failed before anything was made.
            return
        self._need(name, record, resource)
        if policy == "keep":
            entry = self._ledger.entry(name)
            paused = entry is not None and entry.mode == "paused"
            if not paused and not self._switch(name, record, "paused"):
                logger.warning("%s is kept, and still open in part: see the manual", name)
            return
        job = self._kind.delete(name, purge=policy == "purge")
        if job:
            self._wait(job)
        self._ledger.forget(name)

    def _need(self, name: str, record: Record, resource: Any) -> None:
        if self.owner(name, record) != uuid_of(resource):
            raise BackendError(f"{name} exists and was not made for this resource; left alone")

    def _wait(self, job: Record) -> None:
        end = time.monotonic() + _JOB_SECONDS
        while job["state"] in _RUNNING and time.monotonic() < end:
            time.sleep(0.5)
            job = self._kind.client.request("GET", f"/v3/jobs/{job['id']}")
        if job["state"] in _RUNNING:
            raise StorageApiUnavailable("the purge is still under way")
        if job["state"] != "done":
            reasons = "; ".join(job.get("errors") or [])
            raise BackendError(f"the purge ended as {job['state']}: {reasons}")

    # Limits

    def limits(self, name: str) -> Limits:
        """What it has when access is normal, as it was asked for: the back-end may round.

        Unlimited where the back-end has no quotas.
        """
        entry = self._ledger.entry(name)
        if entry is not None and "max_bytes" in entry.kept:
            return _asked(entry, Limits(entry.kept["max_bytes"], entry.kept["max_objects"]))
        record = self._kind.find(name)
        if record is None:
            return Limits()
        try:
            held = self._kind.limits(name, record)
        except NotSupported:
            return Limits()
        # What a pause leaves, where the ledger that knows of it is lost.
        return Limits() if held == Limits(0, 0) else _asked(entry, held)

    def _note(self, name: str, record: Record, wanted: Limits) -> None:
        """Next to what the back-end holds now, what it was asked for."""
        if wanted == Limits():
            return
        try:
            held = self._kind.limits(name, record)
        except NotSupported:
            return
        self._ledger.set_asked(
            name,
            {
                what: {str(figure): asked}
                for what in _LIMITS
                if (asked := getattr(wanted, what)) is not None
                and (figure := getattr(held, what)) is not None
            },
        )

    def resize(self, name: str, wanted: Limits) -> None:
        with self._ledger.lock(name):
            record = self.need_own(name)
            held = self.limits(name)
            limits = Limits(
                held.max_bytes if wanted.max_bytes is None else wanted.max_bytes,
                held.max_objects if wanted.max_objects is None else wanted.max_objects,
            )
            _check(name, limits, self._kind.used(name, record))
            entry = self._ledger.entry(name)
            if entry is not None and "max_bytes" in entry.kept:
                kept = {"max_bytes": limits.max_bytes, "max_objects": limits.max_objects}
                self._ledger.set_mode(name, entry.mode, {**entry.kept, **kept})
            else:
                self._kind.set_limits(name, limits)
                self._note(name, self.need_own(name), limits)

    # Access

    def switch(self, name: str, mode: Mode) -> bool:
        """Whether access is now as ``mode`` says. Asks nobody where it is so already."""
        entry = self._ledger.entry(name)
        if (entry.mode if entry else "normal") == mode:
            return entry is None or not entry.kept.get("partly")
        with self._ledger.lock(name):
            return self._switch(name, self.need_own(name), mode)

    def _switch(self, name: str, record: Record, mode: Mode) -> bool:
        entry = self._ledger.entry(name)
        if entry is None:
            self._ledger.enter(name, self.owner(name, record) or "", record.get("uuid"))
        was_normal = entry is None or entry.mode == "normal"
        kept = entry.kept if entry and not was_normal else self._kind.access(record)
        # First on the disk, so that a crash cannot lose what is to be put back.
        self._ledger.set_mode(name, "changing", kept)
        if not was_normal:
            wanted = self.limits(name)
            self._kind.restore(name, kept)
            if "max_bytes" in kept:
                self._note(name, record, wanted)
        if mode == "normal":
            self._ledger.set_mode(name, mode, {})
            return True
        done = self._kind.pause(name) if mode == "paused" else self._kind.downscale(name)
        self._ledger.set_mode(name, mode, {**kept, "partly": not done})
        return done


def _asked(entry: Entry | None, held: Limits) -> Limits:
    known: Mapping[str, Mapping[str, int]] = entry.asked if entry is not None else {}
    figures = {what: getattr(held, what) for what in _LIMITS}
    return Limits(
        **{what: known.get(what, {}).get(str(found), found) for what, found in figures.items()}
    )


def _check(name: str, limits: Limits, used: Limits) -> None:
    for what, limit, figure in (
        ("bytes", limits.max_bytes, used.max_bytes),
        ("objects", limits.max_objects, used.max_objects),
    ):
        if limit is not None and figure is not None and limit < figure:
            raise BackendError(f"{name} holds {figure} {what}, more than the new limit of {limit}")
