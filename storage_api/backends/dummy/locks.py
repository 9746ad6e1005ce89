"""Locks: one host a volume."""

from storage_api.backends.dummy.family import Family
from storage_api.backends.dummy.kinds import LOCK
from storage_api.backends.dummy.volumes import volume_of
from storage_api.backends.volumes import LockStore
from storage_api.domain.errors import LockHeld
from storage_api.domain.models import Lock, Ref


class DummyLocks(Family, LockStore):
    def get_lock(self, volume: str) -> list[Lock]:
        with self._store.view() as view:
            volume_of(view, volume)
            held = view.get(LOCK, Ref(None, volume))
        return [held] if held else []

    def create_lock(self, volume: str, host: str) -> Lock:
        lock = Lock(host=host)
        with self._store.transaction() as tx:
            volume_of(tx, volume)
            held = tx.get(LOCK, Ref(None, volume))
            if held is None:
                tx.put(LOCK, Ref(None, volume), lock)
            elif held != lock:
                raise LockHeld(f"The volume {volume!r} is already locked by {held.host}.")
        return lock

    def delete_lock(self, volume: str, host: str) -> None:
        with self._store.transaction() as tx:
            volume_of(tx, volume)
            if tx.get(LOCK, Ref(None, volume)) == Lock(host=host):
                tx.delete(LOCK, Ref(None, volume))
