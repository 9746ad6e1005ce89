"""``application`` for uWSGI."""

from tests.observability.breaking import application_of_environment

application = application_of_environment()
