#!/bin/sh
# Builds the container image with docker, podman or buildah: the first that works, or ENGINE.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' storage_api/__init__.py)
# What is not committed has no revision.
revision=$(git rev-parse HEAD 2>/dev/null) && git diff --quiet HEAD -- 2>/dev/null || revision=
# A clone over https may carry a token in its address.
source=$(git remote get-url origin 2>/dev/null | sed 's,//[^/]*@,//,') || source=

for engine in ${ENGINE:-docker podman buildah}; do
    # A client without its engine can build nothing.
    if have "$engine" && "$engine" info >/dev/null 2>&1; then
        # The format of the others has no place for a health check.
        [ "$engine" = docker ] || set -- --format docker
        exec "$engine" build "$@" --build-arg VERSION="$version" --build-arg REVISION="$revision" \
            --build-arg SOURCE="$source" --tag "storage-api:$version" --tag storage-api:latest .
    fi
done
die "${ENGINE:-none of docker, podman and buildah} does not work here"
