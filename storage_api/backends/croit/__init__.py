"""Ceph object storage administered through croit's management API."""
