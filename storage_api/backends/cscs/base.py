"""What the parts of the back-end share: how Waldur is read, and how it is written to."""

from __future__ import annotations

from functools import cached_property

from storage_api.backends.cscs.actions import origin_of
from storage_api.backends.cscs.catalogue import Catalogue
from storage_api.backends.cscs.client import WaldurClient
from storage_api.backends.cscs.gids import GidResolver
from storage_api.backends.cscs.hpc_user import HpcUserClient, HpcUserSettings
from storage_api.backends.cscs.items import ItemWriter
from storage_api.backends.cscs.mapping import Rules
from storage_api.backends.cscs.quotas import QuotaRules
from storage_api.backends.cscs.reading import Reader
from storage_api.backends.cscs.settings import CscsOptions
from storage_api.backends.cscs.snapshot import COLLISION, Entry, Snapshot
from storage_api.backends.cscs.waiting import WaitingRoom
from storage_api.domain.errors import Conflict, NotFound
from storage_api.domain.secrets import Secret
from storage_api.transport.gate import Gate
from storage_api.transport.http import HttpClient, TransportSettings
from storage_api.transport.replicas import Replicas

_KIND = "Waldur"
#: A GID service that hangs must not make the list of Waldur's resources wait for long.
_LONGEST_GID_WAIT = 10.0


class CscsBase:
    """Built from options; connects on first use."""

    _replicas: Replicas

    def __init__(self, options: CscsOptions) -> None:
        self._options = options
        self._name = _KIND

    @cached_property
    def _waldur(self) -> WaldurClient:
        options = self._options
        http = self._http(self._name, options.socks_proxy, options.read_timeout)
        # One place is left for those who write while a list is read.
        return WaldurClient(
            http,
            options.waldur_root,
            options.waldur_api_token,
            name=self._name,
            at_once=options.concurrency - 1,
        )

    @cached_property
    def _gids(self) -> GidResolver:
        options = self._options
        return GidResolver(
            self._hpc_user(), invent=options.development_mode, at_once=options.concurrency
        )

    @cached_property
    def _rules(self) -> QuotaRules:
        options = self._options
        return QuotaRules(
            options.inode_soft_coefficient,
            options.inode_hard_coefficient,
            options.inode_base_multiplier,
            options.tb_bytes,
        )

    @cached_property
    def _mapping_rules(self) -> Rules:
        return Rules(self._rules, ignore_targets=self._options.use_mock_target_items)

    @cached_property
    def _reader(self) -> Reader:
        options = self._options
        origin = origin_of(options.waldur_root) or ("", "", 0)
        return Reader(
            self._waldur,
            self._gids,
            self._mapping_rules,
            ItemWriter(options.storage_file_system, origin),
            options.systems.values(),
        )

    @cached_property
    def _waiting(self) -> WaitingRoom:
        return WaitingRoom(2 * self._options.concurrency)

    @cached_property
    def _catalogue(self) -> Catalogue[Snapshot]:
        options = self._options
        # Of the whole Waldur: a reconciler may know fewer of its offerings.
        stamp = self._replicas.stamp("cscs", options.waldur_root)
        return Catalogue(
            self._reader.snapshot,
            stamp,
            self._waiting,
            lasts=options.cache_ttl,
        )

    def _living(self, volume: str, *, look_again: bool = False) -> Entry:
        """The one allocation of this name that is not removed.

        Raises:
            NotFound: there is none.
            Conflict: there are several.
        """
        snapshot = self._catalogue.get().value
        found = [entry for entry in snapshot.by_name.get(volume, ()) if not entry.is_removed]
        if not found and look_again:
            snapshot = self._catalogue.get(afresh=True).value
            found = [entry for entry in snapshot.by_name.get(volume, ()) if not entry.is_removed]
        if not found:
            raise NotFound(f"There is no volume {volume!r}.")
        if len(found) > 1:
            raise collision(volume)
        return found[0]

    def _hpc_user(self) -> HpcUserClient | None:
        options = self._options
        if not (
            options.hpc_user_api_url
            and options.hpc_user_oidc_token_url
            and options.hpc_user_client_id
            and options.hpc_user_client_secret
        ):
            return None
        patience = min(options.read_timeout, _LONGEST_GID_WAIT)
        http = self._http("The GID service", options.hpc_user_socks_proxy, patience)
        return HpcUserClient(
            http,
            HpcUserSettings(
                options.hpc_user_api_url,
                options.hpc_user_oidc_token_url,
                options.hpc_user_client_id,
                options.hpc_user_client_secret,
                options.hpc_user_oidc_scope,
            ),
        )

    def _http(self, name: str, proxy: Secret | None, patience: float) -> HttpClient:
        options = self._options
        settings = TransportSettings(
            name=name,
            connect_timeout=options.connect_timeout,
            read_timeout=patience,
            concurrency=options.concurrency,
            verify_tls=options.verify_tls,
            ca_file=options.ca_file,
            proxy=proxy.reveal() if proxy else None,
        )
        return HttpClient(settings, Gate(name, options.concurrency))


def collision(volume: str) -> Conflict:
    return Conflict(
        f"{COLLISION}: several resources of Waldur claim the path of volume {volume!r}, "
        "so nothing is done to any of them."
    )
