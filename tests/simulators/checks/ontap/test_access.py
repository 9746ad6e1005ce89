"""Who may call, and over which certificates."""

from pathlib import Path

import pytest
import requests

from tests.simulators.checks.ontap.caller import POLICIES, VOLUMES, Caller, new_volume
from tests.simulators.ontap import OntapSimulator
from tests.simulators.tls import Authority


def test_six_wrong_passwords_lock_the_account(sim: OntapSimulator, call: Caller) -> None:
    wrong = Caller(sim, auth=(sim.username, "wrong"))
    for _ in range(5):
        answer = wrong("GET", VOLUMES)
        assert answer.status_code == 401
        assert not answer.headers["Content-Type"].startswith("application/json")
    assert call("GET", VOLUMES).status_code == 200
    for _ in range(6):
        wrong("GET", VOLUMES)
    wrong.close()
    assert sim.account.locked
    assert call("GET", VOLUMES).status_code == 401


def test_passwords_are_utf_8(sim: OntapSimulator) -> None:
    sim.add_account("ünique", "pässwörd:@;€")
    caller = Caller(sim, auth=("ünique", "pässwörd:@;€"))
    assert caller("GET", VOLUMES).status_code == 200
    caller.close()


def test_an_account_of_an_svm_sees_only_that(sim: OntapSimulator) -> None:
    sim.add_svm("vs2")
    ours, theirs = sim.add_volume("ours"), sim.add_volume("theirs", svm="vs2")
    sim.add_account("tenant", "secret", svm=sim.svm)
    tenant = Caller(sim, auth=("tenant", "secret"))
    assert tenant.names(VOLUMES) == ["ours"]
    assert tenant.names(f"{VOLUMES}?svm.name=vs2") == []
    assert tenant.code("GET", f"{VOLUMES}/{theirs.uuid}") == "4"
    assert tenant.code("PATCH", f"{VOLUMES}/{theirs.uuid}", {"comment": "x"}) == "4"
    assert tenant.code("GET", f"{POLICIES}/{sim.policy('default', svm='vs2').id}") == "1703954"
    assert tenant.names("/svm/svms") == [sim.svm]
    for path in ("/cluster", "/cluster?fields=version", "/storage/aggregates"):
        answer = tenant("GET", path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "6"), path
    body = new_volume(sim, "new")
    del body["svm"]
    made = tenant("POST", VOLUMES, body)
    assert made.status_code == 202
    assert tenant("GET", f"/cluster/jobs/{made.json()['job']['uuid']}").status_code == 200
    foreign = {**new_volume(sim, "new2"), "svm": {"name": "vs2"}}
    assert tenant.code("POST", VOLUMES, foreign) == "2621462"
    tenant.close()
    tunnel = Caller(sim, auth=("tenant", "secret"), headers={"X-Dot-SVM-Name": sim.svm})
    assert tunnel.code("GET", VOLUMES) == "6"
    tunnel.close()
    assert ours.svm.name == sim.svm


@pytest.mark.parametrize("by", ["Name", "UUID"])
def test_the_tunnel_confines_an_account_of_the_cluster(sim: OntapSimulator, by: str) -> None:
    other = sim.add_svm("vs2")
    sim.add_volume("ours")
    sim.add_volume("theirs", svm="vs2")
    value = other.name if by == "Name" else other.uuid
    tunnel = Caller(sim, headers={f"X-Dot-SVM-{by}": value})
    assert tunnel.names(VOLUMES) == ["theirs"]
    tunnel.close()


def test_a_role_may_lack_paths(sim: OntapSimulator) -> None:
    sim.add_account("weak", "secret", denied=("/protocols/locks",))
    weak = Caller(sim, auth=("weak", "secret"))
    assert weak.code("GET", "/protocols/locks") == "6"
    assert weak.names(VOLUMES) == []
    weak.close()


def test_a_client_certificate_signs_on(tmp_path: Path) -> None:
    clients = Authority(tmp_path / "clients")
    with OntapSimulator(client_ca=clients.ca_file) as sim:
        for name, status in ((sim.username, 200), ("nobody", 401)):
            pair = clients.client(name)
            caller = Caller(sim, cert=(str(pair.certificate), str(pair.key)))
            assert caller("GET", VOLUMES).status_code == status
            caller.close()
        foreign = Authority(tmp_path / "foreign").client(sim.username)
        caller = Caller(sim, cert=(str(foreign.certificate), str(foreign.key)))
        with pytest.raises(requests.ConnectionError):
            caller("GET", VOLUMES)
        caller.close()
        assert [request.account for request in sim.requests] == [sim.username, None]


def test_another_authority_does_not_vouch_for_it(sim: OntapSimulator, tmp_path: Path) -> None:
    caller = Caller(sim)
    caller._session.verify = str(Authority(tmp_path).ca_file)
    with pytest.raises(requests.exceptions.SSLError):
        caller("GET", VOLUMES)
    caller.close()
