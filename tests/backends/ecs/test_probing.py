"""Whether the cluster answers, over TLS that proves who it is, and our accounts may work there."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import BackendMisbehaved, BackendRefused, BackendUnavailable
from storage_api.domain.secrets import Secret
from tests.backends.ecs.cluster import calls, monitored, storage_at
from tests.simulators.ecs import NAMESPACE_ADMIN, SYSTEM_MONITOR, EcsSimulator
from tests.simulators.tls import Authority


@pytest.mark.parametrize("release", ["3.x", "4.x"])
def test_one_read_for_each_account_proves_it(sim: EcsSimulator, release: str) -> None:
    sim.settings.release = release  # type: ignore[assignment]
    storage = monitored(sim)
    storage.probe()
    sim.forget_requests()
    storage.probe()
    assert calls(sim) == ["GET /user/whoami"] * 2


@pytest.mark.parametrize("role", [NAMESPACE_ADMIN, SYSTEM_MONITOR])
def test_an_account_that_cannot_write_is_named(sim: EcsSimulator, role: str) -> None:
    sim.add_account("other", "secret", role, namespace="physics")
    with pytest.raises(BackendRefused, match=r"\(option username\).*SYSTEM_ADMIN"):
        storage_at(sim, username="other", password=Secret("secret")).probe()


def test_a_monitor_that_may_not_read_is_named(sim: EcsSimulator) -> None:
    sim.add_account("other", "secret", NAMESPACE_ADMIN, namespace="physics")
    storage = storage_at(sim, monitor_username="other", monitor_password=Secret("secret"))
    with pytest.raises(BackendRefused, match=r"\(option monitor_username\).*SYSTEM_MONITOR"):
        storage.probe()


def test_of_two_accounts_the_refused_one_is_named(sim: EcsSimulator) -> None:
    storage = monitored(sim, password=Secret("wrong"))
    with pytest.raises(BackendRefused, match=r"\(option username\)"):
        storage.probe()
    storage = storage_at(sim, monitor_username="monitor", monitor_password=Secret("wrong"))
    with pytest.raises(BackendRefused, match=r"\(option monitor_username\)"):
        storage.probe()


def test_a_cluster_that_is_down_is_unavailable(tmp_path: Path) -> None:
    with EcsSimulator(authority=Authority(tmp_path)) as sim:
        storage = storage_at(sim)
    with pytest.raises(BackendUnavailable, match="cannot be reached"):
        storage.probe()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    sim: EcsSimulator, tmp_path: Path
) -> None:
    """ColdFront's plugin verifies no certificate, and cannot be told to."""
    for ca_file in (None, Authority(tmp_path).ca_file):
        with pytest.raises(BackendMisbehaved, match="not trusted"):
            storage_at(sim, ca_file=ca_file).probe()
    assert sim.requests == []


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    with EcsSimulator(authority=Authority(tmp_path)) as sim:
        url = sim.url.replace("127.0.0.1", "127.0.0.2")
        with pytest.raises((BackendMisbehaved, BackendUnavailable)):
            storage_at(sim, url=url).probe()
        assert sim.requests == []


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_verification_is_switched_off_loudly(sim: EcsSimulator) -> None:
    with capture_logs() as logged:
        storage: EcsStorage = storage_at(sim, ca_file=None, verify_tls=False)
        storage.probe()
    assert [row["log_level"] for row in logged if row["event"] == "tls-not-verified"]
