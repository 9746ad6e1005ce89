from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from coldfront_storage_api import setup_types


class Command(BaseCommand):
    help = (
        "Make the types of attributes that the storage plugin needs. Can be run any number of "
        "times; what is there stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--with-quota-types",
            action="store_true",
            help='also "Storage Quota (TB)" and "Quota_In_Bytes", which upstream lacks',
        )
        parser.add_argument(
            "--ecs-compat",
            action="store_true",
            help="also those of the ECS plugin: url, replication_group, ldap_domain",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        setup_types.make_resource_types(setup_types.RESOURCE, self.stdout.write)
        setup_types.make_allocation_types(setup_types.ALLOCATION, self.stdout.write)
        if options["with_quota_types"]:
            setup_types.make_allocation_types(setup_types.QUOTAS, self.stdout.write)
        if options["ecs_compat"]:
            setup_types.make_resource_types(setup_types.ECS_RESOURCE, self.stdout.write)
