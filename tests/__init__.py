"""The tests. A package, so that no other distribution's ``tests`` can take its place."""

import pytest

# Modules that tests share show the values of a failed assert as test modules do.
pytest.register_assert_rewrite("tests.conformance", "tests.api", "tests.security")
