"""Ceph's object gateway, spoken to directly: Admin Ops for administration, S3 for the buckets."""
