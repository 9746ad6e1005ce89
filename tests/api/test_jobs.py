"""``/v3/jobs``, and the deletions that answer with a job."""

import io
import json
import re
from typing import Any

import pytest
from flask import Flask

from storage_api.domain.models import Ref
from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.conformance.client import Answer, InProcess, fresh
from tests.jobs.lab import wait_for
from tests.security.test_signon import PRODUCTION
from tests.servers import DUMMY, service

_NOWHERE = "redis://127.0.0.1:9/0"
_UNKNOWN = "/v3/jobs/18795f3c2b1a0d4e9c31"


def purge(api: InProcess, user: str | None = None) -> Answer:
    """Of a user who is there."""
    name = user or fresh("user")
    api.post(f"/v3/dummy/users/{name}", {}).expect(201)
    return api.delete(f"/v3/dummy/users/{name}?purge=true")


def ended(api: InProcess, job: dict[str, Any]) -> Any:
    return wait_for(
        lambda: api.get(f"/v3/jobs/{job['id']}").expect(200),
        lambda now: now["state"] not in {"queued", "running"},
    )


def test_a_purge_answers_with_a_job_that_can_be_asked(api: InProcess) -> None:
    user = fresh("user")
    answer = purge(api, user)
    job = answer.expect(202)
    assert answer.headers["Location"] == f"/v3/jobs/{job['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch("[0-9a-f]{20}", job["id"])
    assert (job["kind"], job["backend"], job["target"]) == ("purge-user", "dummy", user)
    assert (job["asked_by"], job["namespace"]) == ("developer", None)
    done = ended(api, job)
    assert (done["state"], done["errors"]) == ("done", [])
    assert job["created"] <= done["started"] <= done["finished"]
    api.get(f"/v3/dummy/users/{user}").expect(404)


def test_a_bucket_is_purged_by_a_job_too(api: InProcess) -> None:
    user, bucket = fresh("user"), fresh("bucket")
    api.post(f"/v3/dummy/users/{user}", {}).expect(201)
    api.post(f"/v3/dummy/buckets/{bucket}", {"owner": user}).expect(201)
    job = api.delete(f"/v3/dummy/buckets/{bucket}?purge=true").expect(202)
    assert job["kind"] == "purge-bucket"
    assert ended(api, job)["state"] == "done"
    api.get(f"/v3/dummy/buckets/{bucket}").expect(404)


@pytest.mark.parametrize("path", ["users/nobody", "buckets/nothing", "namespaces/none/users/x"])
def test_purging_what_is_gone_is_done_at_once(api: InProcess, path: str) -> None:
    api.delete(f"/v3/dummy/{path}?purge=true").expect(204)
    assert api.get("/v3/jobs").expect(200) == []


@pytest.mark.parametrize("word", ["", "yes", "True", "1"])
def test_whether_to_purge_is_not_guessed(api: InProcess, word: str) -> None:
    api.delete(f"/v3/dummy/users/nobody?purge={word}").expect(400)


def test_purging_must_be_allowed() -> None:
    api = InProcess(service({"SAPI_BACKENDS": f"{DUMMY}🌈allow_purge🌈false"}))
    assert "allow_purge" in purge(api).expect(403)["detail"]


