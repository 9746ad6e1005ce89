#!/bin/sh
# Sets up .venv with exactly what requirements.txt locks.
#
#   venv.sh        what the service needs
#   venv.sh dev    and what tests and checks need
#
# Does nothing when that is there already: .venv/.run and .venv/.dev hold a hash of what they
# were made of.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

PROBE='import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'

# find_python: the first interpreter that will do, as its real path.
find_python() {
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if "$name" -c "$PROBE" >/dev/null 2>&1; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    return 1
}

# hash_of PYTHON FILE...: changes with the interpreter's version and with the files.
hash_of() {
    interpreter=$1
    shift
    "$interpreter" -c '
import hashlib, pathlib, sys
parts = [sys.version.encode(), *(pathlib.Path(name).read_bytes() for name in sys.argv[1:])]
print(hashlib.sha256(b"".join(parts)).hexdigest())' "$@"
}

# stamped FILE HASH: was that part of .venv made of the same things?
stamped() {
    .venv/bin/python -c '' 2>/dev/null && [ "$(cat "$1" 2>/dev/null)" = "$2" ]
}

# install_compiler PYTHON: uWSGI comes as source only.
install_compiler() {
    packages=
    have gcc || packages="gcc libc6-dev"
    headers=$("$1" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    version=$("$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    [ -e "$headers/Python.h" ] || packages="$packages $version-dev"
    # shellcheck disable=SC2086  # a list of names
    [ -z "$packages" ] || apt_install $packages || die \
        "uWSGI is compiled here, which needs more: as root, apt-get install$(printf ' %s' $packages)"
}

install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -qq --require-hashes "$@" ||
        die "pip could not install the requirements; its own words stand above (no network?)"
}

# make_venv: in place of whatever .venv was before.
make_venv() {
    if ! python=$(find_python); then
        [ -z "${PYTHON:-}" ] || die "PYTHON=$PYTHON is no Python >= 3.11 with venv and ensurepip"
        apt_install python3 python3-venv || true
        python=$(find_python) || die \
            "no Python >= 3.11 with venv: on Debian 12, as root, apt-get install python3 python3-venv"
    fi
    install_compiler "$python"
    say "Setting up .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
    install -r requirements.txt
    hash_of .venv/bin/python requirements.txt >.venv/.run
}

# Two calls at once must not write the same .venv.
exec 9>.run/venv.lock
flock 9

# Without a wish for another one, .venv keeps its interpreter, whatever the PATH of this call.
python=${PYTHON:-.venv/bin/python}
run=$(hash_of "$python" requirements.txt 2>/dev/null) || run=none
stamped .venv/.run "$run" || make_venv

if [ "${1:-}" = dev ]; then
    dev=$(hash_of .venv/bin/python requirements.txt requirements-dev.txt)
    if ! stamped .venv/.dev "$dev"; then
        say "Adding what tests and checks need to .venv"
        install -r requirements.txt -r requirements-dev.txt
        say "$dev" >.venv/.dev
    fi
fi
