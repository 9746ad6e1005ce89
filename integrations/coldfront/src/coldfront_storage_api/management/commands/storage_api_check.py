import sys
from typing import Any

from django.core.management.base import BaseCommand

from coldfront_storage_api.checking import findings


class Command(BaseCommand):
    help = (
        "Look whether everything is set up: settings, the service, the token's roles, back-ends, "
        "types of attributes. Changes nothing. Ends with 1 if something is wrong."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        wrong = 0
        for fine, text in findings():
            self.stdout.write(f"{'ok     ' if fine else 'WRONG  '}{text}")
            wrong += not fine
        if wrong:
            sys.exit(1)
