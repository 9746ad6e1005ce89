#!/bin/sh
# Runs pytest with the given arguments, after installing the programs that tests start.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

# A real Ceph cluster for the conformance tests, a browser for those of Swagger UI, an identity
# provider and Redis for those of signing on, PostgreSQL for those of metering, a SOCKS proxy, curl
# for the README's examples.
missing=
for need in curl:curl ceph:ceph-common ceph-mon:ceph-mon ceph-osd:ceph-osd radosgw:radosgw \
    chromium:chromium node:nodejs npm:npm redis-server:redis-server pg_ctlcluster:postgresql \
    microsocks:microsocks haproxy:haproxy buildah:buildah debootstrap:debootstrap \
    promtool:prometheus rabbitmqctl:rabbitmq-server systemd-analyze:systemd; do
    have "${need%%:*}" || missing="$missing ${need#*:}"
done
# shellcheck disable=SC2086  # a list of names
[ -z "$missing" ] || apt_install $missing ||
    say "Some tests need programs that are not here: as root on Debian, apt-get install$missing"

profile=dev
[ -z "${CI:-}" ] || profile=ci
# Four at a time, for most tests wait for some server; a file's tests share what they start.
exec .venv/bin/python -m pytest -n 4 --dist loadfile --hypothesis-profile="$profile" "$@"
