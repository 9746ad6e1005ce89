"""ONTAP's error codes, as its REST reference lists them, and what each means to a caller."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage_api.domain.errors import (
    AlreadyExists,
    BackendFull,
    BackendMisbehaved,
    BackendRefused,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    StorageError,
)

_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True)
class Row:
    """What a caller gets: the error's class, its words, and seconds until a repeat makes sense."""

    kind: type[StorageError]
    words: str
    retry_after: int | None = None


def _rows(kind: type[StorageError], words: Mapping[str, str], **more: int) -> dict[str, Row]:
    """``words`` by codes that are separated by blanks."""
    return {
        code: Row(kind, text, **more) for codes, text in words.items() for code in codes.split()
    }


TABLE: Mapping[str, Row] = {
    **_rows(
        AlreadyExists,
        {
            "1": "There is one of that name already",
            "917526": "A volume of that name exists already",
            "525059": "A snapshot of that name exists already",
        },
    ),
    **_rows(
        NotFound,
        {
            "4": "There is no such thing",
            "524601": "The volume or snapshot to clone does not exist",
            "1638600 1638503 542797": "There is no such snapshot",
            "1703954": "There is no such export policy",
        },
    ),
    **_rows(
        Invalid,
        {
            "2 262196 262197": "A value or a field is not accepted",
            "917534": "The size is below the smallest that a volume can have (20 MiB)",
            "917508": "There is no such aggregate",
            "787140": "No aggregate was given",
            "918242": "A volume lies on one aggregate",
            "917597 19726541": "A node's root aggregate takes no volumes",
            "917886": "The volume's name is longer than 203 characters",
            "917887": "The volume's name must begin with a letter or an underscore",
            "917888": "The volume's name may hold letters, digits and underscores only",
            "918252": "The junction path is malformed, or in use",
            "918271": "There is no such export policy for this volume",
            "917831": "max_autosize must be above the size down to which the volume may shrink",
            "917829": "The threshold to shrink must be below the one to grow",
            "918521 918524 918639 918647": "max_autosize does not fit the volume's size",
            "917835": "The snapshot reserve of a new volume is 90 percent at most",
            "918243 918236 918247": "A clone cannot be made with these fields",
            "1638518": "The snapshot's name is not usable",
            "1638477": "The snapshot's name begins with a reserved prefix",
            "1703952": "The export policy's name must not hold blanks",
            "1704047": "The export policy's name is longer than 256 characters",
            "1704036 1704037 1704038 1704039 1704040 1704041 1704042 1704043 1704044 1704045 "
            "1704054 1704064 1704065": "The client match of the rule is malformed",
        },
    ),
    **_rows(
        Conflict,
        {
            "8": "It is in use",
            "917533 917775 9437885": "The volume is offline",
            "524615": "The volume has clones",
            "917531": "The root volume of an SVM is left alone",
            "524511": "The volume cannot be brought back to that snapshot",
            "1638480": "A newer snapshot is the base of a replication",
            "9437886": "A newer snapshot is locked",
            "525062": "The volume has as many snapshots as it can",
            "1638555 1638543 524481": "The snapshot is in use",
            "1703945": "A volume uses the export policy",
            "1703946": "Whether a volume uses the export policy cannot be told now",
            "1703953": "A qtree uses the export policy",
            "1703947": "The export policy 'default' always stays",
            "1704070 1704071 1704050": "The export policy has such a rule already",
            "6881332": "Efficiency is not enabled on the volume",
            "6881654": "This platform does not allow compression to be switched off",
        },
    ),
    **_rows(
        Conflict,
        {
            "524486": "The volume is busy",
            "13107405": "A volume of that name is just being made",
            "13107406": "Another operation on the volume is under way",
        },
        retry_after=_RETRY_AFTER_SECONDS,
    ),
    **_rows(
        NotSupported,
        {
            "3": "This release of ONTAP cannot do that",
            "1638644 918701 918703": "This platform cannot do that",
        },
    ),
    **_rows(BackendFull, {"524479": "There is no space for it, or the volume is not online"}),
    **_rows(
        BackendRefused,
        {
            "6 6691623": "Our account is not allowed to do that; its role lacks it",
            "2621462 2621706 13434920": "It does not know our SVM by that name; check the option "
            "vserver (after a MetroCluster switch-over the SVM is called <name>-mc)",
        },
    ),
    **_rows(BackendUnavailable, {"2621573": "The SVM is locked for a while"}, retry_after=30),
    **_rows(
        BackendMisbehaved,
        {"524819 524597": "The clone failed", "917536": "The operation failed"},
    ),
}

#: For what stands in no table of ONTAP's.
UNEXPECTED = Row(BackendMisbehaved, "It refused a request unexpectedly")
FULL = Row(BackendFull, "There is not enough space")
JOB_HOLDS_IT = Row(Conflict, "Another job holds the volume", _RETRY_AFTER_SECONDS)
