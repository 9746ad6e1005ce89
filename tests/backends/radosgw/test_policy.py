"""No policy may lock out the bucket's owner."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends import s3_policy
from storage_api.domain.errors import Invalid

EVERYTHING = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def check(*statements: Any) -> str:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return s3_policy.policy_text(policy, tenant="lab", owner="alice")


@pytest.mark.parametrize(
    "who",
    [
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["arn:aws:iam::lab:user/bob", "arn:aws:iam::lab:user/alice"]}},
        {"Principal": {"AWS": "arn:aws:iam:::user/alice"}},
        {"Principal": {"AWS": "arn:aws:iam::lab:root"}},
        {"Principal": {"AWS": "arn:aws:iam::lab:user/*"}},
        {"Principal": {"AWS": "arn:aws:iam::lab:user/alice:sub"}},
        {"Principal": {"AWS": "lab$alice"}},
        {"Principal": {"CanonicalUser": "arn:aws:iam::lab:user/bob"}},
        {"Principal": {}},
        {"Principal": None},
        {"Principal": {"AWS": [7]}},
        {"NotPrincipal": {"AWS": "arn:aws:iam::lab:user/bob"}},
        {},
    ],
)
def test_a_denial_of_everything_that_may_reach_the_owner_is_refused(who: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="owner"):
        check(EVERYTHING | who)


@pytest.mark.parametrize(
    "principal",
    ["arn:aws:iam::lab:user/bob", "arn:aws:iam::other:user/alice", ["arn:aws:iam:::user/bob"]],
)
def test_a_denial_for_others_is_fine(principal: Any) -> None:
    check(EVERYTHING | {"Principal": {"AWS": principal}})


@pytest.mark.parametrize(
    "what",
    [
        {"Action": "*"},
        {"Action": ["s3:GetObject", "S3:putbucketPOLICY"]},
        {"Action": "s3:???BucketPolicy"},
        {"Action": "s3:Delete*"},
        {"Action": []},
        {"Action": None},
        {"NotAction": "s3:GetObject"},
        {"NotAction": ["s3:GetBucketPolicy", "s3:PutBucketPolicy"]},
        {},
    ],
)
@pytest.mark.parametrize("effect", ["Deny", "deny", None])
def test_whatever_touches_the_policy_itself_is_refused(what: Any, effect: str | None) -> None:
    with pytest.raises(Invalid):
        check({"Effect": effect, "Principal": "*", "Resource": "*", **what})


@pytest.mark.parametrize(
    "what",
    [
        {"Action": ["s3:DeleteObject", "s3:PutObject*"]},
        {"NotAction": "s3:*BucketPolicy"},
        {"NotAction": ["s3:Get*", "s3:Put*", "s3:Delete*"]},
    ],
)
def test_everybody_may_be_denied_other_things(what: Any) -> None:
    check({"Effect": "Deny", "Principal": "*", "Resource": "*", **what})


@pytest.mark.parametrize("policy", [{}, {"Statement": []}, {"Statement": "x"}, {"Statement": [1]}])
def test_nonsense_is_refused(policy: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        s3_policy.policy_text(policy, tenant="", owner="alice")


def test_a_policy_has_a_largest_size_in_bytes() -> None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "é" * 9000}
    check(allow)
    with pytest.raises(Invalid, match="20480 bytes"):
        check(allow, allow)


def test_many_stars_cost_no_time() -> None:
    began = time.monotonic()
    check({"Effect": "Deny", "Principal": "*", "Action": "*b" * 9000 + "x", "Resource": "*"})
    assert time.monotonic() - began < 1


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_match_as_they_should(pattern: str, text: str) -> None:
    def slow(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return slow(pattern[1:], text) or (bool(text) and slow(pattern, text[1:]))
        return bool(text) and pattern[0] in {"?", text[0]} and slow(pattern[1:], text[1:])

    assert s3_policy._glob(pattern, text) is slow(pattern, text)
