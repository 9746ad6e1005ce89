"""Runs inside ColdFront's own environment: does what it is told, a line of JSON at a time.

Whoever tells it is ``running.py`` beside this file. Pages are asked for through Django's test
client, which goes through ColdFront's own URLs, middleware, forms and views.
"""
# ruff: noqa: PLC0415 - models can be imported only after django.setup()

import contextlib
import importlib
import io
import json
import sys
import time
import traceback
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import django
from django.test import Client, override_settings
from django.test.utils import setup_test_environment

F = TypeVar("F", bound=Callable[..., Any])

_VERBS: dict[str, Callable[..., Any]] = {}
_numbers = count(1)
_overrides: list[Any] = []


def _today() -> date:
    # As ColdFront reckons: in the server's own time.
    return datetime.now().astimezone().date()


def verb(function: F) -> F:
    _VERBS[function.__name__] = function
    return function


@verb
def settings(**values: Any) -> None:
    while _overrides:
        _overrides.pop().disable()
    if values:
        _overrides.append(override_settings(**values))
        _overrides[-1].enable()


@verb
def project(title: str) -> Any:
    from coldfront.core.field_of_science.models import FieldOfScience
    from coldfront.core.project.models import Project, ProjectStatusChoice
    from django.contrib.auth.models import User

    pi = User.objects.create_user(f"pi{next(_numbers)}", email="pi@example.org")
    made = Project.objects.create(
        title=title,
        description="Made for a test, and long enough for ColdFront.",
        pi=pi,
        status=ProjectStatusChoice.objects.get(name="Active"),
        field_of_science=FieldOfScience.objects.order_by("pk").first(),
    )
    return made.pk


@verb
def resource(name: str, attributes: dict[str, str], parent: str | None = None) -> str:
    from coldfront.core.resource.models import (
        Resource,
        ResourceAttribute,
        ResourceAttributeType,
        ResourceType,
    )

    made = Resource.objects.create(
        name=name,
        description="Storage",
        resource_type=ResourceType.objects.get(name="Storage"),
        parent_resource=Resource.objects.get(name=parent) if parent else None,
    )
    for kind, value in attributes.items():
        ResourceAttribute.objects.create(
            resource=made,
            resource_attribute_type=ResourceAttributeType.objects.filter(name=kind).first(),
            value=value,
        )
    return name


@verb
def allocation(project: int, resources: list[str], attributes: dict[str, str]) -> Any:
    from coldfront.core.allocation.models import Allocation, AllocationStatusChoice
    from coldfront.core.resource.models import Resource

    made = Allocation.objects.create(
        project_id=project,
        status=AllocationStatusChoice.objects.get(name="New"),
        justification="For a test.",
        is_changeable=True,
    )
    made.resources.add(*Resource.objects.filter(name__in=resources))
    for kind, value in attributes.items():
        grant(made.pk, kind, value)
    return made.pk


@verb
def grant(pk: int, kind: str, value: str) -> Any:
    """An attribute, written as a fixture would: no signal is sent."""
    from coldfront.core.allocation.models import AllocationAttribute, AllocationAttributeType

    row = AllocationAttribute.objects.filter(
        allocation_id=pk, allocation_attribute_type__name=kind
    ).first()
    if row is None:
        row = AllocationAttribute(
            allocation_id=pk,
            allocation_attribute_type=AllocationAttributeType.objects.filter(name=kind).first(),
        )
    row.value = value
    row.save()
    return row.pk


