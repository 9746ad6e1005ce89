"""``sapi``, the command line. It needs the extra ``cli``."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """What the program ``sapi`` runs."""
    try:
        import click  # noqa: F401, PLC0415  # optional
        import rich  # noqa: F401, PLC0415
    except ImportError:
        sys.exit("sapi needs more packages: pip install 'storage-api-client[cli]'")
    from storage_api_client.cli.program import run  # noqa: PLC0415  # needs them

    sys.exit(run())
