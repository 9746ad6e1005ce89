"""authlib's client, bounded in time and size, and trusting no more than it must."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from flask import redirect, request, session
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from urllib3.exceptions import HTTPError, ReadTimeoutError
from werkzeug.wrappers import Response

from storage_api import __version__
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    Invalid,
    StorageError,
)
from storage_api.security.published import Published
from storage_api.transport.context import seconds_left

#: The signatures that we accept: never ``none``, never one made with a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")

_TIMEOUT_SECONDS = 10.0
_MAX_ANSWER_BYTES = 1024 * 1024
_CHUNK = 64 * 1024
_SERVER_ERROR = 500
#: Seconds that somebody has to sign on at the provider.
_PENDING_SECONDS = 900
#: Log-ins begun and not ended that the cookie remembers; the oldest is forgotten.
_PENDING = 2
_STATE_PREFIX = "_state_"
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_USEFUL = ("userinfo_endpoint", "end_session_endpoint")

log = structlog.get_logger(__name__)


class _Session(OAuth2Session):  # type: ignore[misc]  # authlib is untyped
    """Ends every call in time, reads no endless answer, ignores proxies and ``.netrc``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trust_env = False
        # Nothing that we read is unpacked, so a small answer cannot become a huge one.
        self.headers["Accept-Encoding"] = "identity"

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        end = time.monotonic() + seconds_left(_TIMEOUT_SECONDS)
        kwargs |= {"timeout": seconds_left(_TIMEOUT_SECONDS), "allow_redirects": False}
        with super().request(method, url, stream=True, **kwargs) as response:
            body = bytearray()
            while chunk := response.raw.read1(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > _MAX_ANSWER_BYTES:
                    raise BackendMisbehaved("The identity provider sent far too much.")
                if time.monotonic() > end:
                    raise BackendTimeout("The identity provider sends its answer too slowly.")
        response._content = bytes(body)  # noqa: SLF001  # what reading it all at once would set
        if response.status_code >= _SERVER_ERROR:
            raise BackendUnavailable(f"The identity provider answered HTTP {response.status_code}.")
        found: requests.Response = response
        return found


class OAuthClient(FlaskOAuth2App):  # type: ignore[misc]  # authlib is untyped
    """One provider's client; with ``server_metadata_url`` it finds the rest by discovery."""

    client_cls = _Session

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, user_agent=f"storage-api/{__version__}", **kwargs)
        self.framework.expires_in = _PENDING_SECONDS
        self._discovery = Published("endpoints", self._discover)
        self.keys = Published("keys", self._fetch_keys)

    def begin(self, callback_url: str, target: str) -> Response:
        """Send the browser to the provider; the cookie remembers what to expect back."""
        _forget_old_logins()
        begun = self.create_authorization_url(callback_url, **self._more_scopes())
        # Not the URL itself, which authlib would store as well: the cookie must stay small.
        kept = {key: begun[key] for key in ("code_verifier", "nonce") if key in begun}
        self.framework.set_state_data(
            session, begun["state"], {"redirect_uri": callback_url, "target": target, **kept}
        )
        response: Response = redirect(begun["url"])
        return response

    def take_target(self) -> str:
        """Where the browser that came back wanted to be.

        Raises:
            Invalid: this browser never began that log-in, ended it before, or took too long.
        """
        state = request.args.get("state", "")
        entry = session.get(f"{_STATE_PREFIX}{self.name}_{state}")
        if not entry or entry["exp"] < time.time():
            raise Invalid("This sign-on was not begun here, is over, or took too long.")
        if "error" in request.args:
            self.framework.clear_state_data(session, state)
        return str(entry["data"]["target"])

    def fetch_json(self, url: str) -> Any:
        """An answer that needs no credential."""
        with self._get_session() as http:
            return json_of(http.request("GET", url, withhold_token=True))

    def load_server_metadata(self) -> dict[str, Any]:
        return self._discovery.get() if self._server_metadata_url else {}

    def fetch_jwk_set(self, force: bool = False) -> Any:  # noqa: FBT001, FBT002  # authlib's
        keys = self.keys.renewed() if force else self.keys.get()
        return keys.as_dict(private=False)

    def _more_scopes(self) -> dict[str, str]:
        """Some providers tell groups only to those who ask for them."""
        scope = self.client_kwargs.get("scope")
        asks = scope and "groups" in self.load_server_metadata()["scopes_supported"]
        return {"scope": f"{scope} groups"} if asks else {}

    def _discover(self) -> dict[str, Any]:
        """Only what we use: authlib would take TLS verification off if the document said so."""
        with in_our_words():
            told = self.fetch_json(self._server_metadata_url)
            if not isinstance(told, dict) or not all(isinstance(told.get(k), str) for k in _NEEDED):
                raise BackendMisbehaved("The identity provider's discovery document is no such.")
            useful = {k: told[k] for k in _USEFUL if isinstance(told.get(k), str)}
            algorithms = _names(told, "id_token_signing_alg_values_supported") or ["RS256"]
            accepted = [name for name in algorithms if name in ALGORITHMS]
            if not accepted:
                raise BackendMisbehaved("The identity provider signs in no way that we accept.")
            return {
                **{key: told[key] for key in _NEEDED},
                **useful,
                **_client_authentication(told),
                "id_token_signing_alg_values_supported": accepted,
                "scopes_supported": _names(told, "scopes_supported"),
            }

    def _fetch_keys(self) -> KeySet:
        with in_our_words():
            return KeySet.import_key_set(self.fetch_json(self.load_server_metadata()["jwks_uri"]))


