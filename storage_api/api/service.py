"""The flask-restx API: our error handling and our Swagger page in the place of its own."""

from typing import Any

from flask import Flask, Response, current_app, render_template
from flask_restx import Api

from storage_api import __version__
from storage_api.api.descriptions import describe_at
from storage_api.api.documentation import complete
from storage_api.security.principal import current_principal

_AUTHORIZATIONS = {
    "session": {
        "type": "apiKey",
        "in": "header",
        "name": "Cookie",
        "description": "[Sign on](/login), and a browser sends the cookie by itself.",
    },
    "bearer": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "An access token of the site's provider, sent as `Bearer …`.",
    },
}


class ServiceApi(Api):
    """Errors go to Flask's own handlers.

    flask-restx would pick the first registered handler that matches instead of the
    closest, put an exception's ``data`` on the wire and rename our content type.
    """

    def __init__(self) -> None:
        super().__init__(
            title="Storage API",
            version=__version__,
            description="Volumes, buckets, users, quotas and usage of every storage system.",
            authorizations=_AUTHORIZATIONS,
            license="Apache-2.0",
            doc="/",
        )
        self._document: dict[str, Any] | None = None

    def _register_specs(self, app: Flask) -> None:
        """flask-restx would encode the document anew for every request, and has but one form."""
        describe_at(app, lambda: self.__schema__)

    def error_router(self, original_handler: Any, e: BaseException) -> Any:
        return original_handler(e)

    @property
    def __schema__(self) -> dict[str, Any]:
        if self._document is None:
            self._document = complete(super().__schema__, self, current_app)
        return self._document

    def render_doc(self) -> Response:
        return Response(
            render_template("swagger.html", title=self.title, principal=current_principal()),
            content_type="text/html; charset=utf-8",
        )
