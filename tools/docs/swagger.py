"""Writes what the service says of its API: swagger.json and openapi.json, into a folder.

No server is started and nothing is connected to. The back-ends are those of ``SAPI_BACKENDS``, or
two that have every family between them.
"""

import os
import secrets
import sys
import tempfile
from pathlib import Path

from storage_api.app import create_app
from storage_api.environment import SettingsError

EVERY_FAMILY = (
    "dummy🌈DummyStorage🦄cscs🌈CscsStorage🌈waldur_api_url🌈https://portal.example.org/"
    "🌈waldur_api_token🌈none🌈storage_systems🌈capstor=capstor🌈development_mode🌈true"
)


def main() -> None:
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as state:
        app = create_app(
            {
                # `make` has no settings of its own: this is where the environment comes in.
                "SAPI_BACKENDS": os.environ.get("SAPI_BACKENDS") or EVERY_FAMILY,  # noqa: TID251
                "SAPI_STATE_DIRECTORY": state,
                "SAPI_OAUTH_CLIENT_ID": "documentation",
                "SAPI_OAUTH_SECRET_KEY": secrets.token_urlsafe(),
                "SAPI_LOG_LEVEL": "WARNING",
            }
        )
        for route in ("specs", "openapi"):
            with app.test_request_context():
                answer = app.make_response(app.ensure_sync(app.view_functions[route])())
                name = app.url_map.bind("").build(route).lstrip("/")
            (folder / name).write_bytes(answer.get_data())


if __name__ == "__main__":
    try:
        main()
    except SettingsError as error:
        sys.exit(str(error))