@verb
def page(path: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """As an administrator: GET, or POST of ``data``."""
    from django.contrib.auth.models import User
    from django.contrib.messages import get_messages

    admin = User.objects.filter(is_superuser=True).first()
    if admin is None:
        admin = User.objects.create_superuser("admin", "admin@example.org", "any")
    browser = Client(raise_request_exception=False)
    browser.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    begun = time.monotonic()
    answer = browser.get(path) if data is None else browser.post(path, data)
    return {
        "status": answer.status_code,
        "seconds": time.monotonic() - begun,
        "messages": [str(message) for message in get_messages(answer.wsgi_request)],
        "text": answer.content.decode(errors="replace"),
    }


@verb
def set_status(pk: int, name: str, action: str = "update") -> dict[str, Any]:
    """Through the page of the allocation."""
    from coldfront.core.allocation.models import AllocationStatusChoice

    return page(
        f"/allocation/{pk}/",
        {
            "action": action,
            "status": AllocationStatusChoice.objects.get(name=name).pk,
            "start_date": _today().isoformat(),
            "end_date": (_today() + timedelta(days=365)).isoformat(),
            "description": "",
            "is_changeable": "on",
        },
    )


@verb
def change(pk: int, kind: str, value: str, *, approve: bool = True) -> dict[str, Any]:
    """A user's request for another value, and an administrator's approval of it."""
    from coldfront.core.allocation.models import AllocationAttribute, AllocationChangeRequest

    attribute = AllocationAttribute.objects.filter(
        allocation_id=pk, allocation_attribute_type__name=kind
    ).first()
    asked = page(
        f"/allocation/{pk}/change-request",
        {
            "justification": "More, please.",
            "end_date_extension": "0",
            **_formset(),
            "attributeform-0-pk": attribute.pk,
            "attributeform-0-new_value": value,
        },
    )
    found = AllocationChangeRequest.objects.filter(allocation_id=pk).order_by("-pk").first()
    if found is None or not approve:
        return asked
    row = found.allocationattributechangerequest_set.first()
    return page(
        f"/allocation/change-request/{found.pk}/",
        {
            "action": "approve",
            "notes": "",
            "end_date_extension": "0",
            "justification": "More, please.",
            **_formset(),
            "attributeform-0-change_pk": row.pk,
            "attributeform-0-new_value": value,
        },
    )


@verb
def edit(pk: int, kind: str, value: str) -> dict[str, Any]:
    """The administrators' page that changes attributes."""
    from coldfront.core.allocation.models import AllocationAttribute

    rows = AllocationAttribute.objects.filter(allocation_id=pk).order_by("pk")
    wanted = rows.filter(allocation_attribute_type__name=kind).first()
    form = _formset(rows.count())
    for number, row in enumerate(rows):
        form[f"attributeform-{number}-attribute_pk"] = row.pk
        form[f"attributeform-{number}-value"] = value if row == wanted else row.value
    return page(f"/allocation/{pk}/allocationattribute/edit", form)


def _formset(forms: int = 1) -> dict[str, Any]:
    return {
        "attributeform-TOTAL_FORMS": forms,
        "attributeform-INITIAL_FORMS": forms,
        "attributeform-MIN_NUM_FORMS": forms,
        "attributeform-MAX_NUM_FORMS": forms,
    }


@verb
def let_end(pks: list[int]) -> None:
    """Yesterday was the last day."""
    from coldfront.core.allocation.models import Allocation

    Allocation.objects.filter(pk__in=pks).update(end_date=_today() - timedelta(days=1))


@verb
def update_statuses() -> None:
    """What django-q runs every night."""
    from coldfront.core.allocation.tasks import update_statuses as nightly

    nightly()


@verb
def look(pk: int) -> dict[str, Any]:
    """The allocation as its page has it."""
    from coldfront.core.allocation.models import Allocation

    found = Allocation.objects.get(pk=pk)
    values: dict[str, list[str]] = {}
    usage: dict[str, float] = {}
    for row in found.allocationattribute_set.order_by("pk"):
        values.setdefault(row.allocation_attribute_type.name, []).append(row.value)
        if hasattr(row, "allocationattributeusage"):
            usage[row.allocation_attribute_type.name] = row.allocationattributeusage.value
    notes = [note.note for note in found.allocationadminnote_set.order_by("pk")]
    return {"status": found.status.name, "values": values, "usage": usage, "notes": notes}


@verb
def totals(name: str) -> dict[str, str]:
    from coldfront.core.resource.models import ResourceAttribute

    rows = ResourceAttribute.objects.filter(resource__name=name)
    return {row.resource_attribute_type.name: row.value for row in rows}


@verb
def command(name: str, *arguments: str) -> dict[str, Any]:
    from django.core.management import call_command

    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(name, *arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


@verb
def rename(pk: int, title: str) -> None:
    """The project that the allocation belongs to."""
    from coldfront.core.project.models import Project

    Project.objects.filter(allocation__pk=pk).update(title=title)


@verb
def resource_of(pk: int) -> Any:
    from coldfront.core.allocation.models import Allocation

    return Allocation.objects.get(pk=pk).resources.get().name


@verb
def retype(pk: int, kind: str, value: str) -> None:
    """Another value of an attribute of the allocation's resource."""
    from coldfront.core.resource.models import ResourceAttribute

    ResourceAttribute.objects.filter(
        resource__allocation__pk=pk, resource_attribute_type__name=kind
    ).update(value=value)


@verb
def let_record_age(pk: int, days: int) -> None:
    """What was written of the allocation's storage was written so many days ago."""
    from coldfront.core.allocation.models import AllocationAttribute

    AllocationAttribute.objects.filter(
        allocation_id=pk, allocation_attribute_type__name="storage_api_id"
    ).update(created=datetime.now().astimezone() - timedelta(days=days))


@verb
def duplicate_type(name: str) -> None:
    """What ColdFront's own defaults do after an administrator has changed a flag."""
    from coldfront.core.allocation.models import AllocationAttributeType

    row = AllocationAttributeType.objects.filter(name=name).first()
    row.pk, row.is_changeable = None, not row.is_changeable
    row.save()


@verb
def flags(name: str) -> list[dict[str, bool]]:
    from coldfront.core.allocation.models import AllocationAttributeType

    rows = AllocationAttributeType.objects.filter(name=name).order_by("pk")
    return [{"usage": row.has_usage, "changeable": row.is_changeable} for row in rows]


@verb
def signal(name: str, pk: int, told: dict[str, Any]) -> dict[str, Any]:
    """One of the fork's signals, as its views send it: the first answer, or the error's text."""
    from coldfront.core.allocation import signals
    from coldfront.core.allocation.models import Allocation

    if not hasattr(signals, name):
        return {"missing": True}
    found = Allocation.objects.get(pk=pk)
    try:
        answers = getattr(signals, name).send(sender=None, allocation_obj=found, **told)
    except Exception as error:  # noqa: BLE001 - the fork shows it
        return {"error": str(error), "type": type(error).__name__}
    return {"answers": [answer for _, answer in answers if answer]}


@verb
def call(path: str, *arguments: Any) -> Any:
    """Any function, by its dotted path."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)(*arguments)


def main() -> None:
    talk, sys.stdout = sys.stdout, sys.stderr
    django.setup()
    setup_test_environment()
    for line in sys.stdin:
        name, arguments, named = json.loads(line)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                answer = {"result": _VERBS[name](*arguments, **named)}
        except Exception:  # noqa: BLE001 - shown where the test is
            answer = {"failure": traceback.format_exc()}
        talk.write(json.dumps(answer) + "\n")
        talk.flush()


if __name__ == "__main__":
    main()
