"""Turns records into answers: JSON by orjson, field masks, pages.

flask-restx's own marshalling takes 91 ms for 1,000 volumes, orjson 0.4 ms.
"""

from collections.abc import Iterator
from dataclasses import is_dataclass
from datetime import datetime
from email.utils import formatdate
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import orjson
from flask import Response, request
from flask_restx.mask import Mask, MaskError

from storage_api.domain.errors import Invalid

MASK_HEADER = "X-Fields"


def json_response(
    payload: object,
    status: int = 200,
    *,
    v3: bool = False,
    mask: Mask | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """``payload`` as JSON, reduced to the fields of ``mask``.

    ``v3`` renders times as RFC 822; otherwise they are RFC 3339 in UTC.
    """
    shown = payload if mask is None or payload is None else _as_data(mask.apply(payload))
    return Response(_encode(shown, v3=v3), status, headers, content_type="application/json")


def requested_mask(record: Any) -> Mask | None:
    """The fields of ``record`` that the caller asked for; read before anything is done.

    Raises:
        Invalid: the header is malformed, or asks for parts of what has none.
    """
    text = request.headers.get(MASK_HEADER, "").strip()
    if not text or not has_fields(record):
        return None
    try:
        mask = Mask(text, skip=True)
    except (MaskError, IndexError):
        raise Invalid(f"The {MASK_HEADER} header is no valid mask.") from None
    _check_fit(mask, record)
    return mask


def _check_fit(mask: Mask, hint: Any) -> None:
    """Only records have fields; flask-restx would find out after the work is done."""
    known = get_type_hints(hint)
    for name, part in mask.items():
        if isinstance(part, Mask) and name in known:
            inner = next(filter(has_fields, _parts(known[name])), None)
            if inner is None:
                raise Invalid(f"{name!r} in the {MASK_HEADER} header has no fields of its own.")
            _check_fit(part, inner)


def _parts(hint: Any) -> Iterator[Any]:
    """``hint`` itself and what a list or a union of it is made of."""
    yield hint
    if get_origin(hint) is not dict:
        for argument in get_args(hint):
            yield from _parts(argument)


def has_fields(hint: Any) -> bool:
    return is_typeddict(hint) or (isinstance(hint, type) and is_dataclass(hint))


def _encode(payload: object, *, v3: bool) -> bytes:
    if v3:
        return orjson.dumps(payload, default=_rfc822, option=orjson.OPT_PASSTHROUGH_DATETIME)
    return orjson.dumps(payload, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS)


@lru_cache(maxsize=65536)
def _rfc822(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is not JSON")
    return formatdate(value.timestamp())


def _as_data(value: Any) -> Any:
    """Plain dicts all the way: a Mask answers OrderedDicts."""
    if isinstance(value, list):
        return [_as_data(item) for item in value]
    return dict(value) if isinstance(value, dict) else value
