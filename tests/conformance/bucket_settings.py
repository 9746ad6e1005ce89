"""What ``BucketStore`` promises of lifecycle, policy and CORS."""

from typing import Any, ClassVar

import pytest

from tests.conformance.base import PlacedContract
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place

RULE: dict[str, Any] = {"id": "expire-tmp", "prefix": "tmp/", "expiration_days": 30}
_DEFAULTS: dict[str, Any] = {
    "prefix": "",
    "enabled": True,
    "expiration_days": None,
    "noncurrent_expiration_days": None,
    "abort_upload_days": None,
    "expired_delete_marker": None,
    "transitions": [],
    "noncurrent_transitions": [],
}

HONOURED: list[list[dict[str, Any]]] = [
    [RULE],
    [{"id": "all", "expiration_days": 1, "enabled": False}],
    [{"id": "old", "noncurrent_expiration_days": 9}, {"id": "uploads", "abort_upload_days": 3}],
    [{"id": "everything", "prefix": "a/b c/ü&", "expiration_days": 36500, "abort_upload_days": 1}],
]
REFUSED: list[list[dict[str, Any]]] = [
    [],
    [RULE, RULE],
    [{"id": "does-nothing"}],
    [{"id": "zero", "expiration_days": 0}],
    [{"id": "negative", "expiration_days": -1}],
    [{"id": "both", "expiration_days": 3, "expired_delete_marker": True}],
    [RULE | {"size_greater_than": 4096}],
    [RULE | {"newer_noncurrent_versions": 3}],
    [{"id": "moved", "transitions": [{"days": 3, "storage_class": "NO-SUCH-CLASS"}]}],
]


class _SettingContract(PlacedContract):
    setting: ClassVar[str]
    example: ClassVar[dict[str, Any]]

    def _url(self, place: Place) -> str:
        return place.url("buckets", place.new_bucket(), self.setting)

    def test_a_new_bucket_has_none(self, place: Place, api: Api) -> None:
        api.get(self._url(place)).expect(404)

    def test_it_is_answered_and_found_as_set(self, place: Place, api: Api) -> None:
        url = self._url(place)
        for _ in range(2):
            set_to = api.put(url, self.example).expect(200)
            assert api.get(url).expect(200) == set_to

    def test_it_is_removed_and_stays_so(self, place: Place, api: Api) -> None:
        url = self._url(place)
        api.put(url, self.example).expect(200)
        for _ in range(2):
            api.delete(url).expect(204)
            api.get(url).expect(404)

    def test_an_absent_bucket_is_404(self, place: Place, api: Api) -> None:
        url = place.url("buckets", fresh("absent"), self.setting)
        api.get(url).expect(404)
        api.put(url, self.example).expect(404)
        api.delete(url).expect(404)


class LifecycleContract(_SettingContract):
    setting = "lifecycle"
    example: ClassVar[dict[str, Any]] = {"rules": [RULE]}

    @pytest.mark.parametrize("rules", HONOURED, ids=lambda rules: rules[0]["id"])
    def test_rules_are_read_back_exactly(
        self, default_place: Place, api: Api, rules: list[dict[str, Any]]
    ) -> None:
        url = self._url(default_place)
        wanted = {"rules": [_DEFAULTS | rule for rule in rules]}
        assert api.put(url, {"rules": rules}).expect(200) == wanted
        assert api.get(url).expect(200) == wanted

    def test_all_former_rules_are_replaced(self, default_place: Place, api: Api) -> None:
        url = self._url(default_place)
        api.put(url, {"rules": [RULE, {"id": "other", "abort_upload_days": 2}]}).expect(200)
        api.put(url, {"rules": [{"id": "new", "expiration_days": 5}]}).expect(200)
        assert [rule["id"] for rule in api.get(url).expect(200)["rules"]] == ["new"]

    @pytest.mark.parametrize("rules", REFUSED, ids=lambda rules: str(rules)[:60])
    def test_what_would_not_be_honoured_is_refused_and_the_former_stays(
        self, default_place: Place, api: Api, rules: list[dict[str, Any]]
    ) -> None:
        url = self._url(default_place)
        before = api.put(url, self.example).expect(200)
        api.put(url, {"rules": rules}).expect(400)
        assert api.get(url).expect(200) == before


