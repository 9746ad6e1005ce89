"""Every record comes back from the store as it went in."""

import dataclasses
from datetime import UTC, datetime
from enum import StrEnum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends.dummy import kinds
from storage_api.backends.dummy.codec import decode, encode
from storage_api.domain.models import Volume

RECORDS = sorted(
    {
        kind.record
        for kind in vars(kinds).values()
        if isinstance(kind, kinds.Kind) and dataclasses.is_dataclass(kind.record)
    },
    key=lambda record: record.__name__,
)
PLAIN: dict[type, st.SearchStrategy[Any]] = {
    str: st.text(),
    bool: st.booleans(),
    int: st.integers(0, 2**63 - 1),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return st.one_of(*(st.none() if part is type(None) else values(part) for part in arguments))
    if origin is list:
        return st.lists(values(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=3)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{name: values(part) for name, part in hints.items()})
    if issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    return PLAIN[hint]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@given(data=st.data())
def test_it_comes_back(record: type, data: st.DataObject) -> None:
    example = data.draw(values(record))
    assert decode(record, encode(example)) == example


def test_what_is_null_in_a_record_takes_no_room() -> None:
    assert encode(Volume(name="a")) == '{"name":"a"}'


def test_a_plain_object_keeps_its_nulls() -> None:
    assert decode(dict, encode({"a": None, "b": [1]})) == {"a": None, "b": [1]}
