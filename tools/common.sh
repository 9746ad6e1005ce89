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

# A program in the background is known by a file: process id, the kernel's start time of that process,
# and port. The start time tells it from a stranger that got the same process id later.

# start_time PID: field 22 of /proc/PID/stat, counted after the name, which may hold blanks.
start_time() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# running FILE: sets pid and port of that program, if it lives.
# shellcheck disable=SC2034  # port is for the script that sources this
running() {
    pid='' started='' port=''
    read -r pid started port 2>/dev/null <"$1" || return 1
    [ "$(start_time "$pid")" = "$started" ]
}

# group_lives PID: a program and those that it started share a process group.
group_lives() {
    kill -s 0 -- "-$1" 2>/dev/null
}

# end_group PID
end_group() {
    kill -s TERM -- "-$1" 2>/dev/null || true
    deadline=$(($(date +%s) + 5))
    while group_lives "$1" && [ "$(date +%s)" -lt "$deadline" ]; do
        sleep 0.1
    done
    group_lives "$1" || return 0
    kill -s KILL -- "-$1" 2>/dev/null || true
    sleep 0.5
    ! group_lives "$1" || die "process $1 does not end"
}

mkdir -p .run
