"""Storage systems that the reconciler can provision; each driver knows one kind."""
