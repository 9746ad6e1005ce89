"""The dashboard, the alerts and the table of the docs speak of metrics that exist, and of all."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from storage_api.metrics import instruments
from storage_api.metrics.computed import FAMILIES
from tests.observability.prometheus import promtool
from tests.servers import ROOT

RULES = ROOT / "deploy" / "prometheus" / "storage-api.rules.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "storage-api.json"
DOCS = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
ALERTS = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
_OURS = re.compile(r"\bstorage_api_[a-z_]+\b")


def known() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Type and labels of every metric, by its name in queries."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {
        name: (family.kind, family.labels) for name, family in FAMILIES.items()
    }
    for family in instruments.REGISTRY.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        if name not in instruments.INTERNAL:
            found[name] = (family.type, _labels(family.name))
    return found


def _labels(name: str) -> tuple[str, ...]:
    every = [one for one in vars(instruments).values() if isinstance(one, MetricWrapperBase)]
    return next(tuple(one._labelnames) for one in every if one._name == name)


def series() -> set[str]:
    """What a query may ask for."""
    return {
        name + suffix
        for name, (kind, _) in known().items()
        for suffix in (("_bucket", "_count", "_sum") if kind == "histogram" else ("",))
    }


def expressions() -> list[str]:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    panels = [query["expr"] for panel in dashboard["panels"] for query in panel.get("targets", [])]
    variables = [
        variable["query"]["query"]
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "query"
    ]
    return [*panels, *variables, *(alert["expr"] for alert in ALERTS)]


def test_the_dashboard_and_the_alerts_use_metrics_that_exist() -> None:
    used = {name for text in expressions() for name in _OURS.findall(text)}
    assert used - series() == set()
    assert len(expressions()) > 40


def test_they_select_by_labels_that_those_metrics_have() -> None:
    common = {"job", "instance", "le"}
    for text in expressions():
        for name, selector in re.findall(r"\b(storage_api_[a-z_]+)\{([^}]*)\}", text):
            plain = re.sub(r"_(bucket|count|sum)$", "", name)
            labels = known().get(name, known().get(plain, ("", ())))[1]
            asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
            assert asked <= {*labels, *common}, (name, selector)


def test_the_table_of_the_docs_is_what_the_code_has() -> None:
    rows = re.findall(r"^\| `(storage_api_\w+)` \| (\w+) \| ([^|]*) \|", DOCS, flags=re.MULTILINE)
    told = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert told == known()
    assert all(name in DOCS for name in (alert["alert"] for alert in ALERTS))


def test_every_panel_has_its_place_and_its_data_source() -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${datasource}"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


@pytest.mark.usefixtures("promtool_here")
def test_the_alerts_fire_when_they_should_and_only_then(tmp_path: Path) -> None:
    promtool("check", "rules", str(RULES))
    cases = (Path(__file__).parent / "alerts.test.yaml").read_text(encoding="utf-8")
    file = tmp_path / "alerts.test.yaml"
    file.write_text(cases.replace("RULES", str(RULES)), encoding="utf-8")
    promtool("test", "rules", str(file))


@pytest.mark.usefixtures("promtool_here")
def test_the_dashboard_s_queries_are_promql(tmp_path: Path) -> None:
    rules: list[dict[str, Any]] = [
        {"record": f"panel:{number}", "expr": text.replace("$__rate_interval", "5m")}
        for number, text in enumerate(expressions())
        if not text.startswith("label_values")
    ]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", str(file))
