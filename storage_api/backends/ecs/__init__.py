"""Dell ECS (ObjectScale 4.x): namespaces, buckets, users and keys through its management API."""
