"""Whatever is asked for as a name or a size is kept exactly, or refused; never an accident."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.domain.units import MAX_BYTES
from tests.conformance.client import InProcess, fresh
from tests.conformance.target import names
from tests.servers import service

_ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
_NEARLY = st.text("abcXYZ019._-:/@$+ é\x00\n%", min_size=1, max_size=12)
COLLECTIONS: dict[str, dict[str, Any]] = {
    "volumes": {"size_total": 4096},
    "users": {},
    "namespaces": {},
    "buckets": {"owner": "owner"},
    "export": {"rules": []},
}


@pytest.fixture(scope="module")
def api() -> InProcess:
    caller = InProcess(service())
    caller.post("/v3/dummy/users/owner", {}).expect(201)
    return caller


@pytest.mark.parametrize("collection", COLLECTIONS)
@given(name=_ANY | _NEARLY)
def test_a_name_is_kept_exactly_or_refused(api: InProcess, collection: str, name: str) -> None:
    before = names(api.get(f"/v3/dummy/{collection}").expect(200))
    url = f"/v3/dummy/{collection}/{quote(name, safe='')}"
    made = api.post(url, COLLECTIONS[collection])
    after = names(api.get(f"/v3/dummy/{collection}").expect(200))
    if made.status == 201:
        assert made.body["name"] == name
        assert sorted(after) == sorted([*before, name])
        assert api.get(url).expect(200)["name"] == name
    else:
        # 308: the server takes doubled slashes for one and says so.
        assert made.status in {200, 308, 400, 404, 405}
        assert after == before


@given(size=st.integers(0, MAX_BYTES) | st.sampled_from([0, 1, 2**31, 2**53 + 1, MAX_BYTES]))
def test_a_size_is_kept_to_the_byte(api: InProcess, size: int) -> None:
    url = f"/v3/dummy/volumes/{fresh('sized')}"
    answer = api.post(url, {"size_total": size})
    if answer.status == 201:
        assert answer.body["size_total"] == size
        assert api.get(url).expect(200)["size_total"] == size
    else:
        answer.expect(400)
        api.get(url).expect(404)


@given(
    bytes_=st.none() | st.integers(0, MAX_BYTES),
    objects=st.none() | st.integers(0, MAX_BYTES),
)
def test_a_quota_is_kept_to_the_byte(
    api: InProcess, bytes_: int | None, objects: int | None
) -> None:
    quota = {"max_bytes": bytes_, "max_objects": objects}
    said = api.put("/v3/dummy/users/owner/quota", quota).expect(200)
    assert {key: said[key] for key in quota} == quota
    assert api.get("/v3/dummy/users/owner/quota").expect(200) == said
