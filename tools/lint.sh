#!/bin/sh
# Every static check, one after the other; fails at the end if any did.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

failed=

# check NAME COMMAND...
check() {
    name=$1
    shift
    say "== $name"
    "$@" || failed="$failed $name,"
}

# shell_scripts COMMAND...: run it on every shell script of the project.
shell_scripts() {
    find . -path ./.venv -prune -o -path ./.run -prune -o -path ./.git -prune -o \
        -type f \( -name '*.sh' -o -path ./.ci/run \) -exec "$@" {} +
}

# An old jsonschema installs without complaint, and flask-restx then answers 500 to every
# validated request.
new_jsonschema() {
    .venv/bin/python -c '
from importlib.metadata import version
found = version("jsonschema")
assert int(found.split(".")[0]) >= 4, f"jsonschema {found} is too old: 4 is needed"'
}

PATH=$PWD/.venv/bin:$PATH
check "ruff check" ruff check .
check "ruff format" ruff format --check .
check "mypy" mypy storage_api tests benchmarks
check "import-linter" lint-imports --no-cache
check "shellcheck" shell_scripts shellcheck --external-sources
check "jsonschema" new_jsonschema

[ -z "$failed" ] || die "failed:${failed%,}"
