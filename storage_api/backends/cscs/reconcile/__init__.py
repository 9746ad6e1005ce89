"""Does what Waldur's orders ask of a storage system."""
