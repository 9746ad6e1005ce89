"""One record for every write: who, with which roles, on what, with which outcome."""

from http import HTTPStatus

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
        outcome=_outcome(HTTPStatus(status)),
    )


def _outcome(status: HTTPStatus) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "failed"
    return "refused" if status >= HTTPStatus.BAD_REQUEST else "done"
