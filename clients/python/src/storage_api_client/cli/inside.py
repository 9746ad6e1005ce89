"""What the verbs for buckets and users share."""

import click

from storage_api_client.cli.output import show_count
from storage_api_client.cli.units import show_size
from storage_api_client.records import Bucket

purge_option = click.option("--purge", is_flag=True, help="With all that is inside, by a job.")
wait_option = click.option("--wait", is_flag=True, help="Wait for that job, and show its progress.")
name_option = click.option("--name", help="Only those of this name; * stands for any text.")


def sentence(kind: str, name: str, *, purge: bool) -> str:
    return f"delete {kind} {name}" + (" and everything inside" if purge else "")


def described(bucket: Bucket) -> str:
    usage = bucket["usage"]
    if usage is None:
        return f"{bucket['name']} (content unknown)"
    objects = usage["used_objects"]
    count = "an unknown number of" if objects is None else show_count(objects)
    return f"{bucket['name']} ({count} objects, {show_size(usage['used_bytes'])})"
