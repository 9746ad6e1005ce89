"""``application`` for uWSGI or any other WSGI server."""

import sys

import structlog

from storage_api.app import create_app, most_busy_requests
from storage_api.environment import SettingsError

try:
    application = create_app()
except SettingsError as error:
    sys.exit(f"storage-api cannot start:\n{error}")

try:
    import uwsgi
except ImportError:
    pass  # another server, which keeps its threads to itself
else:
    threads, busy = int(uwsgi.opt.get("threads", 1)), most_busy_requests(application)
    if threads <= busy:
        # Should all back-ends hang together, no thread would be left for anything else.
        structlog.get_logger(__name__).warning(
            "few-threads", threads=threads, back_ends_may_keep_busy=busy
        )
