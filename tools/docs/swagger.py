"""Writes what the service says of its API to build/swagger.json and build/openapi.json.

No server is started and nothing is connected to. The back-ends are those of ``SAPI_BACKENDS``, or
two that have every family between them.
"""

import os
import secrets
import tempfile
from pathlib import Path

from storage_api.app import create_app

EVERY_FAMILY = (
    "dummy🌈DummyStorage🦄cscs🌈CscsStorage🌈waldur_api_url🌈https://portal.example.org/"
    "🌈waldur_api_token🌈none🌈storage_systems🌈capstor=capstor🌈development_mode🌈true"
)
_BUILD = Path(__file__).parents[2] / "build"


def main() -> None:
    _BUILD.mkdir(exist_ok=True)
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
            (_BUILD / name).write_bytes(answer.get_data())


if __name__ == "__main__":
    main()
