"""Between agent and service: passes requests on, and fails where a test says so."""

from __future__ import annotations

import requests

from tests.simulators.waldur.http import SimulatorServer
from tests.simulators.waldur.messages import Reply, Request

_KEPT = frozenset(("content-type", "link", "location", "retry-after", "x-request-id"))


class Front(SimulatorServer):
    """The service at ``target``, with ``faults``, ``requests`` and ``down()`` of a simulator."""

    def __init__(self, target: str) -> None:
        super().__init__(self._pass_on)
        self._target = target

    def _pass_on(self, request: Request) -> Reply:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in {"host", "connection", "content-length"}
        }
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                request.method,
                self._target + request.target,
                data=request.body,
                headers=headers,
                timeout=60,
                allow_redirects=False,
            )
        kept = {name: value for name, value in answer.headers.items() if name.lower() in _KEPT}
        return Reply(answer.status_code, answer.content, kept)
