"""Templates as `oc process` takes them, and what OpenShift and Kubernetes say about the objects."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator

from tests.servers import ROOT

TEMPLATE = ROOT / "openshift-template.yaml"
MONITORING = ROOT / "openshift-monitoring.yaml"

Object = dict[str, Any]

_SCHEMAS = Path(__file__).parent / "schemas"
#: Kinds that Kubernetes itself does not have.
_FOREIGN = {"Template", "Route", "ImageStream", "ServiceMonitor"}
#: Kubernetes in the oldest OpenShift that the template is for (4.14), and in the newest known.
_KUBERNETES = ("1.27", kubernetes_validate.latest_version())
_REFERENCE = re.compile(r"\$\{([A-Z_]+)\}")
_PLAIN = re.compile(r"\$\{\{([A-Z_]+)\}\}")


class TemplateError(ValueError):
    """What `oc process` would refuse."""


def load(path: Path) -> Object:
    template: Object = yaml.safe_load(path.read_text(encoding="utf-8"))
    return template


def process(path: Path, given: Mapping[str, str]) -> list[Object]:
    """The objects of a template, with its labels.

    Raises:
        TemplateError: a parameter is missing or unknown, or one is used that is not declared.
    """
    template = load(path)
    values = _values(template, given)
    labels = _expand(template.get("labels", {}), values)
    objects: list[Object] = _expand(template["objects"], values)
    for made in objects:
        made["metadata"]["labels"] = made["metadata"].get("labels", {}) | labels
    return objects


def references(value: Any) -> set[str]:
    """The parameters that a part of a template uses."""
    text = json.dumps(value)
    return {*_REFERENCE.findall(text), *_PLAIN.findall(text)}


def mistakes(made: Object) -> list[str]:
    """What is wrong with an object, in the words of its schema."""
    if made["kind"] in _FOREIGN:
        schema = json.loads((_SCHEMAS / f"{made['kind'].lower()}.json").read_text("utf-8"))
        found = Draft202012Validator(schema).iter_errors(made)
        return [f"{error.json_path}: {error.message}" for error in found]
    try:
        for version in _KUBERNETES:
            kubernetes_validate.validate(made, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.path))}: {error.message}"]
    return []


def _values(template: Object, given: Mapping[str, str]) -> dict[str, str]:
    parameters = {parameter["name"]: parameter for parameter in template.get("parameters", [])}
    unknown = given.keys() - parameters.keys()
    values = {name: given.get(name, known.get("value", "")) for name, known in parameters.items()}
    missing = [name for name, known in parameters.items() if known.get("required")]
    missing = [name for name in missing if not values[name]]
    undeclared = references(template["objects"]) - parameters.keys()
    if unknown or missing or undeclared:
        raise TemplateError(f"unknown {unknown}, missing {missing}, undeclared {undeclared}")
    return values


def _expand(value: Any, values: Mapping[str, str]) -> Any:
    """A new value, in which nothing is shared: aliases of YAML are objects of their own then."""
    if isinstance(value, dict):
        return {_expand(key, values): _expand(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, values) for item in value]
    if not isinstance(value, str):
        return value
    if plain := _PLAIN.fullmatch(value):
        return json.loads(values[plain[1]])
    return _REFERENCE.sub(lambda match: values[match[1]], value)
