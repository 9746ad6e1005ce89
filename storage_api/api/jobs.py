"""``/v3/jobs``: work that takes longer than a request."""

from http import HTTPStatus

from flask import Response, current_app

from storage_api.api.encoding import json_response
from storage_api.domain.models import Job
from storage_api.jobs.engine import Jobs


def jobs() -> Jobs:
    found: Jobs = current_app.extensions["storage_api_jobs"]
    return found


def accepted(job: Job) -> Response:
    """202 with the job, and where to ask how it is."""
    headers = {"Location": f"/v3/jobs/{job.id}", "Cache-Control": "no-store"}
    return json_response(job, HTTPStatus.ACCEPTED, headers=headers)
