import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from coldfront_storage_api.sync import Report, Scope, strangers, synchronise


class Command(BaseCommand):
    help = (
        "Pull limits and usage of storage into ColdFront, and say where the two differ. Ends with "
        "1 if anything failed. Meant for the night, and for after a failure."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--resource", help="only this resource, by its name")
        parser.add_argument("--allocation", type=int, help="only this allocation, by its number")
        parser.add_argument("--dry-run", action="store_true", help="write nothing anywhere")
        parser.add_argument(
            "--provision",
            action="store_true",
            help="bring storage to what ColdFront says: make, resize, open, close",
        )
        parser.add_argument(
            "--prune-report",
            action="store_true",
            help="also name what was made for allocations that are no more; removes nothing",
        )
        parser.add_argument("--tolerant", action="store_true", help="end with 0 all the same")

    def handle(self, *_: Any, **options: Any) -> None:
        report = Report(self.stdout.write)
        scope = Scope(options["resource"], options["allocation"])
        synchronise(report, scope, provision=options["provision"], dry_run=options["dry_run"])
        if options["prune_report"]:
            strangers(report)
        if report.failed:
            self.stderr.write(f"{report.failed} failed")
            if not options["tolerant"]:
                sys.exit(1)
