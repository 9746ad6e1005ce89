"""What ``BucketStore`` and ``UserStore`` promise of purges, which jobs carry out."""

import time
from typing import Any

import pytest

from tests.conformance.base import PlacedContract
from tests.conformance.client import Answer, Api, fresh
from tests.conformance.target import Place, Target

_SECONDS = 60.0
_ENDED = {"done", "failed", "cancelled"}


def ended(api: Api, answer: Answer) -> Any:
    """The job that a purge was answered with, once it has ended."""
    job = answer.expect(202)
    assert answer.headers["Location"] == f"/v3/jobs/{job['id']}"
    end = time.monotonic() + _SECONDS
    while job["state"] not in _ENDED:
        assert time.monotonic() < end, job
        time.sleep(0.05)
        job = api.get(answer.headers["Location"]).expect(200)
    return job


class PurgeContract(PlacedContract):
    def test_a_bucket_goes_with_what_it_holds(self, place: Place, api: Api, target: Target) -> None:
        owner = place.new_owner()
        bucket, other = place.new_bucket(owner), place.new_bucket(owner)
        self._fill(target, place, owner, bucket)
        job = ended(api, api.delete(f"{place.url('buckets', bucket)}?purge=true"))
        assert (job["state"], job["errors"]) == ("done", [])
        assert (job["kind"], job["target"]) == ("purge-bucket", bucket)
        assert job["done"] == job["total"] > 0
        api.get(place.url("buckets", bucket)).expect(404)
        api.get(place.url("buckets", other)).expect(200)

    def test_a_user_goes_with_all_buckets(self, place: Place, api: Api, target: Target) -> None:
        owner, other = place.new_user(), place.new_owner()
        buckets = [place.new_bucket(owner) for _ in range(3)]
        kept = place.new_bucket(other)
        self._fill(target, place, owner, buckets[1])
        job = ended(api, api.delete(f"{place.url('users', owner)}?purge=true"))
        assert (job["state"], job["errors"]) == ("done", [])
        assert job["done"] == job["total"] >= 4
        api.get(place.url("users", owner)).expect(404)
        for bucket in buckets:
            api.get(place.url("buckets", bucket)).expect(404)
        api.get(place.url("buckets", kept)).expect(200)
        api.get(place.url("users", other)).expect(200)

    def test_a_user_without_buckets_goes_too(self, place: Place, api: Api) -> None:
        user = place.url("users", place.new_owner())
        assert ended(api, api.delete(f"{user}?purge=true"))["state"] == "done"
        api.get(user).expect(404)

    def test_what_is_gone_is_purged(self, place: Place, api: Api) -> None:
        for kind in ("users", "buckets"):
            api.delete(f"{place.url(kind, fresh('absent'))}?purge=true").expect(204)

    def test_a_suspended_user_keeps_everything(self, default_place: Place, api: Api) -> None:
        place = default_place
        owner = place.new_owner()
        bucket = place.new_bucket(owner)
        api.patch(place.url("users", owner), {"suspended": True}).expect(200)
        for url in (place.url("users", owner), place.url("buckets", bucket)):
            job = ended(api, api.delete(f"{url}?purge=true"))
            assert job["state"] == "failed"
            assert "suspended" in " ".join(job["errors"])
            api.get(url).expect(200)

    @pytest.mark.parametrize(
        "value", ["", "yes", "1", "True", "false&purge=true", "true&purge=false"]
    )
    def test_a_purge_is_not_guessed(self, default_place: Place, api: Api, value: str) -> None:
        bucket = default_place.url("buckets", default_place.new_bucket())
        api.delete(f"{bucket}?purge={value}").expect(400)
        api.get(bucket).expect(200)

    @staticmethod
    def _fill(target: Target, place: Place, owner: str, bucket: str) -> None:
        if target.quirks.put_object is not None:
            for size in (0, 1, 4096):
                target.quirks.put_object(place, owner, bucket, size)
