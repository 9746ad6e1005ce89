from typing import Any

from django.core.management.base import BaseCommand

from coldfront_storage_api import setup_types


class Command(BaseCommand):
    help = "Make the types of attributes of the ECS plugin. Talks to nobody."

    def handle(self, *_: Any, **__: Any) -> None:
        setup_types.make_resource_types(setup_types.ECS_RESOURCE, self.stdout.write)
        setup_types.make_allocation_types(setup_types.ECS_ALLOCATION, self.stdout.write)