def _names(told: Mapping[str, Any], key: str) -> list[str]:
    found = told.get(key)
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def _client_authentication(told: Mapping[str, Any]) -> dict[str, str]:
    """The secret goes into the form where a provider takes no header; see RFC 6749, 2.3.1."""
    methods = _names(told, "token_endpoint_auth_methods_supported")
    if "client_secret_post" in methods and "client_secret_basic" not in methods:
        return {"token_endpoint_auth_method": "client_secret_post"}
    return {}


def _forget_old_logins() -> None:
    pending = sorted(
        (key for key in session if key.startswith(_STATE_PREFIX)),
        key=lambda key: session[key]["exp"],
    )
    for key in pending[: max(0, len(pending) - _PENDING + 1)]:
        del session[key]


def json_of(response: requests.Response) -> Any:
    if response.status_code != requests.codes.ok:
        raise BackendMisbehaved(f"The identity provider answered HTTP {response.status_code}.")
    return response.json()


@contextmanager
def in_our_words() -> Iterator[None]:
    """authlib's, joserfc's and requests' errors as ours; texts of the provider stay in the log."""
    try:
        yield
    except OAuthError as error:
        raise _oauth_error(error) from error
    except requests.exceptions.SSLError as error:
        raise BackendMisbehaved(
            "The identity provider showed a TLS certificate that is not trusted."
        ) from error
    except (requests.Timeout, ReadTimeoutError) as error:
        raise BackendTimeout("The identity provider did not answer in time.") from error
    except requests.JSONDecodeError as error:
        raise BackendMisbehaved("The identity provider sent no JSON.") from error
    except (requests.HTTPError, JoseError) as error:
        raise BackendMisbehaved("What the identity provider sent could not be verified.") from error
    except (requests.RequestException, HTTPError) as error:
        raise BackendUnavailable("The identity provider cannot be reached.") from error
    # What authlib and joserfc stumble over when an answer has another shape than they expect.
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise BackendMisbehaved("The identity provider's answer is malformed.") from error


def _oauth_error(error: OAuthError) -> StorageError:
    """OAuth's own error code is a word; anything else may be anybody's text."""
    code = str(error.error or "")
    log.info("sign-on-failed", code=code[:64], description=str(error.description)[:200])
    if code in {"invalid_client", "unauthorized_client"}:
        return BackendRefused("The identity provider does not accept this service as its client.")
    if code == "missing_token":  # authlib's own word
        return BackendMisbehaved("The identity provider gave no access token.")
    known = code if re.fullmatch("[a-z_]{1,64}", code) else "refused"
    return Invalid(f"The sign-on failed: {known}.")
