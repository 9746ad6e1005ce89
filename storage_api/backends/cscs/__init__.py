"""CSCS storage: allocations of capstor, vast, iopsstor and others, which Waldur keeps."""
