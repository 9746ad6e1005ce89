"""The version, which is the service's own."""

__version__ = "4.0.0"
