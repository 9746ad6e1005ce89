"""What a test may choose about the simulated croit, also while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Settings:
    """[O] the document, [P] what a client met: where they differ, both can be had.

    Times are seconds.
    """

    #: [P] of POST /s3/users.
    created_status: Literal[201, 204] = 201
    #: [P] of a second user, e-mail or key.
    duplicate_status: Literal[409, 500] = 409
    #: What a bucket with data is deleted with; [?] the one that croit wants for RBD images.
    delete_phrase: str = "I'm really sure that I want to delete this"
    #: Names of buckets whose ``usageSum`` is null, whatever they hold.
    unmeasured: set[str] = field(default_factory=set)
    #: Reading traffic removes it from the log.
    trims_usage: bool = True
    #: Whether the rates that the document advises are enforced, per account.
    limits_rates: bool = False
    #: How long the token of a sign-on lasts.
    login_seconds: int = 86400
    version: str = "2503.0"
