"""Reaching the filer: TLS, accounts, pages, older releases, answers that are none."""

from pathlib import Path

import pytest
from urllib3.exceptions import InsecureRequestWarning

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    StorageError,
)
from storage_api.domain.secrets import Secret
from tests.backends.netapp.filer import VOLUMES, storage_at
from tests.simulators.ontap import OntapSimulator, Settings
from tests.simulators.tls import Authority


def test_a_password_may_be_in_any_alphabet() -> None:
    with OntapSimulator(password="pässwörd:@;🔑") as sim:
        storage_at(sim).probe()


def test_a_certificate_signs_on(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair = authority.client("robot")
    with OntapSimulator(client_ca=authority.ca_file) as sim:
        sim.add_account("robot", None)
        sim.add_volume("v")
        keys = {"client_certificate": pair.certificate, "client_key": pair.key}
        storage = storage_at(sim, username=None, password=None, **keys)
        storage.probe()
        assert storage.get_volume("v").name == "v"
        assert {one.account for one in sim.requests} == {"robot"}


def test_a_certificate_that_is_not_trusted_is_named(sim: OntapSimulator, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    storage = storage_at(sim, ca_file=stranger.ca_file)
    with pytest.raises(BackendMisbehaved, match="certificate"):
        storage.list_volumes()
    assert not sim.requests
    with pytest.warns(InsecureRequestWarning):
        storage_at(sim, ca_file=stranger.ca_file, verify_tls=False).list_volumes()


def test_a_wrong_password_is_tried_once_and_never_again(sim: OntapSimulator) -> None:
    storage = storage_at(sim, password=Secret("guess"))
    with pytest.raises(BackendRefused, match="password"):
        storage.create_volume("v", {"size_total": 1 << 30, "junction_path": "/v"})
    assert len(sim.requests) == 1
    assert sim.account.wrong_tries == 1


def test_no_error_repeats_what_is_secret(sim: OntapSimulator) -> None:
    sim.faults.add(kind="status", status=500, body=sim.password, times=None)
    with pytest.raises(StorageError) as raised:
        storage_at(sim).list_volumes()
    assert sim.password not in str(raised.value)


def test_several_filers_and_two_svms_of_one_stay_apart(sim: OntapSimulator) -> None:
    with OntapSimulator(svm="vs9") as second:
        sim.add_svm("vs2")
        sim.add_volume("here")
        sim.add_volume("beside", svm="vs2")
        second.add_volume("there")
        storages = [storage_at(sim), storage_at(sim, vserver="vs2"), storage_at(second)]
        found = [[volume.name for volume in each.list_volumes()] for each in storages]
        assert found == [["here"], ["beside"], ["there"]]
        for each in storages:
            each.probe()


def test_an_older_release_is_asked_once_for_what_it_does_not_know() -> None:
    with OntapSimulator(settings=Settings(version="9.12.1")) as sim:
        sim.add_volume("v")
        storage = storage_at(sim)
        assert [volume.name for volume in storage.list_volumes()] == ["v"]
        asked = [one for one in sim.requests if one.path == VOLUMES]
        assert len(asked) == 2
        assert storage.get_volume("v").name == "v"
        assert len([one for one in sim.requests if one.path == VOLUMES]) == 3


# Answers that are none


@pytest.mark.parametrize("kind", ["truncate", "garbage"])
@pytest.mark.parametrize("body", ["<html>Sorry</html>", "[]", "7", "{", "", '{"records": 7}', "{}"])
def test_an_answer_that_is_not_ontap_s_is_no_empty_list(
    sim: OntapSimulator, kind: str, body: str
) -> None:
    sim.seed_volumes(3)
    sim.faults.add(kind=kind, body=body, times=None)  # type: ignore[arg-type]
    with pytest.raises(BackendMisbehaved):
        storage_at(sim).list_volumes()


@pytest.mark.parametrize(
    "following",
    [
        "/api/storage/volumes?start.uuid=1",
        "https://elsewhere.example.org/api/",
        "//elsewhere/api/x",
    ],
)
def test_pages_that_lead_nowhere_are_no_list(sim: OntapSimulator, following: str) -> None:
    body = f'{{"records": [], "_links": {{"next": {following}}}}}'
    sim.faults.add(kind="garbage", body=body, content_type="application/json", times=None)
    with pytest.raises(BackendMisbehaved):
        storage_at(sim).list_volumes()


@pytest.mark.parametrize("kind", ["cut-before", "cut-after", "cut-within", "status"])
def test_a_read_is_repeated_when_its_answer_is_lost(sim: OntapSimulator, kind: str) -> None:
    sim.add_volume("v")
    fault = sim.faults.add(kind=kind, method="GET", times=2)  # type: ignore[arg-type]
    assert storage_at(sim).get_volume("v").name == "v"
    assert fault.hits == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, BackendRefused),
        (403, BackendRefused),
        (429, BackendUnavailable),
        (503, BackendUnavailable),
        (502, BackendUnavailable),
        (504, BackendUnavailable),
        (500, BackendMisbehaved),
        (404, BackendMisbehaved),
        (302, BackendMisbehaved),
    ],
)
def test_a_web_server_s_own_errors(
    sim: OntapSimulator, storage: NetappStorage, status: int, kind: type[StorageError]
) -> None:
    sim.add_volume("v")
    sim.faults.add(kind="status", method="PATCH", status=status, times=None, retry_after=60)
    with pytest.raises(kind) as raised:
        storage.update_volume("v", {"autosize_enabled": False})
    if kind is BackendUnavailable:
        assert raised.value.retry_after == 60


def test_a_filer_that_hangs_is_a_time_out(sim: OntapSimulator) -> None:
    sim.faults.add(kind="hang", times=None)
    with pytest.raises(BackendTimeout):
        storage_at(sim, read_timeout=0.3).list_volumes()


def test_a_filer_that_is_down_is_said_so(sim: OntapSimulator) -> None:
    storage = storage_at(sim, hostname="127.0.0.1:9", connect_timeout=0.5)
    with pytest.raises(BackendUnavailable, match="cannot be reached"):
        storage.probe()


def test_connections_that_the_filer_closed_are_not_used_for_writes() -> None:
    with OntapSimulator(requests_each=2) as sim:
        storage = storage_at(sim)
        for number in range(4):
            path = f"/v{number}"
            storage.create_volume(f"v{number}", {"size_total": 1 << 30, "junction_path": path})
        assert len(sim.volumes()) == 4
