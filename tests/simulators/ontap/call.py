"""One call, understood: who, where, what; and the forms of an answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.simulators.ontap.accounts import Account
from tests.simulators.ontap.body import Body
from tests.simulators.ontap.fields import Schema, select
from tests.simulators.ontap.http import Response
from tests.simulators.ontap.jobs import Job
from tests.simulators.ontap.params import Params
from tests.simulators.ontap.records import Svm
from tests.simulators.ontap.rows import Row
from tests.simulators.ontap.world import World


@dataclass
class Call:
    """``scope`` is the SVM that the account or the tunnel header confines it to."""

    world: World
    target: str
    params: Params
    body: Body
    account: Account
    scope: Svm | None
    hal: bool
    names: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> tuple[int, ...]:
        return self.world.settings.release

    def shown(self, schema: Schema, row: Row) -> bytes:
        selection = select(
            schema,
            self.params.fields,
            self.version,
            instance=True,
            ignore_unknown=self.params.ignore_unknown,
        )
        return row.encoded(selection, hal=self.hal)


@dataclass
class Started:
    """Work that was accepted; ``answer`` is for when it ends inside ``return_timeout``."""

    job: Job
    answer: Callable[[], Response]


Handler = Callable[[Call], Response | Started]


def json(document: Any, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, orjson.dumps(document), headers=named)


def one(call: Call, schema: Schema, row: Row) -> Response:
    """A single record, read by its key."""
    return Response(200, call.shown(schema, row))


def created(call: Call, schema: Schema, row: Row, job: Job | None = None) -> Response:
    """201 with the place of the new record, and the record itself for ``return_records``."""
    document: dict[str, Any] = {}
    if call.params.return_records:
        document = {"num_records": 1, "records": [orjson.loads(call.shown(schema, row))]}
    if job is not None:
        document["job"] = job.link()
    return json(document, 201, Location=row.href)
