import pytest

from tests.simulators.checks.waldur.caller import Caller, Callers
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Project

PROVIDED, CONSUMED = "marketplace-provider-resources/", "marketplace-resources/"
OFFERINGS, ORDERS = "marketplace-provider-offerings/", "marketplace-orders/"


@pytest.mark.parametrize(
    ("who", "counts"),
    [
        ("provider", {PROVIDED: 1, CONSUMED: 0, OFFERINGS: 3, ORDERS: 1}),
        ("consumer", {PROVIDED: 0, CONSUMED: 1, OFFERINGS: 0, ORDERS: 1}),
        ("member", {PROVIDED: 0, CONSUMED: 1, OFFERINGS: 0, ORDERS: 1}),
        ("staff", {PROVIDED: 1, CONSUMED: 1, OFFERINGS: 3, ORDERS: 1}),
        ("support", {PROVIDED: 1, CONSUMED: 1, OFFERINGS: 3, ORDERS: 1}),
        ("nobody", {PROVIDED: 0, CONSUMED: 0, OFFERINGS: 0, ORDERS: 0}),
    ],
)
def test_who_sees_what(
    sim: WaldurSimulator, project: Project, called_by: Callers, who: str, counts: dict[str, int]
) -> None:
    sim.add_resource(sim.offering("vast"), project)
    caller = called_by(getattr(sim, who).token)

    assert {path: len(caller.get(path).json()) for path in counts} == counts


def test_another_provider_sees_nothing_of_ours(
    sim: WaldurSimulator, project: Project, called_by: Callers
) -> None:
    other, owner = sim.add_provider("Other Site", slug="other")
    theirs = sim.add_resource(sim.add_offering("theirs", provider=other), project)
    ours = sim.add_resource(sim.offering("vast"), project)
    caller = called_by(owner.token)

    assert [row["uuid"] for row in caller.get(PROVIDED).json()] == [theirs.uuid]
    assert caller.post(f"{PROVIDED}{ours.uuid}/set_backend_id/", {}).status_code == 404


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (None, {"detail": "Authentication credentials were not provided."}),
        ("Bearer " + "0" * 40, {"detail": "Authentication credentials were not provided."}),
        ("Token " + "0" * 40, {"detail": "Invalid token."}),
    ],
)
def test_no_good_token(called_by: Callers, header: str | None, body: dict[str, str]) -> None:
    caller = called_by(None)
    if header:
        caller.session.headers["Authorization"] = header
    answer = caller.get("users/me/")

    assert (answer.status_code, answer.json()) == (401, body)


def test_me_tells_a_provider_from_nobody(sim: WaldurSimulator, called_by: Callers) -> None:
    roles = {
        who: called_by(getattr(sim, who).token).get("users/me/").json()["permissions"]
        for who in ("provider", "nobody")
    }

    assert [role["scope_uuid"] for role in roles["provider"]] == [sim.cscs.uuid]
    assert roles["nobody"] == []


@pytest.mark.parametrize(
    ("who", "status"), [("consumer", 403), ("member", 403), ("support", 403), ("nobody", 404)]
)
def test_only_the_provider_approves(
    sim: WaldurSimulator, project: Project, called_by: Callers, who: str, status: int
) -> None:
    order = sim.create(sim.offering("vast"), project)

    answer = called_by(getattr(sim, who).token).post(f"{ORDERS}{order.uuid}/approve_by_provider/")

    assert (answer.status_code, order.state) == (status, "pending-provider")
    if status == 404:
        assert answer.json() == {"detail": "No Order matches the given query."}


@pytest.mark.parametrize(
    ("who", "status"), [("staff", 200), ("support", 403), ("consumer", 404), ("nobody", 404)]
)
def test_who_writes_on_a_providers_resource(
    sim: WaldurSimulator, project: Project, called_by: Callers, who: str, status: int
) -> None:
    resource = sim.add_resource(sim.offering("vast"), project)
    caller = called_by(getattr(sim, who).token)

    answer = caller.post(f"{PROVIDED}{resource.uuid}/set_backend_id/", {"backend_id": "/x"})

    assert answer.status_code == status


@pytest.mark.parametrize("key", ["0" * 32, "x", "00000000-0000-0000-0000-000000000000"])
def test_what_is_absent(provider: Caller, key: str) -> None:
    answer = provider.get(f"{ORDERS}{key}/")

    assert answer.status_code == 404
    assert answer.json() == {"detail": "No Order matches the given query."}


def test_unknown_routes_and_verbs(provider: Caller) -> None:
    assert provider.get("no-such-thing/").status_code == 404
    assert provider.post(f"{ORDERS}{'0' * 32}/no_such_action/").status_code == 404
    assert provider.ask("PUT", ORDERS).status_code == 405
