# shellcheck shell=sh
# Shared by the scripts in this folder, which source it from the project's top.

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# have PROGRAM: is it installed?
have() {
    command -v "$1" >/dev/null 2>&1
}

# apt_install PACKAGE...: install Debian packages; fails without a word where that is not possible.
# Needed packages only: what they recommend (a mail server, fonts) would take minutes.
apt_install() {
    [ "$(id -u)" = 0 ] && have apt-get && grep -q '^ID=debian' /etc/os-release || return 1
    say "Installing Debian packages: $*"
    (
        export DEBIAN_FRONTEND=noninteractive
        apt-get -qq update && apt-get -qq -y --no-install-recommends \
            -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$@"
    ) </dev/null >.run/apt.log 2>&1 || {
        tail -n 5 .run/apt.log >&2
        return 1
    }
}

mkdir -p .run
