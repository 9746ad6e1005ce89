"""What a test may choose about the simulated filer, also while it runs."""

from dataclasses import dataclass
from typing import Literal


@dataclass
class Settings:
    """Times are seconds."""

    #: ONTAP's release; it decides which fields are known.
    version: str = "9.17.1"
    #: ``hdd``: compression needs background deduplication first (6881332). ``aff``: efficiency
    #: is on by default and cannot be switched off (6881654).
    platform: Literal["plain", "hdd", "aff"] = "plain"
    #: Slept before each call.
    latency: float = 0.0
    #: How long work on a volume or a snapshot takes.
    job_seconds: float = 0.0
    #: When a finished job is forgotten.
    job_expiry_seconds: float = 300.0
    #: Simulated, not slept: a page ends after ``return_timeout`` of it.
    seconds_per_record: float = 0.0
    snapshot_limit: int = 1023
    #: How long an export policy counts as used after a volume left it.
    policy_release_seconds: float = 0.0
    #: The largest FlexVol.
    largest_volume_bytes: int = 300 << 40

    @property
    def release(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split(".")[:2])
