"""No secret in the debug document, in errors or in logs."""

import json
from typing import Any

import pytest

from tests.backends.cscs.lab import DOCUMENT, LISTING, Lab
from tests.conformance.client import Api

SECRETS = {
    "secret_options": {"anything": "planted-1"},
    "attributes": {
        "permissions": "775",
        "ssh_password": "planted-2",
        "nested": [{"access_token": "planted-3", "client-secret": "planted-4", "fine": "shown"}],
    },
}


def explain(api: Api, query: str = "") -> dict[str, Any]:
    document: dict[str, Any] = api.get(f"{DOCUMENT}?debug=true{query}").expect(200)
    return document


def test_it_shows_what_is_configured_and_what_waldur_says(lab: Lab, api: Api) -> None:
    resource = lab.resource()
    lab.resource("other", "vast")
    document = explain(api, "&storage_system=capstor")
    assert document["debug_mode"] is True
    told = document["agent_config"]
    assert document["agent_offering_config"] == told
    assert told["requested_storage_system"] == told["resolved_offering_slug"] == "capstor"
    assert told["configured_storage_systems"] == {
        name: name for name in ("capstor", "vast", "iopsstor")
    }
    assert told["backend_settings"]["inode_soft_coefficient"] == 1.33
    [offering] = document["waldur_offering_details"]
    assert offering["slug"] == "capstor"
    assert offering["components"]
    [row] = document["raw_resources"]["resources"]
    assert (row["uuid"], row["limits"]) == (resource.uuid, {"storage": 10})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("&state=OK", {"fine"}),
        ("&status=error", {"erred"}),
        ("&data_type=store", {"fine", "erred"}),
        ("&data_type=x", set()),
        ("", {"fine", "erred", "odd"}),
    ],
)
def test_it_takes_the_same_filters(lab: Lab, api: Api, query: str, expected: set[str]) -> None:
    lab.resource("fine")
    lab.resource("erred", state="Erred")
    lab.waldur.spoil(lab.resource("odd", state="Creating"), limits="x")
    rows = explain(api, query)["raw_resources"]["resources"]
    assert {row["project_slug"] for row in rows} == expected


def test_secrets_are_left_out_at_any_depth(lab: Lab, api: Api) -> None:
    lab.waldur.spoil(lab.resource(), **SECRETS)
    text = json.dumps(explain(api))
    assert "planted" not in text
    assert "shown" in text
    assert "secret_options" not in text
    for secret in (lab.waldur.token, lab.gids.client_secret):
        assert secret not in text
    assert "waldur_api_token" not in text


def test_it_still_explains_when_waldur_fails(lab: Lab, api: Api) -> None:
    lab.waldur.faults.add(kind="status", path=LISTING, times=None, status=500)
    raw = explain(api)["raw_resources"]
    assert raw["resources"] == []
    assert "failed (HTTP 500)" in raw["error"]


def test_logs_and_errors_hold_no_secret(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    proxy = "socks5://user:proxy-word@127.0.0.1:9"
    lab.resource()
    settings = {"SAPI_LOG_LEVEL": "DEBUG"}
    bodies = []
    for more in ({}, {"socks_proxy": proxy}, {"hpc_user_socks_proxy": proxy}):
        app = lab.app(settings, **more)
        client = app.test_client()
        client.get("/login")
        lab.gids.faults.add(kind="status", path="*/projects", status=401)
        lab.waldur.faults.add(kind="status", path=LISTING, status=502, body=lab.waldur.token)
        for path in (DOCUMENT, f"{DOCUMENT}?debug=true", "/v3/cscs/volumes", "/v3/cscs/gid-cache"):
            answer = client.get(path)
            bodies.append(answer.get_data(as_text=True) + str(answer.headers))
    told = capsys.readouterr()
    everything = told.out + told.err + "".join(bodies)
    assert '"backend-call"' in told.out
    tokens = [f"made-up-token-{number}" for number in range(1, 5)]
    for secret in (lab.waldur.token, lab.gids.client_secret, "proxy-word", *tokens):
        assert secret not in everything
