"""One record for every write: who, with which roles, on what, with which outcome."""

import structlog

from storage_api.security.principal import Principal

log = structlog.get_logger("audit")


def record_write(
    principal: Principal, *, backend: str | None, action: str, target: str, status: int
) -> None:
    log.info(
        "audit",
        who=principal.label,
        roles=sorted(principal.roles),
        backend=backend,
        action=action,
        target=target,
        status=status,
        outcome="done" if status < 400 else "refused" if status < 500 else "failed",
    )
