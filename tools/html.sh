#!/bin/sh
# Makes build/html: the guides by Sphinx, and the API reference by Redocly's CLI. The pages need no
# network to be read.
#
#   html.sh swagger    only build/swagger.json and build/openapi.json
#   html.sh guides     only the guides
#   html.sh            all
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

swagger() {
    PYTHONPATH=. PYTHONUTF8=1 .venv/bin/python tools/docs/swagger.py build
}

# A warning, such as a link that leads nowhere, is an error.
guides() {
    .venv/bin/sphinx-build --fail-on-warning --keep-going --quiet -d .run/doctrees docs build/html
}

# renderer: what package-lock.json names, in .run/npm; once, until that file changes.
renderer() {
    have npm || die "the API reference needs npm: on Debian, as root, apt-get install npm"
    mkdir -p .run/npm
    cmp -s tools/docs/package-lock.json .run/npm/installed && return
    cp tools/docs/package.json tools/docs/package-lock.json .run/npm/
    (cd .run/npm && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >.run/npm.log 2>&1 ||
        die "npm could not install the renderer: $(tail -n 3 .run/npm.log)"
    cp tools/docs/package-lock.json .run/npm/installed
}

reference() {
    renderer
    mkdir -p build/html/reference
    .venv/bin/python tools/docs/reference.py build/openapi.json build/reference.json
    # Node 18, which Debian 12 has, keeps the random numbers that the renderer asks for behind a flag.
    REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
        node --experimental-global-webcrypto .run/npm/node_modules/@redocly/cli/bin/cli.js \
        build-docs build/reference.json --inlineBundle --title "Storage API: reference" \
        --output build/html/reference/index.html >.run/redocly.log 2>&1 ||
        die "the API reference failed: $(tail -n 5 .run/redocly.log)"
    # The one thing that the page would fetch: the renderer's logo. It hides a picture that fails.
    sed -i 's#https://cdn\.redoc\.ly/redoc/logo[a-z-]*\.svg#data:,#g' build/html/reference/index.html
    cp build/swagger.json build/openapi.json build/html/
}

# Two calls at once must not write the same pages.
exec 9>.run/html.lock
flock 9
mkdir -p build
case ${1:-all} in
swagger) swagger ;;
guides) guides ;;
all)
    rm -rf build/html
    swagger
    guides
    reference
    say "Open build/html/index.html"
    ;;
*) die "usage: html.sh [swagger|guides]" ;;
esac
