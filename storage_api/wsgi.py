"""``application`` for uWSGI or any other WSGI server."""

import sys

from storage_api.app import create_app
from storage_api.environment import SettingsError

try:
    application = create_app()
except SettingsError as error:
    sys.exit(f"storage-api cannot start:\n{error}")
