#!/bin/sh
# Builds the container image with whichever engine works.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' storage_api/__init__.py)
for engine in docker podman; do
    # A client without its engine can build nothing.
    if have "$engine" && "$engine" info >/dev/null 2>&1; then
        # podman's own format has no place for a health check.
        [ "$engine" = docker ] || set -- --format docker
        exec "$engine" build "$@" --tag "storage-api:$version" --tag storage-api:latest .
    fi
done
die "neither docker nor podman works here; install podman, or start the Docker engine"
