"""The Unix groups of projects, and a service for them that misbehaves."""

import shutil
from pathlib import Path

import pytest

from tests.backends.cscs.lab import DOCUMENT, Lab, projects, read
from tests.conformance.client import Api, InProcess
from tests.conftest import skip_or_fail
from tests.servers import service
from tests.services.socks import INSTALL, socks_proxy

PROJECTS = "/api/v1/export/waldur/projects"


def gid_of(api: Api) -> int:
    [item] = projects(read(api))
    found: int = item["target"]["targetItem"]["unixGid"]
    return found


def statistics(api: Api) -> dict[str, int]:
    found: dict[str, int] = api.get("/v3/cscs/gid-cache").expect(200)
    return found


def test_a_group_is_asked_for_once(lab: Lab, api: Api) -> None:
    lab.resource()
    assert gid_of(api) == gid_of(api) == 40000
    assert len(lab.gids.project_calls) == len(lab.gids.token_calls) == 1
    found = statistics(api)
    assert (found["entries"], found["hits"], found["misses"], found["requests"]) == (1, 1, 1, 1)


def test_many_are_asked_for_in_few_short_requests(lab: Lab, api: Api) -> None:
    for number in range(600):
        lab.resource(f"a-project-with-a-long-name-{number:04}")
    assert len(projects(read(api, "?page_size=500"))) > 400
    assert lab.gids.too_long == 0
    assert 2 < len(lab.gids.project_calls) < 8
    assert statistics(api)["entries"] == 600


def test_an_unknown_project_is_left_out_and_not_asked_for_again_at_once(lab: Lab, api: Api) -> None:
    lab.waldur.add_resource(lab.waldur.offering("capstor"), lab.project("unknown", gid=False))
    for _ in range(2):
        assert [each["reason"] for each in read(api)["skipped"]] == ["gid_not_found"]
    assert len(lab.gids.project_calls) == 1
    assert statistics(api)["unknown"] == 1


def test_two_groups_for_one_project_are_none(lab: Lab, api: Api) -> None:
    lab.resource()
    lab.gids.add("climate", 47110)
    assert [each["reason"] for each in read(api)["skipped"]] == ["gid_not_found"]


def test_in_development_an_unknown_project_gets_a_made_up_group(lab: Lab) -> None:
    lab.waldur.add_resource(lab.waldur.offering("capstor"), lab.project("climate-sim", gid=False))
    assert gid_of(lab.api(development_mode="true")) == 39165


def test_without_a_service_development_makes_all_groups_up(lab: Lab) -> None:
    lab.resource("climate-sim")
    names = ("api_url", "client_id", "client_secret", "oidc_token_url")
    options = lab.options(development_mode="true")
    for name in names:
        del options[f"hpc_user_{name}"]
    entry = "🌈".join(["cscs", "CscsStorage", *(part for pair in options.items() for part in pair)])
    assert gid_of(InProcess(service({"SAPI_BACKENDS": entry}))) == 39165


@pytest.mark.parametrize("development", ["true", "false"])
def test_while_the_service_is_down_what_is_known_stays(lab: Lab, development: str) -> None:
    lab.resource()
    api = lab.api(development_mode=development)
    read(api)
    lab.resource("second")
    with lab.gids.down():
        answer = api.get(DOCUMENT, headers={"Cache-Control": "no-cache"})
    document = answer.expect(200)
    assert [each["reason"] for each in document["skipped"]] == ["gid_service_unavailable"]
    assert len(projects(document)) == 1
    assert answer.headers["Warning"].startswith('199 storage-api "The GID service')
    assert statistics(api)["failures"] == 1
    assert len(projects(read(api))) == 2
    assert "Warning" not in api.get(DOCUMENT).headers


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("status", PROJECTS),
        ("garbage", PROJECTS),
        ("truncate", PROJECTS),
        ("cut-within", PROJECTS),
        ("status", "*/token"),
        ("garbage", "*/token"),
    ],
)
def test_a_service_that_fails_costs_its_items_alone(
    lab: Lab, api: Api, kind: str, path: str
) -> None:
    lab.resource()
    lab.gids.faults.add(kind=kind, path=path, times=None, status=500)  # type: ignore[arg-type]
    document = read(api)
    assert [each["reason"] for each in document["skipped"]] == ["gid_service_unavailable"]
    assert projects(document) == []
    lab.gids.faults.clear()
    assert gid_of(api) == 40000


