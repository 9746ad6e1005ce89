"""``waldur-storage-api-offering``: run it as often as you like, it changes only what differs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from math import inf, nan
from pathlib import Path
from typing import Any

from waldur_site_agent.backend.exceptions import ConfigurationError

from waldur_site_agent_storage_api.offering.steps import Step, changes, creation, find, new
from waldur_site_agent_storage_api.offering.waldur import Waldur, WaldurError
from waldur_site_agent_storage_api.offering.wanted import configured

_DONE, _FAILED, _WRONG = 0, 1, 2


def main() -> None:
    """Exit codes: 0 all is as it should be, 1 Waldur refused, 2 the configuration is wrong."""
    given = _arguments()
    try:
        offering = configured(given.config, given.offering)
        prices = dict(map(_price, given.price))
        if unknown := prices.keys() - offering["backend_components"].keys():
            raise ConfigurationError(f"--price: there is no component {', '.join(sorted(unknown))}")
        sys.exit(_run(given, offering, prices))
    except ConfigurationError as error:
        print(f"waldur-storage-api-offering: {error}", file=sys.stderr)  # noqa: T201 - a program
        sys.exit(_WRONG)
    except WaldurError as error:
        print(f"waldur-storage-api-offering: {error}", file=sys.stderr)  # noqa: T201 - a program
        sys.exit(_FAILED)


def _run(
    given: argparse.Namespace, offering: Mapping[str, Any], prices: Mapping[str, float]
) -> int:
    verify = offering.get("verify_ssl", True)
    with Waldur(offering["waldur_api_url"], offering["waldur_api_token"], verify=verify) as waldur:
        customer = _customer(waldur, given.provider)
        found = find(waldur, offering, customer["uuid"])
        if found is None:
            step = creation(waldur, offering, customer, given.category)
            found = _do(step, dry=given.dry_run) or new(offering)
        for step in changes(waldur, offering, found, prices, activate=given.activate):
            _do(step, dry=given.dry_run)
        if found["uuid"]:
            _say(f"waldur_offering_uuid: {found['uuid']!r}")
    return _DONE


def _customer(waldur: Waldur, slug: str) -> dict[str, Any]:
    for row in waldur.every("customers/", slug=slug):
        if row["slug"] == slug:
            return row
    raise WaldurError(f"no organisation has the slug {slug}")


def _do(step: Step, *, dry: bool) -> Any:
    _say(f"would {step.text}" if dry else step.text)
    return None if dry else step.do()


def _price(text: str) -> tuple[str, float]:
    name, _, amount = text.partition("=")
    try:
        price = float(amount)
    except ValueError:
        price = nan
    if not 0 <= price < inf:
        raise ConfigurationError(f"--price {text}: give COMPONENT=AMOUNT")
    return name, price


def _say(text: str) -> None:
    print(text)  # noqa: T201 - a program


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="waldur-storage-api-offering",
        description="Make Waldur's offering fit the agent's configuration.",
    )
    parser.add_argument("-c", "--config", type=Path, required=True, help="the agent's YAML file")
    parser.add_argument("-o", "--offering", required=True, help="its name in that file")
    parser.add_argument("--provider", required=True, help="slug of the providing organisation")
    parser.add_argument("--category", default="Storage", help="title of the category")
    parser.add_argument(
        "--price", action="append", default=[], metavar="COMPONENT=AMOUNT", help="a month's"
    )
    parser.add_argument("--activate", action="store_true", help="let consumers order it")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    return parser.parse_args()
