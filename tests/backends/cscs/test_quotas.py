"""Quotas, ids and states: the tables that CSCS' clients rely on."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends.cscs.gids import mock_gid
from storage_api.backends.cscs.ids import dashed, scoped_id
from storage_api.backends.cscs.quotas import OutOfRange, QuotaRules
from tests.backends.cscs.lab import Lab, numbers, projects, read
from tests.conformance.client import Api

RULES = QuotaRules(1.33, 2.0, 1_000_000, 10**12)
Options = Mapping[str, Any]


@pytest.mark.parametrize(
    ("storage", "options", "expected"),
    [
        (10, {}, [10, 10, 13_300_000, 20_000_000]),
        (0.5, {}, [0.5, 0.5, 665_000, 1_000_000]),
        (1.1, {}, [1.1, 1.1, 1_463_000, 2_200_000]),
        (33.333, {}, [33.333, 33.333, 44_332_890, 66_666_000]),
        ("7", {}, [7, 7, 9_310_000, 14_000_000]),
        (0, {}, None),
        (None, {}, None),
        ("x", {}, None),
        (True, {}, None),
        ([10], {}, None),
        ("nan", {}, None),
        (-5, {}, None),
        (0, {"hard_quota_space": 5}, [0, 5, 0, 0]),
        (10, {"hard_quota_space": 0}, [10, 0, 13_300_000, 20_000_000]),
        (
            10,
            {"soft_quota_inodes": "100.9", "hard_quota_inodes": 1e6},
            [10, 10, 100, 1_000_000],
        ),
        (
            10,
            {"soft_quota_space": "8", "hard_quota_space": "abc", "soft_quota_indoes": "5.9"},
            [8, 10, 5, 20_000_000],
        ),
        (10, {"soft_quota_inodes": 7, "soft_quota_indoes": 5}, [10, 10, 7, 20_000_000]),
        (10, {"hard_quota_inodes": "x", "hard_quota_indoes": 5}, [10, 10, 13_300_000, 5]),
        (10, {"hard_quota_space": -1}, [10, 10, 13_300_000, 20_000_000]),
    ],
)
def test_quotas_follow_from_limits_and_overrides(
    storage: object, options: Options, expected: list[float] | None
) -> None:
    found = RULES.quotas({"storage": storage}, options)
    assert (list(found) if found else None) == expected


@pytest.mark.parametrize("limits", [{"storage": 1e9}, {"storage": "1e300"}])
def test_what_nothing_could_hold_is_out_of_range(limits: Options) -> None:
    with pytest.raises(OutOfRange):
        RULES.quotas(limits, {})


@given(
    st.floats(min_value=0, max_value=9e6, allow_nan=False),
    st.sampled_from([10**12, 2**40]),
)
def test_bytes_never_fall_short_of_what_was_bought(space: float, tb_bytes: int) -> None:
    rules = QuotaRules(1.33, 2.0, 1_000_000, tb_bytes)
    found = rules.in_bytes(space)
    assert isinstance(found, int)
    # Of the number as people write it; its float is a little off.
    assert 0 <= found - Fraction(repr(space)) * tb_bytes < 1


def test_a_size_is_exact_and_a_tb_is_what_the_site_says() -> None:
    assert RULES.in_bytes(33.333) == 33_333_000_000_000
    assert QuotaRules(1, 1, 1, 2**40).in_bytes(2) == 2**41


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("storage_system:capstor", "4b4a996a-8d6b-556d-ad60-202cefa6ecc3"),
        ("storage_system:vast", "d37943e8-04d0-572c-ae9b-859249b00cb4"),
        ("storage_system:iopsstor", "82c007ce-1f82-5b99-9d5f-2bbfcbb598d8"),
        ("storage_file_system:lustre", "a04204cf-e3bf-5eb6-8323-0f3121afdd3b"),
        ("storage_file_system:gpfs", "f9119e02-a1d5-5ae0-8663-0bb23359d988"),
        ("storage_data_type:store", "6cea66c5-3133-54e1-9e5d-469deb675ceb"),
        ("storage_data_type:archive", "1bbb85a8-bb81-51cd-8bc4-affd7e97e2aa"),
        ("storage_data_type:users", "3e8e89e4-0613-54cd-80bc-00fe1d8cafe6"),
        ("storage_data_type:scratch", "0368ba53-7bcd-5800-8a9f-e7867c0a4d53"),
        ("project:climate-sim-res", "5afaedc4-1ab7-53bf-adca-4fd5b3f66fdf"),
        ("user:climate-sim-res", "01c8c7d1-0cec-5241-b2f7-a8ce297ec70a"),
        ("tenant:cscs-capstor-store", "444afd0a-75f0-5c3f-8edf-ed509325a277"),
        ("tenant:cscs", "f40b3d5c-68bf-5544-bd01-e6438ff4339e"),
        ("customer:university-physics", "8a17f368-21f6-5027-a35d-531b81726b16"),
    ],
)
def test_ids_are_the_published_ones(name: str, expected: str) -> None:
    scope, _, text = name.partition(":")
    assert scoped_id(scope, text) == expected


@given(st.text(), st.text())
def test_ids_are_stable_and_dashed(scope: str, name: str) -> None:
    found = scoped_id(scope, name)
    assert found == scoped_id(scope, name) == dashed(found) == dashed(found.replace("-", ""))


def test_the_case_of_a_data_type_counts_for_its_id_alone(lab: Lab, api: Api) -> None:
    lab.resource(attributes={"storage_data_type": "Archive"})
    [item] = projects(read(api))
    shown = item["storageDataType"]
    assert shown["itemId"].startswith("d6cbd33f-")
    assert (shown["key"], shown["name"], shown["path"]) == ("archive", "ARCHIVE", "archive")
    assert item["mountPoint"]["default"] == "/capstor/archive/cscs/climate-lab/climate"


def test_a_made_up_group_is_the_same_everywhere() -> None:
    assert mock_gid("climate-sim") == 39165


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("Creating", "pending"),
        ("OK", "active"),
        ("Updating", "updating"),
        ("Erred", "error"),
        ("Terminating", "removing"),
        ("Terminated", "removed"),
        ("Unheard-of", "pending"),
        (None, "pending"),
    ],
)
def test_a_state_of_waldur_is_a_status(lab: Lab, api: Api, state: str | None, status: str) -> None:
    lab.waldur.spoil(lab.resource(), state=state)
    [item] = projects(read(api))
    assert item["status"] == item["target"]["targetItem"]["status"] == status
    assert item["target"]["targetItem"]["active"] is (status == "active")


UPDATES = [
    ({"old_limits": {"storage": 10}}, {"storage": 20}, {}, [10, 10], [20, 20]),
    (
        {"old_limits": {"storage": 10}},
        {"storage": 20},
        {"hard_quota_space": 12},
        [10, 12],
        [20, 12],
    ),
    (
        {"new_options": {"hard_quota_space": 15}},
        {},
        {"hard_quota_space": 12},
        [10, 12],
        [10, 15],
    ),
    (
        {"new_options": {"permissions": "700"}},
        {},
        {"hard_quota_space": 12},
        [10, 12],
        [10, 10],
    ),
    ({"old_limits": {}}, {"storage": 20}, {}, [10, 10], [20, 20]),
    ({"old_limits": {}}, {}, {}, None, None),
    ({}, {"storage": 20}, {}, None, None),
    (None, {"storage": 20}, {}, None, None),
    ({"old_limits": "ten"}, {"storage": 20}, {}, None, None),
]


@pytest.mark.parametrize("case", UPDATES)
def test_an_update_shows_the_limits_before_and_after(
    lab: Lab, api: Api, case: tuple[Any, Options, Options, list[float] | None, list[float] | None]
) -> None:
    attributes, limits, options, old, new = case
    resource = lab.resource(options=options)
    order = {
        "uuid": "abc7de61ae93421cb02556ff18e18679",
        "type": "Update",
        "state": "executing",
        "attributes": attributes,
        "limits": limits,
    }
    lab.waldur.spoil(resource, order_in_progress=order)
    [item] = projects(read(api))
    for key, expected in (("oldQuotas", old), ("newQuotas", new)):
        found = numbers(item[key])
        assert (found[:2] if found else None) == expected
    assert numbers(item["quotas"])[:2] == [10, options.get("hard_quota_space", 10)]  # type: ignore[index]
