"""What ``NamespaceStore`` promises."""

import re

import pytest

from tests.conformance.base import Contract
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place, Target, at_once, names, statuses


class NamespaceContract(Contract):
    def test_a_created_namespace_is_answered_found_and_listed(
        self, target: Target, api: Api
    ) -> None:
        name = fresh("ns")
        made = api.post(target.url("namespaces", name), {}).expect(201)
        assert made["name"] == name
        assert api.get(target.url("namespaces", name)).expect(200) == made
        assert name in names(api.get(target.url("namespaces")).expect(200))

    def test_a_repeated_create_finds_the_first_one_s(self, target: Target, api: Api) -> None:
        url = target.url("namespaces", fresh("ns"))
        made = api.post(url, {}).expect(201)
        assert api.post(url, {}).expect(200) == made

    def test_of_callers_at_once_one_creates_the_namespace(self, target: Target, api: Api) -> None:
        url = target.url("namespaces", fresh("ns"))
        assert statuses(at_once(lambda _: api.post(url, {}))) == [200] * 7 + [201]

    def test_settings_are_kept_and_others_are_a_conflict(self, target: Target, api: Api) -> None:
        if not target.quirks.namespace_settings:
            pytest.skip("namespaces of this back-end have no settings")
        url = target.url("namespaces", fresh("ns"))
        body = {"display_name": "Physics", "labels": {"cost-centre": "4711"}}
        made = api.post(url, body).expect(201)
        assert {key: made[key] for key in body} == body
        assert api.post(url, body).expect(200) == made
        api.post(url, body | {"display_name": "Chemistry"}).expect(409)
        assert api.get(url).expect(200) == made

    def test_labels_are_replaced_as_a_whole(self, target: Target, api: Api) -> None:
        if not target.quirks.namespace_settings:
            pytest.skip("namespaces of this back-end have no settings")
        url = target.url("namespaces", fresh("ns"))
        api.post(url, {"display_name": "Physics", "labels": {"a": "1"}}).expect(201)
        for _ in range(2):
            changed = api.patch(url, {"labels": {"b": "2"}}).expect(200)
            assert (changed["display_name"], changed["labels"]) == ("Physics", {"b": "2"})
        assert api.get(url).expect(200) == changed

    def test_what_the_back_end_cannot_honour_is_refused(self, target: Target, api: Api) -> None:
        if target.quirks.namespace_settings:
            pytest.skip("this back-end honours every setting")
        url = target.url("namespaces", fresh("ns"))
        api.post(url, {"labels": {"a": "1"}}).expect(400)
        api.get(url).expect(404)

    def test_a_name_that_the_back_end_cannot_have_is_refused(
        self, target: Target, api: Api
    ) -> None:
        if target.quirks.bad_namespace is None:
            pytest.skip("this back-end takes every name")
        api.post(target.url("namespaces", target.quirks.bad_namespace), {}).expect(400)

    def test_an_empty_namespace_is_deleted_and_stays_so(self, target: Target, api: Api) -> None:
        name = fresh("ns")
        url = target.url("namespaces", name)
        api.post(url, {}).expect(201)
        for _ in range(2):
            api.delete(url).expect(204)
            api.get(url).expect(404)
        assert name not in names(api.get(target.url("namespaces")).expect(200))

    def test_a_namespace_that_holds_something_stays(self, target: Target, api: Api) -> None:
        place = Place(target, fresh("ns"))
        namespace = target.url("namespaces", str(place.namespace))
        api.post(namespace, {}).expect(201)
        owners = [place.new_user() for _ in range(3)]
        bucket = place.new_bucket(owners[0])
        assert re.search(r"\b3\b", api.delete(namespace).expect(409)["detail"])
        api.get(place.url("buckets", bucket)).expect(200)
        api.delete(place.url("buckets", bucket)).expect(204)
        for owner in owners:
            api.delete(place.url("users", owner)).expect(204)
        api.delete(namespace).expect(204)

    def test_an_absent_namespace_is_404(self, target: Target, api: Api) -> None:
        url = target.url("namespaces", fresh("absent"))
        api.get(url).expect(404)
        api.patch(url, {"display_name": "x"}).expect(404)
        api.get(f"{url}/users").expect(404)
        api.get(f"{url}/buckets").expect(404)
