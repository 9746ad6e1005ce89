"""ColdFront allocations as storage on any back-end of storage-api."""

__version__ = "1.0.0"
