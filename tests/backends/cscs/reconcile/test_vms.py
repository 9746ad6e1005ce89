"""How VAST is spoken to: signing on, pages, tenants, users."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.backends.cscs.reconcile.lab import GID, Lab
from tests.conftest import skip_or_fail
from tests.services.venvs import NotInstalled, venv
from tests.simulators.tls import Authority
from tests.simulators.vast import VastSimulator

UID = 20123


@pytest.fixture
def signed_on(vast_lab: Lab, vast: VastSimulator) -> Lab:
    """Name and password instead of a token."""
    password = vast_lab.folder / "password"
    password.write_text(vast.password, encoding="utf-8")
    vast_lab.vast_account = ["--vast-user", vast.user, "--vast-password-file", str(password)]
    return vast_lab


def test_name_and_password_give_a_token(signed_on: Lab, vast: VastSimulator) -> None:
    order = signed_on.order()

    assert signed_on.run().code == 0

    assert order.state == "done"
    assert len(vast.calls("POST", "/api/token/")) == 1


def test_a_token_that_expires_is_renewed(signed_on: Lab, vast: VastSimulator) -> None:
    vast.faults.add(kind="status", path="/api/views/", status=401, body="{}")
    order = signed_on.order()

    assert signed_on.run().code == 0

    assert order.state == "done"
    assert len(vast.calls("POST", "/api/token/")) == 2


def test_a_wrong_password_spoils_no_order(signed_on: Lab, vast: VastSimulator) -> None:
    order = signed_on.order()
    vast.password = "another"

    run = signed_on.run()

    assert run.code == 1
    assert run.named("order-failed")[0]["kind"] == "backend-refused"
    assert order.state == "pending-provider"


def test_listings_in_pages_are_read_to_their_end(vast_lab: Lab, vast: VastSimulator) -> None:
    for number in range(5):
        vast_lab.order(vast_lab.project(f"project-{number}", gid=31000 + number))
    assert vast_lab.run().code == 0
    vast.page_size = 2

    run = vast_lab.run()

    assert run.code == 0
    assert not run.named("drift")


def test_the_tenant_is_named_in_every_call(vast_lab: Lab, vast: VastSimulator) -> None:
    vast_lab.order()

    assert vast_lab.run("--vast-tenant-id", "3").code == 0

    for call in vast.requests:
        told = call.query.get("tenant_id") or [str(call.json["tenant_id"])]
        assert told == ["3"]


def test_a_users_directory_is_its_own(vast_lab: Lab, vast: VastSimulator) -> None:
    vast.cluster.users[UID] = "alice"
    order = vast_lab.order(data_type="users")
    order.resource.backend_metadata = {"user_item": {"itemId": order.resource.uuid, "unixUid": UID}}
    vast_lab.waldur.store.changed(order.resource)

    assert vast_lab.run().code == 0

    folder = vast.cluster.folders[vast_lab.path(order.resource)]
    assert (folder.uid, folder.gid) == (UID, GID)


@pytest.mark.parametrize("kind", ["garbage", "truncate"])
def test_nonsense_from_vast_is_never_taken_for_an_answer(
    vast_lab: Lab, vast: VastSimulator, kind: str
) -> None:
    order = vast_lab.order()
    vast.faults.add(kind=kind, method="GET", path="/api/quotas/")  # type: ignore[arg-type]

    assert vast_lab.run().code == 1
    assert order.state != "done"


def test_tls_is_verified(vast_lab: Lab, tmp_path: Path) -> None:
    order = vast_lab.order()
    authority = Authority(tmp_path)
    pair = authority.server()
    with VastSimulator(certificate=pair.certificate, key=pair.key) as secure:
        secure.cluster.groups[GID] = "climate"
        address = ("--vast-url", secure.url)
        assert vast_lab.run(*address).code == 1
        assert vast_lab.state_of(order)[0] == "pending-provider"

        assert vast_lab.run(*address, "--vast-ca-file", str(authority.ca_file)).code == 0
        assert order.state == "done"


@pytest.fixture(scope="session")
def vastpy() -> Path:
    try:
        return venv("vastpy-0.3.22", "vastpy==0.3.22", "urllib3==2.8.0")
    except NotInstalled as reason:
        skip_or_fail(str(reason))


def test_the_simulator_takes_what_vasts_own_client_sends(tmp_path: Path, vastpy: Path) -> None:
    """Its sign-on, addresses and fields are the ones that the driver relies on."""
    authority = Authority(tmp_path)
    pair = authority.server()
    with VastSimulator(certificate=pair.certificate, key=pair.key) as vast:
        vast.cluster.groups[GID] = "climate"
        given: dict[str, object] = {
            "address": f"127.0.0.1:{vast.port}",
            "ca": str(authority.ca_file),
        }
        given |= {"user": vast.user, "password": vast.password, "token": vast.token, "gid": GID}
        walk = Path(__file__).with_name("vastpy_walk.py")
        done = subprocess.run(
            [str(vastpy), str(walk), json.dumps(given)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        assert not vast.cluster.quotas
        assert not vast.cluster.views
        assert vast.cluster.trash == ["/vast/store/climate"]
