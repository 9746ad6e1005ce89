"""``/v3/jobs``: work that takes longer than a request."""

from http import HTTPStatus

from flask import Response, current_app
from flask_restx import Namespace

from storage_api.api.encoding import json_response
from storage_api.api.operation import operation
from storage_api.api.resource import ApiResource
from storage_api.domain.models import Job
from storage_api.jobs.engine import Jobs
from storage_api.security.roles import Role

_NO_JOB = {HTTPStatus.NOT_FOUND: "There is no such job, or it ended more than seven days ago."}
_STORE_DOWN = {HTTPStatus.SERVICE_UNAVAILABLE: "The store of the jobs is down; see Retry-After."}


def jobs_namespace() -> Namespace:
    namespace = Namespace("jobs", description="Work longer than a request", path="/v3/jobs")
    for url, resource in (
        ("", JobList),
        ("/<string:job>", JobItem),
        ("/<string:job>/cancel", JobCancel),
    ):
        namespace.add_resource(resource, url)
    return namespace


def jobs() -> Jobs:
    found: Jobs = current_app.extensions["storage_api_jobs"]
    return found


def accepted(job: Job) -> Response:
    """202 with the job, and where to ask how it is."""
    headers = {"Location": f"/v3/jobs/{job.id}", "Cache-Control": "no-store"}
    return json_response(job, HTTPStatus.ACCEPTED, headers=headers)


class JobList(ApiResource):
    @operation("list_jobs", Role.ADMIN, returns=list[Job], errors=_STORE_DOWN)
    def get(self) -> list[Job]:
        """List the jobs of all back-ends, newest first

        Those that have ended are kept for seven days."""
        return jobs().list()


class JobItem(ApiResource):
    @operation("get_job", Role.ADMIN, returns=Job, errors=_NO_JOB | _STORE_DOWN)
    def get(self, job: str) -> Job:
        """Get one job

        What is done and what is known to be ahead grow while it runs, about once a second."""
        return jobs().get(job)


class JobCancel(ApiResource):
    @operation("cancel_job", Role.ADMIN, returns=Job, errors=_NO_JOB | _STORE_DOWN)
    def post(self, job: str) -> Job:
        """Cancel a job

        One that waits ends at once, one that runs after its current step. What is done stays done.
        One that has ended stays as it is."""
        return jobs().cancel(job)