@pytest.mark.parametrize(
    "body", ["[]", "{}", '{"projects": {}}', '{"projects": [1, {"posixName": 1, "unixGid": "x"}]}']
)
def test_wrong_answers_are_no_groups(lab: Lab, api: Api, body: str) -> None:
    lab.resource()
    lab.gids.faults.add(kind="garbage", path=PROJECTS, times=None, body=body)
    assert len(read(api)["skipped"]) == 1


@pytest.mark.parametrize("gid", [0, -1, 2**32, True, 3.5, "30500", None])
def test_what_is_no_group_number_is_none(lab: Lab, api: Api, gid: object) -> None:
    lab.waldur.add_resource(lab.waldur.offering("capstor"), lab.project("odd", gid=False))
    lab.gids.add("odd", gid)  # type: ignore[arg-type]
    assert [each["reason"] for each in read(api)["skipped"]] == ["gid_not_found"]


def test_a_service_that_hangs_does_not_hang_the_list(lab: Lab) -> None:
    lab.resource()
    lab.gids.faults.add(kind="hang", path=PROJECTS, times=None, seconds=5)
    api = lab.api(read_timeout="0.5")
    answer = api.get(DOCUMENT)
    assert len(answer.expect(200)["skipped"]) == 1
    assert "did not answer in time" in answer.headers["Warning"]


def test_a_token_is_renewed_when_it_ends(lab: Lab, api: Api) -> None:
    lab.gids.expires_in = 1
    for number in range(3):
        lab.resource(f"project{number}")
        assert len(projects(read(api))) == number + 1
        lab.gids.revoke_tokens()
    assert len(lab.gids.token_calls) == 3


def test_a_token_that_is_refused_is_renewed_once(lab: Lab, api: Api) -> None:
    lab.resource()
    read(api)
    lab.resource("second")
    lab.gids.faults.add(kind="status", path=PROJECTS, times=None, status=401)
    document = read(api)
    assert [each["reason"] for each in document["skipped"]] == ["gid_service_unavailable"]
    assert len(lab.gids.token_calls) == 2
    assert len(lab.gids.project_calls) == 3


def test_a_wrong_secret_is_told_and_not_shown(lab: Lab) -> None:
    lab.resource()
    answer = lab.api(hpc_user_client_secret="wrong-secret").get(DOCUMENT)
    assert "token provider does not accept our client" in answer.headers["Warning"]
    assert "wrong-secret" not in str(answer.headers) + str(answer.body)


@pytest.fixture
def socks() -> None:
    if shutil.which("microsocks") is None:
        skip_or_fail(f"microsocks not installed: {INSTALL}")


def port(url: str) -> int:
    return int(url.rpartition(":")[2])


@pytest.mark.usefixtures("socks")
def test_either_service_is_reached_through_its_proxy(lab: Lab, tmp_path: Path) -> None:
    lab.resource()
    waldur, gids = port(lab.waldur.url), port(lab.gids.url)
    with socks_proxy(tmp_path) as proxy:
        assert gid_of(lab.api(socks_proxy=proxy.url)) == 40000
        assert proxy.connections_to(waldur) > 0
        assert proxy.connections_to(gids) == 0
    with socks_proxy(tmp_path) as proxy:
        socks5h = proxy.url.replace("socks5:", "socks5h:")
        assert gid_of(lab.api(hpc_user_socks_proxy=socks5h)) == 40000
        assert proxy.connections_to(gids) > 0
        assert proxy.connections_to(waldur) == 0


@pytest.mark.usefixtures("socks")
def test_a_proxy_that_is_down_is_a_service_that_is_down(lab: Lab, tmp_path: Path) -> None:
    lab.resource()
    with socks_proxy(tmp_path) as proxy:
        url = proxy.url
    assert lab.api(socks_proxy=url).get(DOCUMENT).status == 502
    answer = lab.api(hpc_user_socks_proxy=url).get(DOCUMENT)
    assert len(answer.expect(200)["skipped"]) == 1
    assert "cannot be reached" in answer.headers["Warning"]
