"""``storage-api`` as an operator runs it: a process with an environment."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.servers import DUMMY, ROOT, environment

PRODUCTION = {
    "FLASK_DEBUG": "",
    "SAPI_OAUTH_CLIENT_ID": "storage-api",
    "SAPI_OAUTH_SECRET_KEY": "s3cret-oauth",
    "SAPI_ROLE_ADMIN_GROUPS": "storage admins",
}


@dataclass(frozen=True)
class Ended:
    """What came of it."""

    code: int
    output: str
    errors: str


def run(*arguments: str, before: Sequence[str] = (), **settings: str) -> Ended:
    """In debug mode with DummyStorage, unless ``settings`` differ; ``before`` runs the command."""
    own = {"FLASK_DEBUG": "1", "SAPI_BACKENDS": DUMMY, **settings}
    done = subprocess.run(
        [*before, sys.executable, "-m", "storage_api.cli", *arguments],
        cwd=ROOT,
        env=environment(own),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    ended = Ended(done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in ended.errors, ended.errors
    assert "s3cret" not in ended.output + ended.errors
    return ended
