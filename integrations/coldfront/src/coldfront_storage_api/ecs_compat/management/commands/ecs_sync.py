from typing import Any

from django.core.management.base import BaseCommand

from coldfront_storage_api.ecs_compat.pulling import pull


class Command(BaseCommand):
    help = (
        "Pull quotas, usage and capacity of ECS into ColdFront. What fails is said, and the "
        "command ends with 0 all the same."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        pull(self.stdout.write)
