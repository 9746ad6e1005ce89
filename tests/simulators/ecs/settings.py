"""What a test may choose about the simulated cluster, also while it runs."""

from dataclasses import dataclass
from typing import Literal

Release = Literal["2.x", "3.x", "4.x"]


@dataclass
class Settings:
    """Seconds are those of the simulator's clock, but for ``latency``."""

    #: It decides how fields are spelled and which there are. 3.x has the sizes in bills as they
    #: were until 3.2, whole numbers, and the emptying of buckets that came with 3.8.
    release: Release = "4.x"
    #: Really slept before each answer.
    latency: float = 0.0
    #: The most that one page of any list holds, whatever limit is asked for.
    page_limit: int = 1000
    #: All numbers and booleans of JSON answers are strings, as in Dell's examples.
    stringify: bool = False

    token_seconds: int = 8 * 3600
    idle_seconds: int = 2 * 3600
    tokens_per_user: int = 100
    #: So many bad logins lock a client's address out.
    bad_logins: int = 10
    lock_out_seconds: int = 600
    #: What a call without a living token is answered.
    unauthenticated: Literal["401", "302"] = "401"
    #: Whether a login tells how long its token lives.
    max_age_header: bool = True

    #: [?] An update of a namespace that names no admins takes them away.
    update_clears_admins: bool = True
    #: Whether D@RE, which encryption needs, is licensed.
    encryption_licensed: bool = True
    #: Fields of a bucket's creation that are not applied, which only ``error_message`` tells.
    not_applied: frozenset[str] = frozenset()

    emptying_seconds: float = 60.0
    emptying_outcome: Literal["DONE", "FAILED", "ABORTED"] = "DONE"

    user_scope: Literal["GLOBAL", "NAMESPACE"] = "GLOBAL"
    #: Secret keys are shown at their creation only, and named by their id.
    hide_secret_keys: bool = False

    #: How old the newest sample is at least; samples are taken every five minutes.
    billing_lag_seconds: float = 0.0
    #: By how much the figures of single buckets are older still.
    bucket_lag_seconds: float = 0.0
    #: [?] What billing says of a bucket that no sample has seen yet.
    new_bucket_billing: Literal["1004", "zero"] = "1004"
    #: How long the disk keeps what was deleted.
    reclaim_seconds: float = 24 * 3600.0