def test_jobs_come_newest_first_in_pages_and_by_filters(api: InProcess) -> None:
    made = [purge(api).expect(202)["id"] for _ in range(5)]
    assert sorted(made) == made
    everything = [job["id"] for job in api.get("/v3/jobs").expect(200)]
    assert everything == made[::-1]
    pages, path = [], "/v3/jobs?limit=2"
    while path:
        answer = api.get(path)
        pages.append([job["id"] for job in answer.expect(200)])
        link = re.match(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        path = link[1] if link else ""
    assert pages == [everything[:2], everything[2:4], everything[4:]]
    for job in api.get("/v3/jobs").expect(200):
        ended(api, job)
    assert len(api.get("/v3/jobs?state=done&backend=dummy").expect(200)) == 5
    assert api.get("/v3/jobs?state=failed").expect(200) == []
    assert api.get("/v3/jobs?backend=other").expect(200) == []


@pytest.mark.parametrize(("method", "path"), [("GET", _UNKNOWN), ("POST", f"{_UNKNOWN}/cancel")])
def test_an_unknown_job_is_not_found(api: InProcess, method: str, path: str) -> None:
    assert "18795f3c2b1a0d4e9c31" in api.request(method, path).expect(404)["detail"]
    purge(api).expect(202)
    api.request(method, path).expect(404)


@pytest.mark.parametrize("name", ["x", "0" * 21, "18795F3C2B1A0D4E9C31", "submit", "%2e%2e"])
def test_an_ill_formed_id_is_refused(api: InProcess, name: str) -> None:
    api.get(f"/v3/jobs/{name}").expect(400)
    api.post(f"/v3/jobs/{name}/cancel").expect(400)


def test_a_job_that_has_ended_stays_as_it_is_when_it_is_cancelled(api: InProcess) -> None:
    job = ended(api, purge(api).expect(202))
    assert api.post(f"/v3/jobs/{job['id']}/cancel").expect(200) == job
    api.post(f"/v3/jobs/{job['id']}/cancel", {"colour": 1}).expect(400)


def test_a_path_below_jobs_that_is_none_names_no_back_ends(api: InProcess) -> None:
    assert "subsystem" not in api.get("/v3/jobs/a/b/c").expect(404)["detail"]


def test_a_store_that_is_down_is_told_with_when_to_come_back() -> None:
    app = service({"SAPI_REDIS_URL": _NOWHERE})
    api = InProcess(app)
    refused = purge(api)
    refused.expect(503)
    assert int(refused.headers["Retry-After"]) > 0
    assert "127.0.0.1" not in refused.body["detail"]
    for method, path in (("GET", "/v3/jobs"), ("GET", _UNKNOWN), ("POST", f"{_UNKNOWN}/cancel")):
        assert_problem(call(app, method, path, cookie_of(app, Role.ADMIN)), 503)
    ready = api.get("/health/ready").expect(200)
    assert (ready["status"], ready["jobs"]["status"]) == ("ready", "down")
    assert ready["jobs"]["detail"] == "The store of the jobs cannot be used now."
    assert set(ready["backends"]) == {"dummy"}


def test_without_redis_the_jobs_are_well() -> None:
    ready = call(service(), "GET", "/health/ready").get_json()
    assert (ready["jobs"]["status"], ready["jobs"]["detail"]) == ("up", None)


def test_asking_for_a_purge_leaves_an_audit_record_and_so_does_its_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    api = InProcess(service())
    user = fresh("user")
    job = purge(api, user).expect(202)
    written = io.StringIO()

    def audit() -> list[dict[str, Any]]:
        """Of this user; the last line may not be whole yet, and other tests' jobs write too."""
        written.write(capsys.readouterr().out)
        whole, _, _ = written.getvalue().rpartition("\n")
        lines = [json.loads(line) for line in whole.splitlines()]
        return [line for line in lines if line.get("logger") == "audit" and user in str(line)]

    seen = wait_for(audit, lambda lines: len(lines) >= 3)
    _, asked, did = sorted(seen, key=lambda line: "job" in line)
    assert (asked["action"], asked["status"], asked["who"]) == ("DELETE", 202, "developer")
    assert (did["action"], did["job"], did["outcome"]) == ("purge-user", job["id"], "done")
    assert (did["who"], did["backend"], did["target"]) == ("developer", "dummy", user)


@pytest.mark.parametrize(("directory", "warned"), [("", True), ("/tmp", False)])  # noqa: S108  # nothing is written there
def test_operators_are_warned_of_a_store_that_is_temporary(
    directory: str, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    service({**PRODUCTION, "SAPI_STATE_DIRECTORY": directory})
    assert ("state-directory-is-temporary" in capsys.readouterr().out) is warned


def test_swagger_tells_of_the_job(app: Flask) -> None:
    document = call(app, "GET", "/swagger.json").get_json()
    for path in ("/v3/dummy/users/{uid}", "/v3/dummy/buckets/{bucket}"):
        accepted = document["paths"][path]["delete"]["responses"]["202"]
        assert accepted["schema"] == {"$ref": "#/definitions/Job"}
    tags = [tag["name"] for tag in document["tags"]]
    assert "jobs" in tags
    listed = document["paths"]["/v3/jobs"]["get"]["parameters"]
    assert {"state", "backend", "limit", "marker"} <= {one["name"] for one in listed}


def test_applications_do_not_share_jobs() -> None:
    one, other = service(), service()
    made = one.extensions["storage_api_jobs"].submit(
        "purge-user", "dummy", Ref(None, "alice"), asked_by="alice"
    )
    assert made.id
    assert InProcess(other).get("/v3/jobs").expect(200) == []
