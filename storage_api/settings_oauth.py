"""The identity provider's part of the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from storage_api.domain.secrets import Secret
from storage_api.environment import RESERVED_ENDPOINTS, file_of, secret_of, url_of

_CALLBACK = re.compile(r"/[A-Za-z0-9_~.-]+(/[A-Za-z0-9_~.-]+)*")


@dataclass(frozen=True)
class OAuthSettings:
    """The site's identity provider."""

    client_id: str
    secret_key: Secret
    token_url: str
    authorize_url: str
    groups_url: str
    callback_path: str
    metadata_url: str | None
    groups_claim: str
    ca_file: str | None
    audience: str | None


def oauth_of(
    environ: Mapping[str, str], mistakes: list[str], *, debug: bool
) -> OAuthSettings | None:
    client_id = environ.get("SAPI_OAUTH_CLIENT_ID", "")
    secret_key = secret_of(environ, "SAPI_OAUTH_SECRET_KEY")
    if debug and (client_id or secret_key) and environ.get("SAPI_ALLOW_DEBUG_LOGIN") != "1":
        mistakes.append(
            "FLASK_DEBUG is set and so is an OAuth client: everybody could make themselves an "
            "uber-admin. If that is meant, set SAPI_ALLOW_DEBUG_LOGIN=1"
        )
    if not client_id or not secret_key:
        if not debug:
            mistakes.extend(
                f"{name} is not set (needed unless FLASK_DEBUG=1)"
                for name, value in (
                    ("SAPI_OAUTH_CLIENT_ID", client_id),
                    ("SAPI_OAUTH_SECRET_KEY", secret_key),
                )
                if not value
            )
        return None
    return OAuthSettings(
        client_id=client_id,
        secret_key=secret_key,
        token_url=url_of(
            environ, "SAPI_OAUTH_TOKEN_URL", "https://oauth.web.cern.ch/OAuth/Token", mistakes
        ),
        authorize_url=url_of(
            environ,
            "SAPI_OAUTH_AUTHORIZE_URL",
            "https://oauth.web.cern.ch/OAuth/Authorize",
            mistakes,
        ),
        groups_url=url_of(
            environ,
            "SAPI_OAUTH_GROUPS_URL",
            "https://oauthresource.web.cern.ch/api/Groups",
            mistakes,
        ),
        callback_path=_callback_path(environ, mistakes),
        metadata_url=(
            url_of(environ, "SAPI_OAUTH_METADATA_URL", "", mistakes)
            if environ.get("SAPI_OAUTH_METADATA_URL")
            else None
        ),
        groups_claim=environ.get("SAPI_OAUTH_GROUPS_CLAIM") or "groups",
        ca_file=file_of(environ, "SAPI_OAUTH_CA_FILE", mistakes),
        audience=environ.get("SAPI_OAUTH_AUDIENCE") or None,
    )


def _callback_path(environ: Mapping[str, str], mistakes: list[str]) -> str:
    path = environ.get("SAPI_OAUTH_CALLBACK_URL_RELATIVE") or "/oauth-done"
    if not _CALLBACK.fullmatch(path) or path.split("/")[1] in RESERVED_ENDPOINTS:
        mistakes.append("SAPI_OAUTH_CALLBACK_URL_RELATIVE must be a free path such as /oauth-done")
    return path
