"""``python -m storage_api.jobs``: a process that does jobs, configured as the service is."""

import sys

from storage_api.app import create_app
from storage_api.domain.errors import BackendUnavailable
from storage_api.environment import SettingsError
from storage_api.jobs.engine import Jobs


def main() -> int:
    """Returns the exit code: 0 after SIGTERM or SIGINT."""
    try:
        jobs: Jobs = create_app().extensions["storage_api_jobs"]
        jobs.consume()
    except (SettingsError, BackendUnavailable) as error:
        sys.stderr.write(f"the consumer of jobs cannot start:\n{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
