"""How long everything about a job takes."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Timing:
    """In seconds, if not said otherwise; tests are more impatient than services."""

    #: Before each further try of a job whose back-end is down: about an hour in all.
    retry_delays: tuple[float, ...] = (15, 30, 60, 120, 240, *[300] * 10)
    #: How often a consumer looks for what was broken off, and for what may be forgotten.
    scan: float = 3.0
    #: How often a running job is written down, its lease renewed, and a wish to cancel seen.
    pulse: float = 1.0
    #: The longest time until an idle worker looks into the queue again, where it must look.
    poll: float = 1.0
    #: Until another consumer takes over from one that is gone, where no kernel tells.
    lease: float = 10.0
    #: What a worker may take to leave its job when the service ends around it.
    leave: float = 5.0
    #: The same for a consumer of its own; OpenShift waits 30 seconds.
    leave_alone: float = 20.0
    #: How long a job is kept after its end.
    keep: timedelta = timedelta(days=7)
    #: A consumer that was not seen for so long is gone.
    consumer: timedelta = timedelta(minutes=1)
