"""What may be configured as an S3 endpoint."""

import re
from urllib.parse import urlsplit

from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

#: What ``is_endpoint`` asks for, in the words of an option's error.
ENDPOINT_WORDS = (
    "must be http(s)://host[:port] and nothing more: "
    "no path, no user, no query, and a host name as DNS has them"
)


def is_endpoint(text: str) -> bool:
    try:
        parts = urlsplit(text)
        rest = (parts.path, parts.query, parts.fragment, parts.username, parts.password)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        # What boto3 would refuse, it would refuse only in the middle of a request.
        known = known and bool(is_valid_endpoint_url(text) or is_valid_ipv6_endpoint_url(text))
    except ValueError:
        return False
    return known and not any(rest) and not re.search(r"[\s?#@\x00-\x1f]", text)
