"""One REST service in front of every storage system of a scientific site."""

__version__ = "4.0.0"
