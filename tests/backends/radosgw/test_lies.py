"""A web page answered 200 where S3 should answer: a sign-on page, say, of something in between."""

from collections.abc import Callable

import pytest

from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.errors import BackendMisbehaved
from storage_api.domain.models import Cors, CorsMethod, CorsRule, Ref, Versioning
from tests.backends.radosgw.lab import Lab
from tests.backends.radosgw.owner import Counted, Owner
from tests.backends.radosgw.proxy import FaultyProxy

PAGE = b"<html><body>Please sign on</body></html>"
RULES = Cors(rules=[CorsRule(allowed_methods=[CorsMethod.GET], allowed_origins=["*"])])
CALLS: list[Callable[[RadosgwStorage, Ref], object]] = [
    lambda storage, bucket: storage.get_bucket(bucket),
    lambda storage, bucket: storage.get_cors(bucket),
    lambda storage, bucket: storage.set_cors(bucket, RULES),
    lambda storage, bucket: storage.delete_cors(bucket),
    lambda storage, bucket: storage.delete_policy_document(bucket),
    lambda storage, bucket: storage.update_bucket(bucket, {"tags": {"a": "b"}}),
    lambda storage, bucket: storage.update_bucket(bucket, {"versioning": Versioning.ENABLED}),
    lambda storage, bucket: storage.purge_bucket(bucket, Counted()),
]


@pytest.mark.parametrize("call", CALLS)
def test_it_is_no_answer(
    lab: Lab,
    storage: RadosgwStorage,
    proxy: FaultyProxy,
    call: Callable[[RadosgwStorage, Ref], object],
) -> None:
    owner = Owner(storage, lab)
    owner.put("kept")
    proxy.spoil(f"/{owner.name}", times=99, status=200, body=PAGE, forward=False)
    with pytest.raises(BackendMisbehaved, match="is not S3"):
        call(lab.storage(endpoint=proxy.endpoint), owner.bucket)
    assert owner.versions() == ["kept"]
