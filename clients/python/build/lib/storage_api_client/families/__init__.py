"""The families of a back-end, each a small class with the same verbs."""
