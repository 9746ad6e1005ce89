#!/bin/sh
# Locks requirements*.in anew, with hashes, for every Python that the service supports.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

# Packages that only the oldest Python needs would be missing from a lock made with a newer one:
# redis needs another one below 3.11.3, and Debian 12 has 3.11.2.
.venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 11, 3))' ||
    die "lock with Debian 12's Python 3.11.2: make requirements PYTHON=/usr/bin/python3.11"

# A site's own index may hold rebuilt files, whose hashes nobody else can match.
export PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS=''
unset PIP_INDEX_URL PIP_EXTRA_INDEX_URL
export CUSTOM_COMPILE_COMMAND='make requirements'

for name in requirements requirements-extras requirements-dev; do
    .venv/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
        --no-emit-index-url --no-emit-find-links --output-file "$name.txt" "$name.in"
done
