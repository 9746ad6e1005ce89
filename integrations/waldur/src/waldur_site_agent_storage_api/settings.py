"""What an offering's ``backend_settings`` and ``backend_components`` may hold.

The agent runs these schemas too, but only warns and goes on with what it was given; so the
back-end validates again, and refuses to start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf
from pathlib import Path
from string import Formatter
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from waldur_site_agent.backend.exceptions import ConfigurationError
from waldur_site_agent.common.plugin_schemas import (
    PluginBackendSettingsSchema,
    PluginComponentSchema,
)

Measure = Literal["bytes", "objects", "byte_days", "object_days"]
KindName = Literal["volume", "bucket", "user", "namespace"]

NAME_FIELDS = frozenset(("customer_slug", "project_slug", "resource_slug", "uuid8"))
_PATH_FIELDS = NAME_FIELDS | {"name"}
#: Keys of the create request that follow from the order and from other settings.
_OWN_KEYS: Mapping[KindName, frozenset[str]] = {
    "volume": frozenset(("junction_path", "size_total")),
    "bucket": frozenset(("owner",)),
    "user": frozenset(
        ("uid", "organization", "project", "resource_uuid", "storage_limit", "object_limit")
    ),
    "namespace": frozenset(),
}
_SUBSYSTEM = re.compile(r"[A-Za-z0-9_.-]+")


class ComponentSettings(PluginComponentSchema):
    """What this plugin adds to a component.

    ``measure`` says what the component counts, in units of ``unit_factor``: ``bytes`` or
    ``objects`` as they are now, or ``byte_days`` or ``object_days`` out of the service's metering.
    """

    measure: Measure | None = None


class Settings(PluginBackendSettingsSchema):
    """``backend_settings`` of an offering; docs/portals/waldur.md tells what each one does."""

    api_url: str = Field(pattern=r"^https?://[^/?#]+/?$")
    api_token_file: Path | None = None
    verify_ssl: bool = True
    ca_file: Path | None = None
    timeout: float = Field(default=30.0, gt=0, le=300)

    subsystem: str
    kind: KindName
    namespace: str | None = None
    name_template: str = "{project_slug}-{resource_slug}"
    junction_template: str = "/{name}"
    bucket_owner: str = "{project_slug}"
    create_with: dict[str, Any] = Field(default_factory=dict)
    endpoints: dict[str, str] = Field(default_factory=dict)
    option_storage_unit: int = Field(default=10**9, gt=0)
    check_capacity: bool = False

    delete_policy: Literal["delete", "purge", "keep"] = "delete"
    pause_policy: str | None = None
    downscale_policy: str | None = None
    adopt_imported: bool = False
    state_directory: Path = Path("/var/lib/waldur-site-agent-storage-api")

    # The agent itself reads these.
    check_backend_id_uniqueness: bool = False
    check_all_offerings: bool = False
    backend_id_max_retries: int = 50
    default_homedir_umask: str = "0077"
    project_prefix: str = ""

    @field_validator("subsystem")
    @classmethod
    def _is_an_endpoint(cls, value: str) -> str:
        if not _SUBSYSTEM.fullmatch(value):
            raise ValueError("must be the endpoint name of a back-end")
        return value

    @field_validator("name_template", "bucket_owner")
    @classmethod
    def _knows_its_fields(cls, value: str) -> str:
        return _checked(value, NAME_FIELDS)

    @field_validator("junction_template")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        if not value.startswith("/"):
            raise ValueError("must begin with a slash")
        return _checked(value, _PATH_FIELDS)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if own := _OWN_KEYS[self.kind] & self.create_with.keys():
            raise ValueError(f"create_with must not have {sorted(own)}: orders and settings say it")
        if self.ca_file is not None and not self.verify_ssl:
            raise ValueError("ca_file is for checking certificates, and verify_ssl is false")
        if self.kind != "volume" and (self.pause_policy or self.downscale_policy):
            raise ValueError("pause_policy and downscale_policy are export policies of volumes")
        if self.kind == "volume" and self.namespace is not None:
            raise ValueError("volumes are in no namespace")
        if self.kind == "namespace" and self.namespace is not None:
            raise ValueError("a namespace is in no other")
        if self.kind == "volume" and self.delete_policy == "purge":
            raise ValueError("volumes know no purge; their delete_policy is delete or keep")
        if self.kind == "volume" and self.delete_policy == "keep" and self.pause_policy is None:
            raise ValueError("to keep a volume and take access away needs a pause_policy")
        return self


def checked_settings(given: Mapping[str, Any]) -> Settings:
    """Raises ``ConfigurationError`` with every mistake, and never with a value."""
    try:
        return Settings(**given)
    except ValidationError as error:
        raise ConfigurationError(f"backend_settings: {_mistakes(error)}") from None


def checked_measures(components: Mapping[str, Mapping[str, Any]], kind: KindName) -> set[str]:
    """The names of the components that this plugin serves.

    Those without ``measure`` are others' (the agent also adds what it finds in Waldur).

    Raises:
        ConfigurationError: a measure is unknown or cannot be had of ``kind``, or there is none.
    """
    served = set()
    limited: dict[str, str] = {}
    for name, component in components.items():
        measure = component.get("measure")
        if measure is None:
            continue
        try:
            ComponentSettings(measure=measure)
        except ValidationError as error:
            raise ConfigurationError(f"backend_components.{name}: {_mistakes(error)}") from None
        if kind == "volume" and measure != "bytes":
            raise ConfigurationError(f"backend_components.{name}: of volumes only bytes are known")
        _check_unit(name, component)
        if component.get("accounting_type") == "limit":
            if measure not in {"bytes", "objects"}:
                raise ConfigurationError(f"backend_components.{name}: {measure} cannot be limited")
            if (other := limited.setdefault(measure, name)) != name:
                raise ConfigurationError(
                    f"backend_components.{name}: {other} limits the {measure} already"
                )
        served.add(name)
    if not served:
        raise ConfigurationError("backend_components: none says what it measures")
    return served


def _check_unit(name: str, component: Mapping[str, Any]) -> None:
    factor = component.get("unit_factor", 1)
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < inf:
        raise ConfigurationError(f"backend_components.{name}: unit_factor must be above 0")


def _checked(template: str, known: frozenset[str]) -> str:
    used = {field for _, field, _, _ in Formatter().parse(template) if field is not None}
    if unknown := used - known:
        raise ValueError(f"unknown fields {sorted(unknown)}; known are {sorted(known)}")
    if not used:
        raise ValueError("has no field, so all resources would have one name")
    return template


def _mistakes(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, mistake['loc'])) or 'all'}: {mistake['msg']}"
        for mistake in error.errors(include_url=False, include_input=False)
    )
