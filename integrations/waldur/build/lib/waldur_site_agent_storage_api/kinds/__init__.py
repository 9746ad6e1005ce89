"""What an offering sells: a volume, a bucket, a user's account or a namespace."""

from __future__ import annotations

from collections.abc import Mapping

from storage_api_client import Client
from waldur_site_agent_storage_api.kinds.base import Kind
from waldur_site_agent_storage_api.kinds.bucket import BucketKind
from waldur_site_agent_storage_api.kinds.namespace import NamespaceKind
from waldur_site_agent_storage_api.kinds.user import UserKind
from waldur_site_agent_storage_api.kinds.volume import VolumeKind
from waldur_site_agent_storage_api.settings import KindName, Settings

_KINDS: Mapping[KindName, type[Kind]] = {
    "volume": VolumeKind,
    "bucket": BucketKind,
    "user": UserKind,
    "namespace": NamespaceKind,
}


def kind_of(settings: Settings, client: Client) -> Kind:
    return _KINDS[settings.kind](settings, client)
