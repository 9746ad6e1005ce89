"""What an operator sets for a NetApp filer."""

from dataclasses import dataclass

from storage_api.domain.secrets import Secret


@dataclass(frozen=True)
class NetappOptions:
    """``hostname`` defaults to the vserver's name."""

    username: str
    password: Secret
    vserver: str
    hostname: str | None = None
