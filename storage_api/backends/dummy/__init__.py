"""The embedded back-end: every family, no hardware."""
