"""``sapi`` as scripts use it: JSON, exit codes, dry runs."""

import json

import pytest

from storage_api_client import Client
from tests.clients.installed import Sapi
from tests.clients.scripted import Answer, problem, scripted

_CODES = {
    "not found": (["volumes", "show", "dummy", "nobody-made-me"], 3),
    "no such back-end": (["volumes", "list", "nowhere"], 3),
    "a name the service refuses": (["users", "create", "dummy", "two words"], 2),
    "a name that leads elsewhere": (["volumes", "show", "dummy", "../../conf"], 2),
    "no such command": (["volumes", "explode"], 2),
    "a back-end that is down": (["volumes", "show", "lost", "v1"], 6),
    "a family that it lacks": (["buckets", "list", "lost"], 7),
    "no back-end answers": (["capacity", "lost"], 6),
    "nobody to ask": (["users", "delete", "dummy", "exit-user"], 2),
}


@pytest.mark.parametrize("case", sorted(_CODES))
def test_exit_codes(case: str, sapi: Sapi) -> None:
    arguments, code = _CODES[case]
    if case == "nobody to ask":
        assert sapi("users", "create", "dummy", "exit-user").code == 0
    ended = sapi(*arguments)
    assert (ended.code, ended.out) == (code, ended.out if code == 6 else "")
    assert ended.err or ended.out
    assert "Traceback" not in ended.err


def test_what_is_there_differently_is_a_conflict(sapi: Sapi) -> None:
    assert sapi("volumes", "create", "dummy", "lab/once", "--size", "1GiB").code == 0
    again = sapi("volumes", "create", "dummy", "lab/once", "--size", "1GiB", "--json")
    assert again.code == 4
    assert json.loads(again.err)["code"] == "already-exists"


def test_who_is_not_signed_on_is_forbidden(sapi: Sapi) -> None:
    assert sapi("users", "list", "dummy", STORAGE_API_COOKIES="").code == 5


@pytest.mark.parametrize("size", ["10", "10G", "10gb", "10Gb", "10Gi", "-1GiB", "1.5B", "ten"])
def test_sizes_that_could_mean_two_things_are_refused(size: str, sapi: Sapi) -> None:
    ended = sapi("volumes", "create", "dummy", "never-made", "--size", size)
    assert ended.code == 2
    assert "GiB" in ended.err or "bytes" in ended.err
    assert sapi("volumes", "show", "dummy", "never-made").code == 3


def test_sizes_as_people_write_them(sapi: Sapi) -> None:
    made = sapi("volumes", "create", "dummy", "sizes", "--size", "1.5TiB", "--json")
    assert made.json["size_total"] == 3 * 2**39
    changed = sapi("volumes", "set", "dummy", "sizes", "--size", "2 TB", "--json")
    assert changed.json["size_total"] == 2 * 10**12
    assert "1.8 TiB" in sapi("volumes", "list", "dummy", "--name", "sizes").out


def test_a_limit_that_is_not_given_stays(sapi: Sapi) -> None:
    sapi("users", "create", "dummy", "limited")
    holder = ("dummy", "user", "limited")
    sapi("quota", "set", *holder, "--max-bytes", "2TB", "--max-objects", "7")
    changed = sapi("quota", "set", *holder, "--max-bytes", "unlimited", "--json").json
    assert (changed["max_bytes"], changed["max_objects"]) == (None, 7)
    assert sapi("quota", "remove", *holder, "--json").json["max_objects"] is None


def test_nested_limits_and_tags(sapi: Sapi) -> None:
    sapi("users", "create", "dummy", "tagger")
    options = ("--owner", "tagger", "--quota-max-bytes", "5GiB", "--tags", "a=b", "--tags", "c=d")
    made = sapi("buckets", "create", "dummy", "tagged", *options, "--json").json
    assert made["quota"]["max_bytes"] == 5 * 2**30
    assert made["tags"] == {"a": "b", "c": "d"}
    assert sapi("usage", "show", "dummy", "bucket", "tagged", "--json").json["used_bytes"] == 0


def test_a_dry_run_lists_what_would_go_and_changes_nothing(sapi: Sapi) -> None:
    sapi("users", "create", "dummy", "dry")
    key = sapi("keys", "create", "dummy", "dry", "--json").json["access_key"]
    sapi("buckets", "create", "dummy", "dry-data", "--owner", "dry")
    told = sapi("users", "delete", "dummy", "dry", "--purge", "--dry-run")
    assert told.code == 0
    assert key in told.out
    assert "dry-data (0 objects, 0 B)" in told.out
    whole = sapi("users", "delete", "dummy", "dry", "--dry-run", "--yes", "--json").json
    assert whole["dry_run"] is True
    assert [part["kind"] for part in whole["parts"]][:2] == ["user", "keys"]
    assert sapi("users", "show", "dummy", "dry").code == 0
    assert sapi("users", "delete", "dummy", "nobody-of-that-name", "--dry-run").code == 3


