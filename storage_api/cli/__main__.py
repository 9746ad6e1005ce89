"""``python -m storage_api.cli``: ``storage-api`` where the package is not installed."""

from storage_api.cli import main

if __name__ == "__main__":
    main(prog_name="storage-api")
