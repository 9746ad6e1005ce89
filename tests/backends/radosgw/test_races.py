"""Of several callers, in threads and in processes, exactly one makes the thing."""

import subprocess
import sys
from functools import partial
from typing import Any

import pytest

from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.models import Quota, Ref
from tests.backends.radosgw.lab import Lab, fresh, new_user
from tests.backends.radosgw.test_users import at_once
from tests.servers import ROOT

# Each process waits for its line on standard input, so that all begin together.
_OTHER_PROCESS = """
import sys
from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.backends.radosgw.settings import RadosgwOptions
from storage_api.domain.models import Ref
from storage_api.domain.secrets import Secret
endpoint, access_key, user, bucket, space = sys.argv[1:]
print("ready", flush=True)
secret = sys.stdin.readline().strip()
storage = RadosgwStorage(RadosgwOptions(endpoint, access_key, Secret(secret)))
made = [
    storage.create_user(Ref(None, user), {})[1],
    storage.create_namespace(space, {})[1],
    storage.create_bucket(Ref(None, bucket), {"owner": user})[1],
]
print("made", *made, flush=True)
"""


@pytest.mark.parametrize("own_backends", [False, True])
def test_of_threads_one_creates(storage: RadosgwStorage, lab: Lab, own_backends: bool) -> None:
    storages = [lab.storage() if own_backends else storage for _ in range(6)]
    owner = new_user(storage)
    user, bucket, space = Ref(None, fresh("user")), Ref(None, fresh("bucket")), fresh("tenant")
    fields: Any = {"quota": Quota(max_bytes=5)}
    creations: list[Any] = [
        lambda each: each.create_user(user, fields),
        lambda each: each.create_namespace(space, {}),
        lambda each: each.create_bucket(bucket, {"owner": owner.name, **fields}),
    ]
    for create in creations:
        results = at_once([partial(create, each) for each in storages])
        assert sorted(made for _, made in results) == [False] * 5 + [True], results
    assert lab.live_keys(owner.name) == []


def test_of_processes_one_creates(lab: Lab, storage: RadosgwStorage) -> None:
    user, bucket, space = fresh("user"), fresh("bucket"), fresh("tenant")
    command = [sys.executable, "-c", _OTHER_PROCESS, lab.gateway.endpoint, lab.gateway.access_key]
    others = [
        subprocess.Popen(
            [*command, user, bucket, space],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
    for other in others:
        assert other.stdin is not None
        other.stdin.write(lab.gateway.secret_key + "\n")
        other.stdin.flush()
    printed = [other.communicate(timeout=60)[0] for other in others]
    made = [text.splitlines()[-1].split()[1:] for text in printed]
    assert [sorted(column) for column in zip(*made, strict=True)] == [["False"] * 3 + ["True"]] * 3
    assert storage.get_bucket(Ref(None, bucket)).owner == user


def test_changes_of_one_user_do_not_meet(storage: RadosgwStorage, lab: Lab) -> None:
    """RGW answers 500 to one of two changes that do."""
    user = new_user(storage)
    storages = [lab.storage() for _ in range(4)]
    calls: list[Any] = []
    for number, each in enumerate(storages):
        calls.append(lambda each=each: each.create_key(user))
        calls.append(
            lambda each=each, number=number: each.update_user(user, {"display_name": f"n{number}"})
        )
    results = at_once(calls)
    assert not [result for result in results if isinstance(result, Exception)]
    assert len(storage.list_keys(user)) == 4
