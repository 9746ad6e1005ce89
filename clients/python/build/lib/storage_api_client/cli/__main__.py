"""``python -m storage_api_client.cli``."""

from storage_api_client.cli import main

main()
