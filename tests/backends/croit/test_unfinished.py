"""Users who are half made: nobody is taken for one, and nobody is told their keys."""

from typing import Any

import pytest

from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Ref
from tests.backends.croit.lab import broken, live_keys, new_user, storage_of
from tests.simulators.croit import CroitSimulator

WORDS = "storage-api: unfinished"


def test_nobody_can_be_given_their_display_name(sim: CroitSimulator, storage: CroitStorage) -> None:
    """Else a repeated request would end the keys of an account in use."""
    account: Any = {"uid": "account"}
    key = storage.create_account(None, account)[0].connection.access_key
    user = new_user(storage)
    for call in (
        lambda: storage.create_account(None, account | {"display_name": WORDS}),
        lambda: storage.update_user(Ref(None, "account"), {"display_name": WORDS}),
        lambda: storage.create_user(Ref(None, "other"), {"display_name": WORDS}),
        lambda: storage.create_namespace("space", {"display_name": WORDS}),
    ):
        with pytest.raises(Invalid, match="display_name"):
            call()
    assert storage.create_account(None, account)[0].user.key_ids == [key]
    assert {found.name for found in storage.list_users(None)} == {"account", user.name}
    assert storage.list_namespaces() == []


def test_the_key_that_croit_made_is_told_to_nobody(sim: CroitSimulator) -> None:
    storage = storage_of(sim, expose_credentials=True)
    account: Any = {"uid": "account"}
    with broken(sim, 2, "cut-before"):
        storage.create_account(None, account)
    assert len(live_keys(sim, "account")) == 1
    assert storage.get_account_metadata(Ref(None, "account")).connection.access_key is None
    storage.create_account(None, account)
    assert storage.get_account_metadata(Ref(None, "account")).connection.secret_key is not None


def test_the_keys_of_another_service_s_accounts_are_not_shown(sim: CroitSimulator) -> None:
    theirs = storage_of(sim, user_prefix="theirs_")
    ours = storage_of(sim, user_prefix="ours_", expose_credentials=True)
    account: Any = {"uid": "theirs_account"}
    theirs.create_account(None, account)
    assert ours.get_account_metadata(Ref(None, "theirs_account")).connection.access_key is None
