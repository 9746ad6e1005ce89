"""What OpenShift makes of the templates is valid, whole, and asks for no privilege."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from storage_api.environment import SettingsError
from storage_api.settings import load_settings
from tests.deploy.openshift import (
    MONITORING,
    TEMPLATE,
    TemplateError,
    load,
    mistakes,
    process,
    references,
)
from tests.deploy.site import REQUIRED, Site, probes
from tests.servers import ROOT

DEPLOYMENTS = ["storage-api", "storage-api-jobs", "storage-api-sampler"]
#: uWSGI gives what it runs on SIGTERM so many seconds.
_MERCY = re.compile(r"^worker-reload-mercy = (\d+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.mark.parametrize("path", [TEMPLATE, MONITORING], ids=lambda path: path.name)
def test_the_templates_are_valid(path: Any) -> None:
    template = load(path)
    assert mistakes(template) == []
    names = [parameter["name"] for parameter in template["parameters"]]
    assert len(names) == len(set(names))
    assert references([template["objects"], template["labels"]]) == set(names)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"NAME": "other", "HOSTNAME": "storage.example.org", "REPLICAS": "3", "JOB_REPLICAS": "4"},
        {"SAPI_ROLE_ADMIN_GROUPS": '"a, b",c: d #e', "BASIC_AUTH_PASSWORD": "{[*&!|>'\"%@`"},
    ],
    ids=["least", "more", "odd characters"],
)
def test_every_object_is_valid(given: Mapping[str, str]) -> None:
    for made in Site(**given).objects:
        assert mistakes(made) == [], made["metadata"]["name"]


@pytest.mark.parametrize("name", REQUIRED)
def test_what_must_be_said_is_asked_for(name: str) -> None:
    with pytest.raises(TemplateError, match=name):
        process(TEMPLATE, {**REQUIRED, name: ""})


def test_several_can_live_in_one_project() -> None:
    mine = {(made["kind"], made["metadata"]["name"]) for made in Site().objects}
    theirs = {(made["kind"], made["metadata"]["name"]) for made in Site(NAME="other").objects}
    assert mine.isdisjoint(theirs)
    other = Site(NAME="other")
    assert other.selected(other.one("Service", "other")["spec"]["selector"]) == ["other"]
    assert other.selected(Site().one("Service")["spec"]["selector"]) == []


# What the containers find


def known_variables() -> set[str]:
    """What the service or uWSGI reads."""
    sources = [*(ROOT / "storage_api").rglob("*.py"), ROOT / "uwsgi.ini"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    return set(re.findall(r"\b(?:SAPI|UWSGI|SENTRY|OTEL|BASIC_AUTH)_[A-Z_]+\b", text))


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_every_variable_is_one_that_somebody_reads(site: Site, deployment: str) -> None:
    assert set(site.environment(deployment)) <= known_variables()


def test_every_setting_of_production_can_be_given(site: Site) -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "storage_api").glob("settings*.py")
    )
    settings = set(re.findall(r'"((?:SAPI|BASIC_AUTH|SENTRY|OTEL)_[A-Z_]+)"', source))
    debugging = {"SAPI_ALLOW_DEBUG_LOGIN"}
    assert settings - debugging <= set(site.environment("storage-api"))


@pytest.mark.parametrize("name", ["SAPI_BACKENDS", "SAPI_OAUTH_CLIENT_ID", "SAPI_OAUTH_SECRET_KEY"])
def test_what_the_service_cannot_start_without_is_there(site: Site, name: str) -> None:
    environ = site.environment("storage-api") | {"SAPI_STATE_DIRECTORY": ""}
    load_settings(environ)
    with pytest.raises(SettingsError, match=name):
        load_settings({**environ, name: ""})


def test_the_values_arrive_as_they_were_given() -> None:
    odd = "filer🌈NetappStorage🌈password🌈my: {Pass}word:@;#'\"\\ 🌈vserver🌈vs3"
    assert Site(SAPI_BACKENDS=odd).environment("storage-api")["SAPI_BACKENDS"] == odd


def test_secrets_are_in_the_secret_and_nowhere_else(site: Site) -> None:
    secrets = {"SAPI_OAUTH_SECRET_KEY", "SAPI_SECRET_KEY", "SAPI_SECRET_KEY_FALLBACKS"}
    secrets |= {"SAPI_BACKENDS", "SAPI_REDIS_URL", "SAPI_DATABASE_URL"}
    secrets |= {"BASIC_AUTH_USERNAME", "BASIC_AUTH_PASSWORD", "SENTRY_DSN"}
    assert set(site.one("Secret")["stringData"]) == secrets
    used: dict[str, int] = dict.fromkeys(secrets, 0)
    for made in load(TEMPLATE)["objects"]:
        for name in references(made) & secrets:
            used[name] += 1
    assert set(used.values()) == {1}


def test_passwords_can_come_as_files(site: Site) -> None:
    """Also before the Secret that holds them exists."""
    for deployment in DEPLOYMENTS:
        pod = site.one("Deployment", deployment)["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounts = {mount["mountPath"]: mount for mount in site.container(deployment)["volumeMounts"]}
        files = mounts["/run/secrets/storage-api"]
        assert files["readOnly"] is True
        secret = volumes[files["name"]]["secret"]
        assert secret == {"secretName": "storage-api-files", "optional": True, "defaultMode": 0o440}


# Privileges


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_nothing_asks_for_a_privilege(site: Site, deployment: str) -> None:
    """What the policy `restricted` of Kubernetes and OpenShift's restricted-v2 demand, and more."""
    pod = site.one("Deployment", deployment)["spec"]["template"]["spec"]
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod.keys()
    assert {frozenset(volume) for volume in pod["volumes"]} <= {
        frozenset({"name", "emptyDir"}),
        frozenset({"name", "secret"}),
    }
    assert site.container(deployment)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_what_it_writes_to_is_there(site: Site, deployment: str) -> None:
    pod = site.one("Deployment", deployment)["spec"]["template"]["spec"]
    scratch = {volume["name"] for volume in pod["volumes"] if "emptyDir" in volume}
    mounts = site.container(deployment)["volumeMounts"]
    writable = {mount["mountPath"] for mount in mounts if mount["name"] in scratch}
    state = site.environment(deployment)["SAPI_STATE_DIRECTORY"]
    assert writable == {"/tmp", state}  # noqa: S108  # the container's own


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_memory_is_bounded_and_asked_for(site: Site, deployment: str) -> None:
    resources = site.container(deployment)["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert "memory" in resources["limits"]


# How the parts find each other


def test_two_replicas_stay_through_a_drained_node(site: Site) -> None:
    autoscaler = site.one("HorizontalPodAutoscaler")["spec"]
    target = autoscaler["scaleTargetRef"]
    assert site.one(target["kind"], target["name"])
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (2, 6)
    # Applying the template again would otherwise undo what the autoscaler did.
    assert "replicas" not in site.one("Deployment")["spec"]
    budget = site.one("PodDisruptionBudget")["spec"]
    assert site.selected(budget["selector"]["matchLabels"]) == ["storage-api"]
    assert budget["maxUnavailable"] == 1


def test_a_roll_out_takes_no_pod_away_before_another_is_ready(site: Site) -> None:
    strategy = site.one("Deployment")["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_each_deployment_keeps_to_its_own_pods(site: Site, deployment: str) -> None:
    labels = site.one("Deployment", deployment)["spec"]["selector"]["matchLabels"]
    assert site.selected(labels) == [deployment]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_another_image_is_rolled_out_everywhere(site: Site, deployment: str) -> None:
    made = site.one("Deployment", deployment)
    (trigger,) = json.loads(made["metadata"]["annotations"]["image.openshift.io/triggers"])
    container = site.container(deployment)
    path = f'spec.template.spec.containers[?(@.name=="{container["name"]}")].image'
    assert trigger["fieldPath"] == path
    stream = site.one("ImageStream")
    (tag,) = stream["spec"]["tags"]
    assert trigger["from"]["name"] == f"{stream['metadata']['name']}:{tag['name']}"
    # The name stays the same, so that applying the template again does not undo the trigger's work.
    assert container["image"] == trigger["from"]["name"]
    assert stream["spec"]["lookupPolicy"] == {"local": True}
    assert tag["from"]["name"] == REQUIRED["IMAGE"]


def test_the_router_finds_the_api(site: Site) -> None:
    route, service = site.one("Route")["spec"], site.one("Service")["spec"]
    (port,) = service["ports"]
    assert route["port"]["targetPort"] == port["name"]
    assert route["tls"] == {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"}
    assert site.selected(service["selector"]) == ["storage-api"]
    (opened,) = site.container("storage-api")["ports"]
    assert opened["name"] == port["targetPort"]
    exposed = re.search(r"^EXPOSE (\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert exposed
    assert opened["containerPort"] == int(exposed[1])
    assert site.environment("storage-api")["SAPI_PROXIES"] == "1"


@pytest.mark.parametrize("timeout", ["60s", "2m"])
def test_the_router_waits_as_long_as_it_is_told_to(timeout: str) -> None:
    given = {} if timeout == "60s" else {"ROUTE_TIMEOUT": timeout}
    annotations = Site(**given).one("Route")["metadata"]["annotations"]
    assert annotations["haproxy.router.openshift.io/timeout"] == timeout


def test_only_router_and_prometheus_reach_the_api_and_nobody_the_others(site: Site) -> None:
    api, beside = (
        site.one("NetworkPolicy", name)["spec"] for name in ("storage-api", "storage-api-beside")
    )
    assert site.selected(api["podSelector"]["matchLabels"]) == ["storage-api"]
    ((rule,), (port,)) = (api["ingress"], api["ingress"][0]["ports"])
    assert port["port"] == "http"
    peers = [peer["namespaceSelector"]["matchLabels"] for peer in rule["from"]]
    assert peers == [
        {"policy-group.network.openshift.io/ingress": ""},
        {"network.openshift.io/policy-group": "monitoring"},
    ]
    assert beside["ingress"] == []
    (expression,) = beside["podSelector"]["matchExpressions"]
    closed = {
        name
        for name, pod in site.pods()
        if pod["metadata"]["labels"][expression["key"]] in expression["values"]
    }
    assert closed == {"storage-api-jobs", "storage-api-sampler"}


def test_prometheus_finds_the_api(site: Site) -> None:
    monitor, service = site.one("ServiceMonitor")["spec"], site.one("Service")
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]


# Stopping


def test_requests_may_end_before_a_pod_does(site: Site) -> None:
    mercy = _MERCY.search((ROOT / "uwsgi.ini").read_text(encoding="utf-8"))
    assert mercy
    container = site.container("storage-api")
    program, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "sleep"
    pod = site.one("Deployment")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > int(seconds) + int(mercy[1])
    # The router has noticed by then that the pod is not ready any more.
    readiness = probes(container)["readinessProbe"]
    assert int(seconds) >= readiness["periodSeconds"]


def test_a_dead_process_is_found_before_a_slow_start_is_taken_for_one(site: Site) -> None:
    found = probes(site.container("storage-api"))
    assert set(found) == {"startupProbe", "livenessProbe", "readinessProbe"}
    start = found["startupProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] >= 60
