"""Waldur's site agent in front of storage-api: orders, usage and membership for any back-end."""
