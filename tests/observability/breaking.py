"""The service with one route that breaks in the middle of secrets; for ``--module`` of uWSGI."""

from flask import Flask

from storage_api.app import create_app
from storage_api.domain.errors import Conflict, Invalid

SECRET = "planted-secret"


def with_breaks(app: Flask) -> Flask:
    @app.route("/break/<how>", methods=["GET", "POST"])
    def break_down(how: str) -> str:
        password = f"{SECRET}-in-a-variable"
        if how == "conflict":
            raise Conflict("This is the caller's fault.")
        try:
            int(f"{SECRET}-in-a-message {password}")
        except ValueError as error:
            raise RuntimeError(f"{SECRET}-in-another-message") from error
        raise Invalid("not reached")

    return app


def application_of_environment() -> Flask:
    return with_breaks(create_app())
