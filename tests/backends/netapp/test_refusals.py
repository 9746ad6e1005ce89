"""The error table, from ONTAP's code to what a caller gets."""

import pytest
import structlog

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import StorageError
from tests.backends.netapp.filer import kind_of
from tests.simulators.ontap import OntapSimulator

INVALID = (400, "invalid")
CONFLICT = (409, "conflict")
EXISTS = (409, "already-exists")
UNSUPPORTED = (501, "not-supported")
REFUSED = (502, "backend-refused")
MISBEHAVED = (502, "backend-misbehaved")

CASES = [
    ((404, "not-found"), "4 524601 1638600 1638503 542797 1703954"),
    (EXISTS, "1 917526 525059"),
    (INVALID, "2 262196 262197 917534 917508 787140 918242 917597 19726541 917886 917887 917888"),
    (INVALID, "918252 918271 917831 917829 918521 918524 918639 918647 917835"),
    (
        INVALID,
        "918243 918236 918247 1638518 1638477 1703952 1704047 1704036 1704037 1704038 1704039",
    ),
    (INVALID, "1704040 1704041 1704042 1704043 1704044 1704045 1704054 1704064 1704065"),
    (CONFLICT, "8 917533 917775 9437885 524615 917531 524511 1638480 9437886 525062"),
    (CONFLICT, "1638555 1638543 524481 1703945 1703946 1703953 1703947"),
    (CONFLICT, "1704070 1704071 1704050 6881332 6881654"),
    (UNSUPPORTED, "3 1638644 918701 918703"),
    (REFUSED, "6 6691623 2621462 2621706 13434920"),
    (MISBEHAVED, "917536 524819 524597 987654"),
    ((507, "backend-full"), "524479"),
]


@pytest.mark.parametrize(
    ("expected", "code"),
    [(expected, code) for expected, codes in CASES for code in codes.split()],
)
def test_each_code_has_its_answer(
    sim: OntapSimulator, storage: NetappStorage, expected: tuple[int, str], code: str
) -> None:
    sim.add_volume("v")
    sim.faults.add(kind="code", method="PATCH", code=code, text="Internal words.", times=None)
    with pytest.raises(StorageError, match=rf"ONTAP code {code}\b") as raised:
        storage.update_volume("v", {"autosize_enabled": False})
    assert kind_of(raised) == expected
    assert "Internal" not in str(raised.value)


@pytest.mark.parametrize("code", [917536, 460770])
def test_no_space_is_told_by_the_words(
    sim: OntapSimulator, storage: NetappStorage, code: int
) -> None:
    sim.add_volume("v")
    sim.faults.add(kind="code", method="PATCH", code=code, text="No SPACE left.", times=None)
    with pytest.raises(StorageError) as raised:
        storage.update_volume("v", {"autosize_enabled": False})
    assert kind_of(raised) == (507, "backend-full")


def test_the_log_has_ontap_s_own_words(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.add_volume("v")
    sim.faults.add(kind="code", method="PATCH", code=8, text="Volume is in use by X.")
    with structlog.testing.capture_logs() as records, pytest.raises(StorageError):
        storage.update_volume("v", {"autosize_enabled": False})
    (record,) = [each for each in records if each["event"] == "ontap-refused"]
    assert (record["code"], record["message"]) == ("8", "Volume is in use by X.")


def test_nothing_but_a_number_passes_for_a_code(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_volume("v")
    sim.faults.add(kind="code", method="PATCH", code="<script>", times=None)
    with pytest.raises(StorageError, match="ONTAP code unreadable") as raised:
        storage.update_volume("v", {"autosize_enabled": False})
    assert kind_of(raised) == MISBEHAVED
