"""Names that are derived: always legal, and never one for two allocations."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from storage_api.allocations.naming import bucket_for, namespace_for, owner_for
from storage_api.domain import names
from storage_api.domain.errors import Invalid

TITLES = st.text(min_size=1, max_size=128).filter(names.ALLOCATION.allows)


def derived(name: str) -> str:
    try:
        return namespace_for(name)
    except Invalid:
        assume(False)
        raise


@pytest.mark.parametrize(
    ("title", "start"),
    [
        ("Smith Lab", "smith-lab-"),
        ("smith_lab", "smith-lab-"),
        ("Müller", "muller-"),
        ("x" * 100, "x" * 39 + "-"),
        ("SMITH", "smith-"),
        ("a.b", "a-b-"),
    ],
)
def test_what_was_altered_or_cut_gets_a_hash(title: str, start: str) -> None:
    assert re.fullmatch(re.escape(start) + "[0-9a-f]{8}", namespace_for(title))


def test_a_name_that_fits_is_taken_as_it_is() -> None:
    assert namespace_for("smith-lab") == "smith-lab"
    assert bucket_for("smith-lab") == "lab-smith-lab-bucket"
    assert owner_for("smith-lab") == "smith-lab-owner"


def test_names_that_look_alike_do_not_meet() -> None:
    """ColdFront's plugin makes one slug of all of these, and cuts long ones into one."""
    titles = ["Smith Lab", "smith_lab", "smith-lab", "Smith-Lab", "smith lab", "SMITH LAB"]
    assert len({namespace_for(title) for title in titles}) == len(titles)


@pytest.mark.parametrize("title", ["Ελλάδα", "物理", "---", "!"])
def test_nothing_is_made_up_where_no_letter_is_left(title: str) -> None:
    with pytest.raises(Invalid, match="give 'namespace'"):
        namespace_for(title)


@given(TITLES)
def test_derived_names_are_always_legal(title: str) -> None:
    namespace = derived(title)
    names.NAMESPACE.check(namespace)
    names.BUCKET.check(bucket_for(namespace))
    names.USER.check(owner_for(namespace))


@given(TITLES, TITLES)
def test_two_names_never_share_a_namespace(one: str, other: str) -> None:
    assume(one != other)
    assert derived(one) != derived(other)


@given(TITLES)
def test_no_name_can_pose_as_the_derived_one_of_another(title: str) -> None:
    namespace = derived(title)
    assume(namespace != title)
    assert namespace_for(namespace) != namespace


@given(st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_-]{0,63}\Z"))
def test_every_namespace_with_a_letter_or_digit_has_a_legal_bucket(namespace: str) -> None:
    assume(namespace.strip("_-"))
    names.BUCKET.check(bucket_for(namespace))
