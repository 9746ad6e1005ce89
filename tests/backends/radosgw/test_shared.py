"""Costly answers that a crowd shares."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from storage_api.backends.accounting import Holder
from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import BackendTimeout, BackendUnavailable
from storage_api.domain.models import Ref
from storage_api.transport.context import serving
from storage_api.transport.shared import Shared
from storage_api.transport.stamp import Stamp
from tests.backends.radosgw.lab import Lab, fresh, new_bucket, new_user
from tests.backends.radosgw.proxy import FaultyProxy
from tests.backends.radosgw.test_users import at_once


def test_a_crowd_costs_the_cluster_one_call(lab: Lab, proxy: FaultyProxy) -> None:
    storage: RadosgwStorage = lab.storage(endpoint=proxy.endpoint)
    space = fresh("tenant")
    storage.create_namespace(space, {})
    calls: list[Any] = [
        storage.get_capacity,
        lambda: storage.list_buckets(None),
        lambda: storage.get_usage(Holder(HolderKind.NAMESPACE, Ref(None, space))),
    ]
    began = datetime.now(UTC)
    results = at_once(calls * 3)
    assert not [each for each in results if isinstance(each, Exception)]
    assert _costly(proxy) == 1
    bucket = new_bucket(storage, new_user(storage))
    assert bucket.name in {each.name for each in storage.list_buckets(None)}
    assert _costly(proxy) == 2
    moment = storage.get_usage(Holder(HolderKind.NAMESPACE, Ref(None, space))).measured_at
    assert moment is not None
    assert began < moment < datetime.now(UTC)
    storage.delete_bucket(bucket)
    assert bucket.name not in {each.name for each in storage.list_buckets(None)}


def test_another_process_s_change_ends_an_answer_at_once() -> None:
    name = fresh("stamp")
    counts = iter(range(10))
    ours, theirs = (Shared(lambda: next(counts), Stamp(name)) for _ in range(2))
    assert (ours.get()[0], ours.get()[0]) == (0, 0)
    theirs.forget()
    assert (ours.get()[0], ours.get()[0]) == (1, 1)


def _costly(proxy: FaultyProxy) -> int:
    return proxy.lines.count("GET /admin/bucket?stats=true")


def test_an_answer_ends_and_an_error_is_not_kept() -> None:
    answers: list[Any] = [1, BackendUnavailable("down"), 2]

    def fetch() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    shared = Shared(fetch, Stamp(fresh("stamp")), lasts=0.5)
    assert (shared.get()[0], shared.get()[0]) == (1, 1)
    time.sleep(0.6)
    with pytest.raises(BackendUnavailable):
        shared.get()
    assert shared.get()[0] == 2


def test_what_was_asked_for_before_a_change_is_not_told_after_it() -> None:
    numbers = iter((1, 2))

    def fetch() -> int:
        number = next(numbers)
        if number == 1:
            shared.forget()  # a change that ends while the cluster still counts
        return number

    shared = Shared(fetch, Stamp(fresh("stamp")))
    assert shared.get()[0] == 1
    assert shared.get()[0] == 2


def test_who_waits_for_others_keeps_his_own_deadline() -> None:
    shared = Shared(lambda: time.sleep(0.5), Stamp(fresh("stamp")))

    def impatient() -> Any:
        time.sleep(0.1)
        with serving("r", seconds=0.1):
            return shared.get()

    results = at_once([shared.get, impatient])
    assert isinstance(results[1], BackendTimeout)
    assert not isinstance(results[0], Exception)
