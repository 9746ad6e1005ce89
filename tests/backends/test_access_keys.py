"""Identifiers of keys: what they look like, what follows from them, when they are left over."""

import re
import time

import pytest

from storage_api.backends.access_keys import (
    TEMPORARY_SECONDS,
    is_left_over,
    is_temporary,
    new_key_id,
    successor,
    temporary_key_id,
)

FORM = re.compile(r"[A-Z0-9]{20}")


def test_all_have_the_form_of_access_keys() -> None:
    for made in (new_key_id(), successor("alice", "OLD"), temporary_key_id()):
        assert FORM.fullmatch(made)


def test_a_successor_is_always_the_same_and_nobody_else_s() -> None:
    key = successor("alice", "OLD")
    assert successor("alice", "OLD") == key
    others = {successor("bob", "OLD"), successor("alice", "OLDER"), successor("alice", key)}
    assert len(others | {key}) == 4


def test_a_temporary_key_is_left_over_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    born, key = time.time(), temporary_key_id()
    assert is_temporary(key)
    for age, left_over in (
        (0, False),
        (TEMPORARY_SECONDS - 2, False),
        (TEMPORARY_SECONDS + 2, True),
    ):
        monkeypatch.setattr(time, "time", lambda age=age: born + age)
        assert is_left_over(key) is left_over


@pytest.mark.parametrize("key", ["SAPITEMP", "SAPITEMPZZZZZZZZZZZZ", "SAPITEMP-what-is-this"])
def test_what_only_begins_like_one_is_left_over(key: str) -> None:
    assert is_temporary(key)
    assert is_left_over(key)


def test_a_user_s_own_key_is_never_left_over() -> None:
    assert not is_temporary(new_key_id())
    assert not is_left_over("AKIAEXAMPLE")
