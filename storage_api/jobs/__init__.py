"""Work longer than a request: huey, its stores, resuming what was broken off."""
