"""Which names are allowed. Checked before a name reaches any URL, query or header.

HTTP clients resolve ``..`` in a path, so an unchecked name could turn "delete
this key" into "delete this user"; vendors give meaning to ``*``, ``|`` and ``,``.
"""

import re
from typing import NamedTuple

from storage_api.domain.errors import Invalid

_MAX_PATH_NAME = 1024


class NameRule(NamedTuple):
    """A kind of name: what it may look like, in a pattern and in words."""

    kind: str
    pattern: re.Pattern[str]
    words: str

    def check(self, value: str) -> str:
        """Return ``value``, or raise ``Invalid`` without repeating more than its start."""
        if not self.allows(value):
            raise Invalid(f"Invalid {self.kind} name {value[:64]!r}: {self.words}.")
        return value

    def allows(self, value: str) -> bool:
        return self.pattern.fullmatch(value) is not None and not _has_dot_segment(value)


def _has_dot_segment(value: str) -> bool:
    return any(segment in {".", ".."} for segment in value.split("/"))


def _rule(kind: str, pattern: str, words: str) -> NameRule:
    return NameRule(kind, re.compile(pattern), words)


# v3 promises this alphabet for volumes; policies follow it. What would read as the path of a
# volume's lock or of a policy's rule is no name: a mistyped method must not create one.
_PATH_NAME = rf"(?!/)[A-Za-z0-9:/_.-]{{1,{_MAX_PATH_NAME}}}"
_PATH_WORDS = (
    f"1 to {_MAX_PATH_NAME} of A-Z a-z 0-9 : / _ . - without a leading / or a . or .. segment"
)
VOLUME = _rule(
    "volume",
    rf"(?!.*/(?:snapshots|locks)(?:/[^/]*)?$){_PATH_NAME}",
    f"{_PATH_WORDS}, and not ending in /snapshots or /locks, nor in either and one segment",
)
POLICY = _rule("export policy", rf"(?!.*/rule/){_PATH_NAME}", f"{_PATH_WORDS}, and without /rule/")
SNAPSHOT = _rule(
    "snapshot", r"[A-Za-z0-9_.:+-]{1,255}", "1 to 255 of A-Z a-z 0-9 _ . : + - and not . or .."
)
HOST = _rule("host", r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,254}", "a host name or an IP address")
RULE = _rule(
    "export rule",
    r"[A-Za-z0-9@.:][A-Za-z0-9@._:/-]{0,254}",
    "an IP address, a network with its mask, a host name, a .domain or an @netgroup",
)
# The S3 rules, which RGW and ECS enforce in their strict form.
BUCKET = _rule(
    "bucket",
    r"(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "3 to 63 of a-z 0-9 . - that begins and ends with a letter or digit and is no IP address",
)
USER = _rule("user", r"[A-Za-z0-9_.@-]{1,128}", "1 to 128 of A-Z a-z 0-9 _ . @ - and not . or ..")
NAMESPACE = _rule("namespace", r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}", "1 to 64 of A-Z a-z 0-9 _ -")
ACCESS_KEY = _rule("access key", r"[A-Za-z0-9_.-]{1,128}", "1 to 128 of A-Z a-z 0-9 _ . -")
ALLOCATION = _rule(
    "allocation",
    r"(?! )[^\x00-\x1f\x7f-\x9f/]{1,128}(?<! )",
    "1 to 128 characters, no slash, no control character, no space at either end",
)
ORDER = _rule(
    "order", r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}", "a UUID, dashed or not"
)
JOB = _rule("job", r"[0-9a-f]{20}", "20 of 0-9 a-f")
ENDPOINT = _rule("endpoint", r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", "1 to 63 of A-Z a-z 0-9 _ -")
