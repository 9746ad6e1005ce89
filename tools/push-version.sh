#!/bin/sh
# Publishes the version that storage_api/__init__.py names: a tag vX.Y.Z on this commit, pushed to
# origin, for which the pipeline then makes the image storage-api:X.Y.Z.
#
#   push-version.sh check    can it be published?
#   push-version.sh push     do it
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' storage_api/__init__.py)
tag=v$version

check() {
    printf '%s\n' "$version" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+' ||
        die "storage_api/__init__.py names no version such as 4.1.0, but '$version'"
    [ -z "$(git status --porcelain)" ] ||
        die "there are changes that are not committed; see git status"
    ! git rev-parse --quiet --verify "refs/tags/$tag" >/dev/null ||
        die "the tag $tag exists already; raise __version__ in storage_api/__init__.py"
    found=$(git ls-remote --tags origin "refs/tags/$tag") || die "origin cannot be reached"
    [ -z "$found" ] ||
        die "origin has the tag $tag already; raise __version__ in storage_api/__init__.py"
}

push() {
    check
    git tag --annotate --message "storage-api $version" "$tag"
    # A tag that only this clone has would stand in the way of another try.
    git push --quiet origin "refs/tags/$tag" || {
        git tag --delete "$tag" >/dev/null
        die "origin did not take the tag $tag"
    }
    say "Pushed $tag."
}

case ${1:-} in
check | push) "$1" ;;
*) die "usage: push-version.sh check|push" ;;
esac
