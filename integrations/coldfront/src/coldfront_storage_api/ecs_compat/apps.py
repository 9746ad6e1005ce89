from django.apps import AppConfig


class EcsCompatConfig(AppConfig):
    """Add ``coldfront_storage_api.ecs_compat`` to ``INSTALLED_APPS``, too."""

    name = "coldfront_storage_api.ecs_compat"
    label = "coldfront_storage_api_ecs_compat"
    verbose_name = "Storage service, as the ECS plugin"