class PolicyContract(_SettingContract):
    setting = "policy"
    example: ClassVar[dict[str, Any]] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam:::user/somebody"]},
                "Action": ["s3:GetObject"],
                "Resource": ["arn:aws:s3:::*"],
            }
        ],
    }

    def _deny(self, **statement: Any) -> dict[str, Any]:
        return {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Resource": "*", **statement}],
        }

    def test_the_document_is_kept_as_it_is(self, default_place: Place, api: Api) -> None:
        url = self._url(default_place)
        assert api.put(url, self.example).expect(200) == self.example
        assert api.get(url).expect(200) == self.example

    @pytest.mark.parametrize(
        "document",
        [
            {},
            {"Version": "2012-10-17"},
            {"Version": "2012-10-17", "Statement": "nonsense"},
            {"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"}]},
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]},
        ],
        ids=str,
    )
    def test_nonsense_is_refused_and_the_former_stays(
        self, default_place: Place, api: Api, document: dict[str, Any]
    ) -> None:
        url = self._url(default_place)
        api.put(url, self.example).expect(200)
        api.put(url, document).expect(400)
        assert api.get(url).expect(200) == self.example

    @pytest.mark.parametrize(
        "statement",
        [
            {"Principal": "*", "Action": "s3:*"},
            {"Principal": {"AWS": "*"}, "Action": ["s3:*"]},
            {"Principal": {"AWS": ["*"]}, "Action": "*"},
            {"Principal": "*", "Action": ["s3:GetObject", "s3:PutBucketPolicy"]},
            {"Principal": "*", "Action": "s3:*BucketPolicy"},
            {"Principal": "*", "Action": "s3:Delete*"},
            {"NotPrincipal": {"AWS": "arn:aws:iam:::user/somebody"}, "Action": "s3:*"},
            {"Principal": "*", "NotAction": "s3:GetObject"},
        ],
        ids=str,
    )
    def test_locking_the_owner_out_is_refused(
        self, place: Place, api: Api, statement: dict[str, Any]
    ) -> None:
        url = self._url(place)
        api.put(url, self.example).expect(200)
        api.put(url, self._deny(**statement)).expect(400)
        assert api.get(url).expect(200) == self.example

    def test_denying_the_owner_by_name_is_refused(self, place: Place, api: Api) -> None:
        owner = place.new_owner()
        url = place.url("buckets", place.new_bucket(owner), "policy")
        arn = f"arn:aws:iam::{place.namespace or ''}:user/{owner}"
        api.put(url, self._deny(Principal={"AWS": [arn]}, Action="s3:*")).expect(400)
        api.get(url).expect(404)


class CorsContract(_SettingContract):
    setting = "cors"
    example: ClassVar[dict[str, Any]] = {
        "rules": [
            {
                "id": "portal",
                "allowed_methods": ["GET", "HEAD"],
                "allowed_origins": ["https://portal.example.org"],
                "allowed_headers": ["*"],
                "expose_headers": ["ETag"],
                "max_age_seconds": 3600,
            }
        ]
    }

    def test_rules_are_read_back(self, default_place: Place, api: Api) -> None:
        url = self._url(default_place)
        found = api.put(url, self.example).expect(200)["rules"][0]
        wanted = self.example["rules"][0]
        assert sorted(found["allowed_methods"]) == sorted(wanted["allowed_methods"])
        assert {key: found[key] for key in wanted if key != "allowed_methods"} == {
            key: wanted[key] for key in wanted if key != "allowed_methods"
        }

    @pytest.mark.parametrize(
        "rule",
        [
            {"allowed_methods": ["TRACE"], "allowed_origins": ["*"]},
            {"allowed_methods": [], "allowed_origins": ["*"]},
            {"allowed_methods": ["GET"], "allowed_origins": []},
            {"allowed_methods": ["GET"]},
            {"allowed_methods": ["GET"], "allowed_origins": ["*"], "max_age_seconds": -1},
        ],
        ids=str,
    )
    def test_nonsense_is_refused_and_the_former_stays(
        self, default_place: Place, api: Api, rule: dict[str, Any]
    ) -> None:
        url = self._url(default_place)
        before = api.put(url, self.example).expect(200)
        api.put(url, {"rules": [rule]}).expect(400)
        assert api.get(url).expect(200) == before
