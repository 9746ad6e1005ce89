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

# A vendor's folder that the contract on independence does not name would escape it.
vendors_listed() {
    for folder in storage_api/backends/*/__init__.py; do
        vendor=storage_api.backends.$(basename "$(dirname "$folder")")
        grep -q "\"$vendor\"" pyproject.toml || {
            say "pyproject.toml: \"No vendor knows another\" does not name $vendor"
            return 1
        }
    done
}

PATH=$PWD/.venv/bin:$PATH
check "ruff check" ruff check .
check "ruff format" ruff format --check .
check "mypy" mypy storage_api tests benchmarks
check "mypy of the client" mypy clients/python/src clients/python/generate.py
check "mypy of ColdFront's app" env MYPYPATH=integrations/coldfront/src \
    mypy integrations/coldfront/src
check "mypy of Waldur's plugin" env MYPYPATH=integrations/waldur/src mypy integrations/waldur/src
check "import-linter" lint-imports --no-cache --no-logo
check "vendors" vendors_listed
check "shellcheck" shell_scripts shellcheck --external-sources
check "jsonschema" new_jsonschema

[ -z "$failed" ] || die "failed:${failed%,}"