def test_every_destructive_verb_has_a_dry_run(sapi: Sapi, client: Client) -> None:
    volume, dummy = "lab/dry", client.backend("dummy")
    dummy.volumes.create(volume, size_total=2**30)
    dummy.snapshots(volume).create("first")
    dummy.snapshots(volume).create("second")
    dummy.locks(volume).create("node1")
    dummy.exports.create("dry-policy", rules=["10.0.0.0/8", "node1"])
    dummy.namespaces.create("dry-space")
    inside = dummy.in_namespace("dry-space").users
    inside.create("dry-2")
    key = inside.keys("dry-2").create()["access_key"]
    dummy.allocations.create("Dry Lab", size_bytes=2**40)
    space = ("--namespace", "dry-space")
    cases: list[tuple[tuple[str, ...], str]] = [
        (("volumes", "delete", "dummy", volume), "second"),
        (("volumes", "rollback", "dummy", volume, "first"), "second"),
        (("snapshots", "delete", "dummy", volume, "first"), "first"),
        (("locks", "delete", "dummy", volume, "node1"), "node1"),
        (("exports", "set", "dummy", "dry-policy", "--deny", "node1"), "node1"),
        (("exports", "delete", "dummy", "dry-policy"), "10.0.0.0/8"),
        (("namespaces", "delete", "dummy", "dry-space"), "dry-2"),
        (("keys", "rotate", "dummy", "dry-2", key, *space), key),
        (("keys", "delete", "dummy", "dry-2", key, *space), key),
        (("allocations", "delete", "dummy", "Dry Lab"), "bucket"),
    ]
    for arguments, expected in cases:
        told = sapi(*arguments, "--dry-run")
        assert told.code == 0, (arguments, told)
        assert expected in told.out
    assert len(list(dummy.snapshots(volume).list())) == 2
    assert dummy.exports.get("dry-policy")["rules"] == ["10.0.0.0/8", "node1"]
    assert list(dummy.locks(volume).list()) == [{"host": "node1"}]
    assert dummy.allocations.get("Dry Lab")["state"] == "active"


def test_yes_is_for_scripts_and_can_be_repeated(sapi: Sapi) -> None:
    sapi("users", "create", "dummy", "twice")
    for _ in range(2):
        ended = sapi("users", "delete", "dummy", "twice", "--yes", "--json")
        assert (ended.code, ended.json["outcome"]) == (0, "deleted")


def test_a_secret_is_shown_once(sapi: Sapi) -> None:
    sapi("users", "create", "dummy", "keyed")
    made = sapi("keys", "create", "dummy", "keyed", "--json").json
    assert made["secret_key"]
    listed = sapi("keys", "list", "dummy", "keyed", "--json")
    assert listed.json[0]["access_key"] == made["access_key"]
    assert made["secret_key"] not in listed.out
    rotate = ("keys", "rotate", "dummy", "keyed", made["access_key"], "--yes", "--json")
    assert sapi(*rotate).json["secret_key"] != made["secret_key"]


def test_a_purge_is_a_job(sapi: Sapi) -> None:
    sapi("users", "create", "dummy", "purged")
    sapi("buckets", "create", "dummy", "purged-data", "--owner", "purged")
    ended = sapi("users", "delete", "dummy", "purged", "--purge", "--yes", "--wait", "--json")
    assert (ended.code, ended.json["state"]) == (0, "done")
    job = ended.json["id"]
    assert sapi("jobs", "show", job, "--json").json["target"] == "purged"
    assert sapi("jobs", "watch", job).code == 0
    assert sapi("jobs", "cancel", job, "--json").json["state"] == "done"
    assert job in {row["id"] for row in sapi("jobs", "list", "--state", "done", "--json").json}


def test_capacity_of_all_with_one_that_is_down(sapi: Sapi) -> None:
    drawn = sapi("capacity")
    assert drawn.code == 0
    assert "lost: down: " in drawn.out
    assert "░" in drawn.out
    rows = {row["backend"]: row for row in sapi("capacity", "--json").json}
    assert rows["lost"]["capacity"] is None
    assert rows["lost"]["error"]["code"]
    assert rows["dummy"]["error"] is None
    assert rows["dummy"]["capacity"]["total_bytes"] > 0


def test_back_ends_and_usage(sapi: Sapi) -> None:
    rows = {row["name"]: row for row in sapi("backends", "--json").json}
    assert rows["dummy"]["class"] == "DummyStorage"
    assert "buckets" in rows["dummy"]["capabilities"]
    assert sapi("backends", "lost").code == 0
    assert sapi("usage", "report", "dummy", "--json").json == []
    assert sapi("usage", "plot", "dummy").out.lstrip().startswith("<?xml")


