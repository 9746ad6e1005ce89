"""What an offering should look like, out of the agent's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from waldur_site_agent.backend.exceptions import ConfigurationError

from waldur_site_agent_storage_api.settings import checked_measures, checked_settings

_KINDS: Mapping[type, str] = {str: "text", dict: "mapping"}
_SAME_NAMES = (
    "measured_unit",
    "description",
    "min_value",
    "max_value",
    "max_available_limit",
    "default_limit",
    "limit_period",
    "article_code",
)


def configured(path: Path, name: str) -> dict[str, Any]:
    """The offering called ``name`` in the agent's file, its settings checked.

    The agent's own loader is not asked: it wants the UUID that the offering has yet to get.

    Raises:
        ConfigurationError: the file, or the offering in it, will not do.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: {type(error).__name__}") from None
    offerings = document.get("offerings") if isinstance(document, dict) else None
    for offering in offerings if isinstance(offerings, list) else ():
        if isinstance(offering, dict) and offering.get("name") == name:
            return _checked(offering)
    raise ConfigurationError(f"{path}: no offering is called {name}")


def _checked(offering: Mapping[str, Any]) -> dict[str, Any]:
    for key in ("waldur_api_url", "waldur_api_token"):
        _need(offering, key, str)
    settings = checked_settings(_need(offering, "backend_settings", dict))
    components = _need(offering, "backend_components", dict)
    for name in components:
        row = _need(components, name, dict, "backend_components.")
        for key in ("label", "accounting_type", "measured_unit"):
            _need(row, key, str, f"backend_components.{name}.")
    checked_measures(components, settings.kind)
    return {**offering, "storage_unit": settings.option_storage_unit}


def _need(row: Mapping[str, Any], key: str, kind: type, where: str = "") -> Any:
    value = row.get(key)
    if not isinstance(value, kind) or not value:
        raise ConfigurationError(f"{where}{key} is missing, or is no {_KINDS[kind]}")
    return value


def components_of(offering: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As Waldur's API takes them."""
    return [
        {
            "type": kind,
            "name": row["label"],
            "billing_type": row["accounting_type"],
            **{name: row[name] for name in _SAME_NAMES if row.get(name) is not None},
            **({"limit_amount": row["limit"]} if row.get("limit") is not None else {}),
        }
        for kind, row in offering["backend_components"].items()
    ]


def options_of(offering: Mapping[str, Any]) -> dict[str, Any]:
    """What the order form asks for where no component has a limit."""
    unit = offering["storage_unit"]
    return {
        "storage_limit": {
            "type": "integer",
            "label": f"Storage limit ({_unit(unit)})",
            "help_text": "Most that may be stored; empty is the provider's default.",
            "required": False,
            "min": 1,
        },
        "object_limit": {
            "type": "integer",
            "label": "Object limit",
            "help_text": "Most objects that may be stored; empty is the provider's default.",
            "required": False,
            "min": 1,
        },
    }


def _unit(size: int) -> str:
    names = {10**6: "MB", 10**9: "GB", 10**12: "TB", 2**20: "MiB", 2**30: "GiB", 2**40: "TiB"}
    return names.get(size, f"units of {size} bytes")
