"""What is said of a gateway that cannot be talked to, on the S3 side."""

import ssl

import pytest
from botocore import exceptions as boto

from storage_api.backends.s3 import S3Key
from storage_api.backends.s3_errors import translated
from storage_api.domain.errors import BackendMisbehaved, BackendUnavailable
from storage_api.domain.secrets import Secret
from tests.backends.radosgw.lab import Lab


def test_a_port_without_tls_is_not_called_a_bad_certificate(lab: Lab) -> None:
    endpoint = lab.gateway.endpoint.replace("http:", "https:")
    with pytest.raises(BackendMisbehaved, match="does not speak TLS"):
        _ask(lab, endpoint)


def test_a_name_that_nobody_has_cannot_be_reached(lab: Lab) -> None:
    with pytest.raises(BackendUnavailable, match="cannot be reached"):
        _ask(lab, "http://no-such-host.invalid")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "not trusted"),
        ("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert", r"^TLS with rgw failed"),
    ],
)
def test_only_a_bad_certificate_is_called_one(reason: str, said: str) -> None:
    with pytest.raises(BackendMisbehaved, match=said), translated("rgw"):
        raise boto.SSLError(endpoint_url="https://rgw", error=ssl.SSLError(reason))


def _ask(lab: Lab, endpoint: str) -> None:
    storage = lab.storage(endpoint=endpoint, connect_timeout=2.0)
    storage._s3.bucket(S3Key("AK", Secret("SK")), "any").versioning()
