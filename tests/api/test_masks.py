"""``X-Fields``: only the fields that the caller asks for."""

import pytest

from tests.conformance.client import InProcess
from tests.conformance.target import names


@pytest.fixture
def volume(api: InProcess) -> str:
    api.post("/v3/dummy/volumes/masked", {"size_total": 1024**3}).expect(201)
    return "/v3/dummy/volumes/masked"


@pytest.mark.parametrize("mask", ["name,size_total", "{name,size_total}", " name , size_total "])
def test_one_record_is_reduced(api: InProcess, volume: str, mask: str) -> None:
    found = api.get(volume, headers={"X-Fields": mask}).expect(200)
    assert found == {"name": "masked", "size_total": 1024**3}


def test_a_list_is_reduced(api: InProcess, volume: str) -> None:
    found = api.get("/v3/dummy/volumes", headers={"X-Fields": "name"}).expect(200)
    assert all(set(record) == {"name"} for record in found)
    assert "masked" in names(found)


def test_a_star_is_everything(api: InProcess, volume: str) -> None:
    whole = api.get(volume).expect(200)
    assert api.get(volume, headers={"X-Fields": "*"}).expect(200) == whole


def test_nested_fields_are_reduced(api: InProcess) -> None:
    api.post("/v3/dummy/users/nested", {"bucket_quota": {"max_bytes": 4096}}).expect(201)
    mask = {"X-Fields": "name,bucket_quota{max_bytes}"}
    found = api.get("/v3/dummy/users/nested", headers=mask).expect(200)
    assert found == {"name": "nested", "bucket_quota": {"max_bytes": 4096}}


def test_unknown_fields_are_left_out(api: InProcess, volume: str) -> None:
    found = api.get(volume, headers={"X-Fields": "name,absent"}).expect(200)
    assert found == {"name": "masked"}


MALFORMED = ["{", "}", "name{", "name}", ",,", "name,,size", "{name", "name{a}}", "name{a"]


@pytest.mark.parametrize("mask", MALFORMED)
def test_a_malformed_mask_is_refused(api: InProcess, volume: str, mask: str) -> None:
    for path in (volume, "/v3/dummy/volumes", "/v3/dummy/users"):
        assert api.get(path, headers={"X-Fields": mask}).expect(400)["code"] == "invalid"


@pytest.mark.parametrize("mask", [*MALFORMED, "name{x}", "size_total{y}"])
def test_a_write_with_a_bad_mask_changes_nothing(api: InProcess, volume: str, mask: str) -> None:
    headers = {"X-Fields": mask}
    before = api.get(volume).expect(200)
    api.patch(volume, {"size_total": 2 * 1024**3}, headers=headers).expect(400)
    assert api.get(volume).expect(200) == before
    api.post("/v3/dummy/volumes/other", {"size_total": 1024**3}, headers=headers).expect(400)
    api.get("/v3/dummy/volumes/other").expect(404)
    user = "/v3/dummy/users/keyless"
    api.post(user, {}).expect(201)
    api.post(f"{user}/keys", headers={"X-Fields": "access_key{"}).expect(400)
    assert api.get(f"{user}/keys").expect(200) == []


@pytest.mark.parametrize("path", ["/conf/subsystems", "/conf/roles/USER/am_i_a", "/conf/me/roles"])
@pytest.mark.parametrize("mask", ["name", "{"])
def test_a_mask_on_what_is_no_record_breaks_nothing(api: InProcess, path: str, mask: str) -> None:
    assert api.get(path, headers={"X-Fields": mask}).status in {200, 400}


def test_a_mask_that_hides_the_secret_is_the_caller_s_own_choice(api: InProcess) -> None:
    api.post("/v3/dummy/users/masked", {}).expect(201)
    mask = {"X-Fields": "access_key"}
    assert set(api.post("/v3/dummy/users/masked/keys", headers=mask).expect(201)) == {"access_key"}


def test_an_endless_mask_breaks_nothing(api: InProcess, volume: str) -> None:
    for mask in ("name," * 1000 + "name", "a{" * 2000 + "b" + "}" * 2000, "quota{" * 900):
        assert api.get(volume, headers={"X-Fields": mask}).status in {200, 400}
