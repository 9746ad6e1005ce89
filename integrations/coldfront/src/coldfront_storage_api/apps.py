from django.apps import AppConfig


class StorageApiConfig(AppConfig):
    """Add ``coldfront_storage_api`` to ``INSTALLED_APPS``."""

    name = "coldfront_storage_api"
    verbose_name = "Storage service"

    def ready(self) -> None:
        # Models can be imported only from now on.
        from coldfront_storage_api.handlers import connect  # noqa: PLC0415

        connect()
