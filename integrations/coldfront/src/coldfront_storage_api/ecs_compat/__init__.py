"""What ``coldfront_ecs_plugin`` offered, by its names: ``ecs_setup``, ``ecs_sync``.

Its names of namespaces (the project's title alone) become the default, too.
"""