def test_what_a_terminal_would_obey_is_not_printed(sapi: Sapi) -> None:
    name = "evil\x1b]0;owned\x07"
    ended = sapi("users", "create", "dummy", "display", "--display-name", name)
    assert "\x1b" not in ended.out + ended.err
    assert "\x07" not in ended.out + ended.err


def test_a_roll_back_names_what_was_taken_since_whatever_its_name(
    sapi: Sapi, client: Client
) -> None:
    client.backend("dummy").volumes.create("lab/order", size_total=2**30)
    for name in ("zeta", "alpha"):
        client.backend("dummy").snapshots("lab/order").create(name)
    told = sapi("volumes", "rollback", "dummy", "lab/order", "zeta", "--dry-run", "--json").json
    assert told["parts"][-1]["names"] == ["alpha"]


_FULL = {"used_objects": 3, "used_bytes": 5, "measured_at": None, "source": None, "stale": False}


def test_what_stands_in_the_way_is_said_before(sapi: Sapi) -> None:
    bucket = Answer(body={"name": "full", "usage": _FULL})
    with scripted(bucket, bucket) as service:
        where = {"STORAGE_API_URL": service.url, "STORAGE_API_COOKIES": ""}
        delete = ("buckets", "delete", "dummy", "full", "--dry-run")
        assert "whose objects stand in the way" in sapi(*delete, **where).out
        assert "stand in the way" not in sapi(*delete, "--purge", **where).out


def test_capacity_that_is_not_for_you_is_not_called_down(sapi: Sapi) -> None:
    with scripted(Answer(body=["filer"]), problem(403, "forbidden")) as service:
        ended = sapi("capacity", STORAGE_API_URL=service.url, STORAGE_API_COOKIES="")
    assert ended.code == 5
    assert "down" not in ended.out


def test_errors_are_json_wherever_they_come_from(sapi: Sapi) -> None:
    sapi("users", "create", "dummy", "json-errors")
    cases = {
        "configuration": ("volumes", "show", "dummy", ".."),
        "usage": ("users", "delete", "dummy", "json-errors"),
        "not-found": ("users", "show", "dummy", "nobody-of-that-name"),
        "file": ("usage", "plot", "dummy", "--output", "/nowhere/plot.svg"),
    }
    for code, arguments in cases.items():
        assert json.loads(sapi(*arguments, "--json").err)["code"] == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("volumes", "show", "dummy", "\udcff"), 2),
        (("volumes", "list", "dummy", "--name", "\udcff"), 2),
        (("--timeout", "nan", "whoami"), 2),
        (("--url", "https://storage..example.org", "whoami"), 2),
        (("login", "--command", ""), 2),
        (("usage", "plot", "dummy", "--output", "/nowhere/plot.svg"), 1),
    ],
)
def test_slips_are_told_in_a_line(arguments: tuple[str, ...], code: int, sapi: Sapi) -> None:
    ended = sapi(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("sapi: ")
    assert ended.err.count("\n") == 1


def test_a_terminal_that_lacks_a_sign_gets_another(sapi: Sapi) -> None:
    ended = sapi("capacity", "dummy", PYTHONIOENCODING="ascii")
    assert (ended.code, ended.err) == (0, "")
    assert "?????" in ended.out


def test_a_name_may_be_the_word_for_no_limit(sapi: Sapi) -> None:
    made = sapi("users", "create", "dummy", "named", "--display-name", "unlimited", "--json")
    assert made.json["display_name"] == "unlimited"


def test_a_record_is_one_line_of_a_pipe(sapi: Sapi) -> None:
    rules = [f"10.0.{number // 250}.{number % 250}" for number in range(1000)]
    with scripted(Answer(body=[{"name": "wide", "rules": rules}])) as service:
        where = {"STORAGE_API_URL": service.url, "STORAGE_API_COOKIES": ""}
        lines = sapi("exports", "list", "filer", **where).out.splitlines()
    assert lines[1:] == ["wide " + ", ".join(rules)]


def test_a_service_that_leaves_while_a_job_is_watched(sapi: Sapi) -> None:
    running = {"id": "j1", "kind": "purge-user", "target": "x", "state": "running", "errors": []}
    row = Answer(body={**running, "done": 1, "total": 2})
    with scripted(row, row, *[Answer(cut=True)] * 4) as service:
        where = {"STORAGE_API_URL": service.url, "STORAGE_API_COOKIES": ""}
        ended = sapi("jobs", "watch", "j1", "--json", **where)
    assert (ended.code, ended.out) == (6, "")
    assert "job j1 may go on" in ended.err
