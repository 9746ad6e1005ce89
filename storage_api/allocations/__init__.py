"""Allocations: what a portal orders in one piece, made of a namespace, its user and a bucket."""
