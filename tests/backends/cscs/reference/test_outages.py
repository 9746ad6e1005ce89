"""What is told when Waldur or the GID service fails, beside the published proxy."""

from tests.backends.cscs.reference.sides import Sides, identified, known

CUSTOMERS = "/api/marketplace-provider-offerings/*/customers/"


def test_both_say_that_waldur_is_down(sides: Sides) -> None:
    with sides.lab.waldur.down():
        theirs, ours = sides.theirs(), sides.ours()
    _same_failure(theirs.expect(502), ours.expect(502))


def test_both_need_the_customers(sides: Sides) -> None:
    faults = sides.lab.waldur.faults
    faults.add(path=CUSTOMERS, kind="status", status=400, times=1)
    theirs = sides.theirs()
    faults.add(path=CUSTOMERS, kind="status", status=400, times=1)
    ours = sides.ours()
    _same_failure(theirs.expect(502), ours.expect(502))


def test_without_the_gid_service_only_what_is_new_is_left_out(sides: Sides) -> None:
    """§13.5. They fail the whole list as soon as one group is not known yet."""
    lab = sides.lab
    before, remembered = sides.ours().expect(200), sides.theirs()
    remembered.expect(200)
    resource = lab.waldur.add_resource(lab.waldur.offering("vast"), lab.project("newcomer"))
    try:
        with lab.gids.down():
            theirs, ours = sides.theirs(), sides.ours()
    finally:
        lab.waldur.remove(resource)
    assert theirs.status == 502
    found = ours.expect(200)
    assert known(found["resources"]) == known(before["resources"])
    skipped = {"itemId": identified(resource), "reason": "gid_service_unavailable"}
    assert skipped in found["skipped"]
    assert ours.headers["Warning"].startswith("199 ")


def _same_failure(theirs: dict[str, str], ours: dict[str, str]) -> None:
    """But for ``detail``, which tells what failed in words of its own."""
    assert set(ours) == set(theirs)
    assert theirs | {"detail": ""} == ours | {"detail": ""}
