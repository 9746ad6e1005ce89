"""What an operator says on the command line of the reconciler."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from storage_api.backends.cscs.drivers.base import DeletePolicy

_SHORTEST, _LONGEST = 1.0, 86_400.0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Exits with 2 and names the mistake, if there is one."""
    parser = argparse.ArgumentParser(
        prog="python -m storage_api.backends.cscs.reconcile",
        description="Carry out the orders of Waldur on one storage system. "
        "SAPI_BACKENDS says which Waldur, as for the service.",
        allow_abbrev=False,
    )
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--once", action="store_true", help="look at everything once")
    when.add_argument(
        "--interval", type=_seconds, metavar="SECONDS", help="again and again, until SIGTERM"
    )
    parser.add_argument("--backend", help="endpoint in SAPI_BACKENDS, if several are CscsStorage")
    parser.add_argument(
        "--storage-system",
        action="append",
        metavar="NAME",
        help="only this one of the option storage_systems; may be repeated",
    )
    parser.add_argument("--journal", type=Path, required=True, help="file of what was done")
    parser.add_argument(
        "--delete-policy",
        choices=[policy.value for policy in DeletePolicy],
        default=DeletePolicy.ARCHIVE.value,
        help="what becomes of data whose resource is terminated (default: archive)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")
    parser.add_argument("--driver", choices=("directory", "vast"), required=True)
    _add_directory(parser.add_argument_group("--driver directory"))
    _add_vast(parser.add_argument_group("--driver vast"))
    return parser.parse_args(arguments)


def _add_directory(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--root", type=Path, help="directory that stands for / of mount points")
    group.add_argument(
        "--quota-command",
        action="append",
        default=[],
        metavar="TEMPLATE",
        help="sets limits; may be repeated, all are run in this order; without it there are none",
    )
    group.add_argument("--usage-command", metavar="TEMPLATE", help="prints bytes and inodes in use")


def _add_vast(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--vast-url", help="https://host[:port] of the management service")
    group.add_argument("--vast-policy", help="name of the view policy for new views")
    group.add_argument("--vast-tenant-id", type=int)
    group.add_argument("--vast-token-file", type=Path, help="file with an API token")
    group.add_argument("--vast-user")
    group.add_argument("--vast-password-file", type=Path)
    group.add_argument("--vast-ca-file", type=Path, help="PEM file of the authority to trust")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not _SHORTEST <= seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(f"must lie between {_SHORTEST:g} and {_LONGEST:g}")
    return seconds
