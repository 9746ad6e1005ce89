"""What uWSGI says about its workers; it costs a look into its shared memory."""

import importlib
from collections import Counter

from storage_api.metrics import computed
from storage_api.metrics.computed import Figure


def worker_figures() -> list[Figure]:
    """Nothing under any other server."""
    try:
        uwsgi = importlib.import_module("uwsgi")
    except ModuleNotFoundError:
        return []
    workers = uwsgi.workers()
    # "sig1" and the like while a signal is handled: as good as busy.
    states = Counter(
        state if state in {"idle", "busy", "cheap"} else "busy"
        for state in (_text(worker["status"]) for worker in workers)
    )
    return [
        *(
            Figure(computed.WORKERS.name, (state,), states[state])
            for state in ("idle", "busy", "cheap")
        ),
        Figure(
            computed.RESPAWNS.name,
            (),
            sum(worker["respawn_count"] for worker in workers),
        ),
        Figure(computed.LISTEN_QUEUE.name, (), uwsgi.listen_queue()),
    ]


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
