"""What a site sets: ``STORAGE_API_*`` in ColdFront's settings, else in its environment."""

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings as django_settings

from coldfront_storage_api.failures import Misconfigured

_SITE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?")
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})
_TERABYTES = (10**12, 2**40)

E = TypeVar("E", bound=StrEnum)


class Mode(StrEnum):
    """When the work is done that an approval asks for."""

    INLINE = "inline"
    QUEUE = "queue"
    MANUAL = "manual"


class Policy(StrEnum):
    """What becomes of storage whose allocation ended."""

    NONE = "none"
    RESTRICT = "restrict"
    ARCHIVE = "archive"
    DELETE = "delete"


@dataclass(frozen=True)
class Settings:
    """``site`` names this ColdFront in every ownership stamp. ``timeout`` is in seconds."""

    url: str
    site: str
    token: str | None
    token_file: str | None
    cookies: str | None
    verify: bool | str
    timeout: float
    mode: Mode
    on_expire: Policy
    on_revoke: Policy
    tb_bytes: int

    def __repr__(self) -> str:
        return f"Settings(url={self.url!r}, site={self.site!r})"


def current() -> Settings:
    """The settings as they are now.

    Raises:
        Misconfigured: one is missing or wrong.
    """
    on_expire = _choice("ON_EXPIRE", Policy, Policy.RESTRICT)
    if on_expire is Policy.DELETE:
        raise Misconfigured("STORAGE_API_ON_EXPIRE must be one of none, restrict, archive.")
    return Settings(
        url=_url(),
        site=_site(),
        token=_text("TOKEN"),
        token_file=_text("TOKEN_FILE"),
        cookies=_text("COOKIES"),
        verify=_verify(),
        timeout=_timeout(),
        mode=_choice("MODE", Mode, Mode.INLINE),
        on_expire=on_expire,
        on_revoke=_choice("ON_REVOKE", Policy, Policy.RESTRICT),
        tb_bytes=_tb_bytes(),
    )


def name_match() -> str:
    """The part of a resource's name that selects it; empty: none does.

    It is asked of every resource, so it must not fail because of another setting.
    """
    return (_text("NAME_MATCH") or "").lower()


def _text(name: str) -> str | None:
    full = f"STORAGE_API_{name}"
    value = getattr(django_settings, full, None)
    if value is None:
        value = os.environ.get(full)
    return str(value).strip() or None if value is not None else None


def _url() -> str:
    url = _text("URL")
    if url is None:
        raise Misconfigured("STORAGE_API_URL is not set.")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise Misconfigured("STORAGE_API_URL must be an http(s) address without credentials.")
    return url.rstrip("/")


def _site() -> str:
    site = _text("SITE")
    if site is None or not _SITE.fullmatch(site):
        raise Misconfigured(
            "STORAGE_API_SITE must name this ColdFront, differently from every other one that uses "
            "the service: 1 to 20 of a-z 0-9 -."
        )
    return site


def _verify() -> bool | str:
    """Yes, no, or the path of certificates to trust."""
    value = _text("VERIFY") or "true"
    if value.lower() in _YES | _NO:
        return value.lower() in _YES
    return value


def _timeout() -> float:
    try:
        seconds = float(_text("TIMEOUT") or 30)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 600:  # noqa: PLR2004 - also false for nan
        raise Misconfigured("STORAGE_API_TIMEOUT must be seconds, more than 0 and at most 600.")
    return seconds


def _tb_bytes() -> int:
    value = _text("TB_BYTES") or str(_TERABYTES[0])
    if value not in map(str, _TERABYTES):
        raise Misconfigured(f"STORAGE_API_TB_BYTES must be {_TERABYTES[0]} or {_TERABYTES[1]}.")
    return int(value)


def _choice(name: str, kind: type[E], default: E) -> E:
    value = _text(name) or default.value
    try:
        return kind(value)
    except ValueError:
        raise Misconfigured(f"STORAGE_API_{name} must be one of {', '.join(kind)}.") from None
