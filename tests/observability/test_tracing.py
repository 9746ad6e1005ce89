"""Traces: what a collector gets from forked workers, and what it costs if there is none."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.observability.conftest import filer_entry
from tests.observability.receivers import Receiver, attributes, receiver
from tests.servers import DUMMY, Server, free_port, uwsgi_server
from tests.simulators.ontap import OntapSimulator

SECRET = "planted-secret"
REQUEST_ID = "request-of-the-test-1"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"
ONE = "GET /v3/filer/volumes/<path:volume>"


@pytest.fixture(scope="module")
def collector() -> Iterator[Receiver]:
    with receiver() as received:
        yield received


@pytest.fixture(scope="module")
def traced(
    collector: Receiver, sim: OntapSimulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("tracing") / "log"
    settings = {
        "SAPI_BACKENDS": f"{DUMMY}🦄{filer_entry(sim)}",
        "FLASK_DEBUG": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
    }
    with uwsgi_server(settings, log, processes=2) as server:
        yield server


def ask(server: Server, path: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(
            f"{server.url}{path}?token={SECRET}-in-a-query",
            headers={
                "Authorization": f"Basic {SECRET}-in-a-header",
                "Cookie": f"sapi_session={SECRET}-in-a-cookie",
                "User-Agent": f"{SECRET}-agent",
                "Baggage": f"key={SECRET}-baggage",
                "X-Request-Id": REQUEST_ID,
                "Traceparent": PARENT,
            },
            timeout=30,
        )


def test_a_request_and_its_calls_to_the_vendor_are_one_trace(
    traced: Server, collector: Receiver, sim: OntapSimulator
) -> None:
    assert ask(traced, "/v3/filer/volumes/none").status_code == 404
    collector.until(lambda: any(span.name == ONE for span in collector.spans))
    [request] = [span for span in collector.spans if span.name == ONE]
    assert request.trace_id.hex() == TRACE_ID
    assert attributes(request)["request_id"] == REQUEST_ID
    assert attributes(request)["http.route"] == "/v3/filer/volumes/<path:volume>"
    assert attributes(request)["http.status_code"] == 404
    calls = [span for span in collector.spans if span.parent_span_id == request.span_id]
    assert calls
    urls = [attributes(call)["http.url"] for call in calls]
    assert all(url.startswith(f"https://{sim.hostname}/api/") for url in urls)
    assert not any("?" in url for url in urls)


def test_nothing_secret_goes_to_the_collector_nor_a_caller_s_words_to_the_vendor(
    traced: Server, collector: Receiver, sim: OntapSimulator
) -> None:
    before = len(collector.spans)
    for path in (
        "/v3/filer/volumes",
        f"/{SECRET}-path",
        f"/v3/dummy/buckets/{SECRET}-bucket",
        "/v3/dummy/users",
        "/login_basic",
    ):
        ask(traced, path)
    collector.until(lambda: len(collector.spans) >= before + 5)
    collector.until(lambda: any(span.name == "unmatched" for span in collector.spans))
    assert f"{SECRET}-".encode() not in collector.raw
    assert sim.password.encode() not in collector.raw
    sent = json.dumps([str(vars(one)) for one in sim.requests])
    assert f"{SECRET}-baggage" not in sent
    assert f"{SECRET}-agent" not in sent


def test_the_log_tells_the_trace_of_a_request(traced: Server) -> None:
    ask(traced, "/v3/dummy/volumes")
    lines = [
        json.loads(line)
        for line in traced.log.read_text(encoding="utf-8").splitlines()
        if line.startswith("{")
    ]
    [line] = [
        one for one in lines if one["event"] == "request" and one["path"] == "/v3/dummy/volumes"
    ]
    assert (line["request_id"], line["trace_id"]) == (REQUEST_ID, TRACE_ID)


def test_probes_and_scrapes_are_not_traced(traced: Server, collector: Receiver) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert ask(traced, path).status_code == 200
    ask(traced, "/conf/roles")
    collector.until(lambda: any(span.name == "GET /conf/roles" for span in collector.spans))
    assert not any("health" in span.name or "metrics" in span.name for span in collector.spans)


def test_the_last_spans_leave_with_the_service(tmp_path: Path) -> None:
    with receiver() as received:
        settings = {
            "SAPI_BACKENDS": DUMMY,
            "FLASK_DEBUG": "1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": received.url,
            "OTEL_BSP_SCHEDULE_DELAY": "60000",
        }
        with uwsgi_server(settings, tmp_path / "log", processes=1) as server:
            ask(server, "/v3/dummy/volumes")
        assert [span.name for span in received.spans] == ["GET /v3/dummy/volumes"]


@pytest.mark.parametrize("state", ["slow", "gone"])
def test_a_collector_that_is_away_costs_nothing(state: str, tmp_path: Path) -> None:
    with receiver(delay=30) as slow:
        url = slow.url if state == "slow" else f"http://127.0.0.1:{free_port()}"
        settings = {
            "SAPI_BACKENDS": DUMMY,
            "FLASK_DEBUG": "1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        with uwsgi_server(settings, tmp_path / "log", processes=1) as server:
            began = time.monotonic()
            for _ in range(50):
                assert ask(server, "/v3/dummy/volumes").status_code == 200
            assert time.monotonic() - began < 10
            ended = time.monotonic()
        assert time.monotonic() - ended < 12
