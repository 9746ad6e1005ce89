#!/usr/bin/env bash
# A throw-away, single-node Ceph cluster with one RADOS Gateway, for tests.
#
#   ceph.sh start  DIR   bring it up under DIR (does nothing if it is up)
#   ceph.sh stop   DIR   end it; the data stay, the next start resumes them
#   ceph.sh gateway DIR  start the gateway again, alone, after somebody killed it
#   ceph.sh status DIR   exit 0 = up, 1 = partly up or ill, 3 = down
#   ceph.sh env    DIR   RGW_ENDPOINT, RGW_ADMIN_ACCESS_KEY, RGW_ADMIN_SECRET_KEY
#   ceph.sh wipe   DIR   stop, then delete what this script put into DIR
#
# One monitor, one OSD, one gateway, no manager, no authentication between the
# daemons (so any local user can talk to them); everything listens on 127.0.0.1
# only. Nothing outside DIR is written. No systemd, no root needed; bash 5.
# It ends only processes it started itself: every pid file holds the pid and the
# kernel start time, and both must still match.
#
# Settings (environment; those marked * count only when DIR is first filled):
#   CEPH_DEV_STORE=memstore   * memstore (fast, in memory) or bluestore (a file)
#   CEPH_DEV_SIZE=4294967296  * OSD size in bytes (bluestore: a sparse file)
#   CEPH_DEV_RGW_PORT=        wanted gateway port (default: a free one, then kept)
#   CEPH_DEV_SHARDS=1         * index shards of a new bucket (stock Ceph: 11)
#   CEPH_DEV_EXTRA=           file with extra lines for the end of ceph.conf
#                             (they land in [client.rgw]; kept for later starts)
#   CEPH_DEV_TIMEOUT=60       seconds that any one wait may take
# Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 down (status, env),
#             4 packages missing.

# shellcheck disable=SC1091,SC2015
set -u
umask 077                               # keys are among the files
export LC_ALL=C
unset CEPH_ARGS CEPH_CONF CEPH_KEYRING PYTHONPATH PYTHONHOME

BIND=127.0.0.1
STORE=${CEPH_DEV_STORE:-memstore}
SIZE=${CEPH_DEV_SIZE:-4294967296}
SHARDS=${CEPH_DEV_SHARDS:-1}
WAIT=${CEPH_DEV_TIMEOUT:-60}
PACKAGES="ceph-mon ceph-osd radosgw ceph-common"
DAEMONS="mon osd rgw"                   # start order; stopped in reverse

say()  { printf 'ceph: %s\n' "$*" >&2; }
die()  { local code=$1; shift; say "$*"; exit "$code"; }
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# --- small helpers ----------------------------------------------------------

need_programs() {
    local p missing=
    for p in ceph ceph-mon monmaptool ceph-osd radosgw radosgw-admin flock setsid timeout; do
        command -v "$p" >/dev/null 2>&1 || missing="$missing $p"
    done
    [ -z "$missing" ] || die 4 "not installed:$missing
ceph: on Debian 12: apt-get install -y --no-install-recommends $PACKAGES"
}

# until_true SECONDS CMD...: poll CMD; fail when the time is up.
until_true() {
    local end=$((SECONDS + $1)); shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

is_free() { ! (exec 3<>"/dev/tcp/$BIND/$1") 2>/dev/null; }

# A port below the kernel's ephemeral range, so that no outgoing connection
# takes it between this check and the daemon's bind.
free_port() {
    local n p
    for n in $(seq 200); do
        p=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
        is_free "$p" && { echo "$p"; return 0; }
    done
    return 1
}

key() { head -c 512 /dev/urandom | tr -dc "$1" | head -c "$2"; }

# --- processes --------------------------------------------------------------

start_time() {      # kernel start time of a pid; nothing for a zombie or no process
    local line
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    line=${line##*) }                   # the name field may hold blanks
    # shellcheck disable=SC2086
    set -- $line
    case $1 in Z|X) return 1 ;; esac
    echo "${20}"
}

pid_of() {          # pid of OUR daemon $1, if it still runs
    local pid began
    { read -r pid began <"$DIR/run/$1.pid"; } 2>/dev/null || return 1
    [ -n "$began" ] && [ "$(start_time "$pid")" = "$began" ] && echo "$pid"
}

running() { pid_of "$1" >/dev/null; }
gone()    { ! running "$1"; }

launch() {          # launch NAME CMD...: in the background, own session, own pid file
    local name=$1 pid; shift
    setsid "$@" >>"$DIR/log/$name.out" 2>&1 </dev/null 9>&- &
    pid=$!
    printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$DIR/run/$name.pid.new" &&
        mv "$DIR/run/$name.pid.new" "$DIR/run/$name.pid"
}

end_daemon() {
    local name=$1 pid patience=15
    case $name in
        osd) patience=$WAIT ;;          # a memstore is written out now
        rgw) patience=5 ;;              # holds nothing that an answered request needs
    esac
    if pid=$(pid_of "$name"); then
        kill -TERM "$pid" 2>/dev/null
        if until_true "$patience" gone "$name"; then
            [ "$name" != osd ] || : >"$DIR/clean"
        else
            say "$name (pid $pid) ignored SIGTERM, sending SIGKILL"
            running "$name" && kill -KILL "$pid" 2>/dev/null
            until_true 10 gone "$name" || { say "$name (pid $pid) will not end"; return 1; }
        fi
    fi
    rm -f "$DIR/run/$name.pid"
}

# The one background helper of a start; it is a child of this shell, so its pid
# cannot have passed to anybody else before the shell has waited for it.
HELPER=
end_helper() {
    [ -z "$HELPER" ] || { kill -TERM "$HELPER" 2>/dev/null; wait "$HELPER" 2>/dev/null; HELPER=; }
}

end_all() {
    local name bad=0
    for name in rgw osd mon; do end_daemon "$name" || bad=1; done
    return $bad
}

# --- the cluster ------------------------------------------------------------

pick_rgw_port() {   # the wanted one, the last one, or a free one other than the monitor's
    RGW_PORT=${CEPH_DEV_RGW_PORT:-$(sed -n 's/^RGW_PORT=//p' "$DIR/ports" 2>/dev/null)}
    if [ -n "${CEPH_DEV_RGW_PORT:-}" ]; then
        is_free "$RGW_PORT" || die 1 "port $RGW_PORT is taken"     # nothing runs yet
    fi
    while [ -z "$RGW_PORT" ] || [ "$RGW_PORT" = "$MON_PORT" ] || ! is_free "$RGW_PORT"; do
        RGW_PORT=$(free_port) || return 1
    done
}
save_ports() { printf 'MON_PORT=%s\nRGW_PORT=%s\n' "$MON_PORT" "$RGW_PORT" >"$DIR/ports"; }

write_conf() {
    local asok=
    # a Unix socket's path may have 107 characters at most
    [ "${#DIR}" -le 70 ] && asok="$DIR/run/\$name.asok"
    cat >"$DIR/ceph.conf" <<CONF
[global]
fsid = $FSID
mon host = [v2:$BIND:$MON_PORT/0]
public addr = $BIND
cluster addr = $BIND
ms bind msgr1 = false
# no keys between the daemons; radosgw asks for an encrypted monitor session by
# default, which does not exist without keys (it would wait for ever, EACCES)
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
keyring = $DIR/keyring
run dir = $DIR/run
crash dir = $DIR/crash
log file = $DIR/log/\$name.log
mon cluster log file = $DIR/log/cluster.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
# commit map changes at once: the pools are made one by one on the way up
paxos propose interval = 0.02
paxos min wait = 0.01

[mon]
mon data = $DIR/mon
admin socket = $asok
# a full laptop disk must not stop a test cluster
mon data avail warn = 2
mon data avail crit = 1

[osd]
osd data = $DIR/osd
admin socket = $asok
osd objectstore = $STORE
memstore device bytes = $SIZE
bluestore block size = $SIZE
# memstore writes its content to disk in an orderly shutdown only
osd fast shutdown = $([ "$STORE" = memstore ] && echo false || echo true)

[client.rgw]
admin socket = $asok
rgw data = $DIR/rgw
# without tcp_nodelay most small answers take 40 ms longer (delayed ACK)
rgw frontends = beast endpoint=$BIND:$RGW_PORT tcp_nodelay=1
rgw thread pool size = 64
rgw override bucket index max shards = $SHARDS
rgw dynamic resharding = false
rgw enable usage log = true
rgw usage log flush threshold = 1
rgw usage log tick interval = 1
# several lifecycle workers race for locks and sleep 5 s each, which would delay
# a stop soon after a start
rgw lc max worker = 1
# deleted data leave the store within seconds rather than hours
rgw gc obj min wait = 5
rgw gc processor period = 10
CONF
    if [ -n "${CEPH_DEV_EXTRA:-}" ]; then cp -- "$CEPH_DEV_EXTRA" "$DIR/extra.conf" || return 1; fi
    [ ! -f "$DIR/extra.conf" ] || cat "$DIR/extra.conf" >>"$DIR/ceph.conf"
}

mon_cmd() { timeout "$WAIT" ceph -c "$DIR/ceph.conf" --connect-timeout "$WAIT" "$@"; }

osd_is_up() {
    running osd || return 0             # it died: stop waiting, the caller looks
    mon_cmd osd stat 2>/dev/null | grep -q ' 1 up'
}

rgw_answers() (     # in a subshell: a refused connection must not end the script
    exec 3<>"/dev/tcp/$BIND/$RGW_PORT" || exit 1
    printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$BIND:$RGW_PORT" >&3 || exit 1
    IFS= read -r -t 5 line <&3
    case $line in 'HTTP/1.1 200 '*) exit 0 ;; *) exit 1 ;; esac
) 2>/dev/null
rgw_settled() { gone rgw || rgw_answers; }

# Was the OSD ended in order? A memstore that was not has lost its content.
resumable() { [ -f "$DIR/filled" ] && { [ -f "$DIR/clean" ] || grep -q bluestore "$DIR/filled"; }; }

start_mon() { launch mon ceph-mon -c "$DIR/ceph.conf" -f -i a; }
start_osd() {
    rm -f "$DIR/clean"
    launch osd ceph-osd -c "$DIR/ceph.conf" -f -i 0
    until_true "$WAIT" osd_is_up && running osd
}
start_rgw() {
    launch rgw radosgw -c "$DIR/ceph.conf" -f -n client.rgw
    until_true "$WAIT" rgw_settled && running rgw
}

failed() {          # failed STEP LOG...: the reason, for the reader
    local step=$1 f; shift
    say "failed: $step"
    for f in "$@"; do
        [ -s "$DIR/log/$f" ] && { say "end of log/$f:"; tail -n 8 "$DIR/log/$f" | cut -c1-300 >&2; }
    done
    return 1
}

first_start() {
    local osd_uuid access='' secret=''
    rm -rf "$DIR"/{mon,osd,rgw,run,log,crash,monmap,keyring,filled,clean}
    mkdir -p "$DIR"/{mon,osd,rgw,run,log,crash} && : >"$DIR/keyring" || return 1
    # The administrator's keys and the gateway's port outlive a lost memstore.
    [ ! -f "$DIR/admin.env" ] || read -r access secret <"$DIR/admin.env"
    [ -n "$secret" ] || { access=$(key A-Z0-9 20); secret=$(key A-Za-z0-9 40); }
    FSID=$(cat /proc/sys/kernel/random/uuid)
    osd_uuid=$(cat /proc/sys/kernel/random/uuid)
    MON_PORT=$(free_port) || return 1
    pick_rgw_port && save_ports && write_conf || return 1

    { monmaptool --create --fsid "$FSID" --addv a "[v2:$BIND:$MON_PORT]" "$DIR/monmap" &&
      timeout "$WAIT" ceph-mon -c "$DIR/ceph.conf" --mkfs -i a --monmap "$DIR/monmap"
    } >>"$DIR/log/mkfs.out" 2>&1 || { failed "making the monitor's store" mkfs.out; return 1; }
    start_mon
    # The OSD's store and its entry in the map do not depend on each other.
    timeout "$WAIT" ceph-osd -c "$DIR/ceph.conf" --no-mon-config --mkfs -i 0 --osd-uuid "$osd_uuid" >>"$DIR/log/mkfs.out" 2>&1 9>&- &
    HELPER=$!
    mon_cmd osd new "$osd_uuid" >>"$DIR/log/mkfs.out" 2>&1 || { end_helper; failed "first word with the monitor" mkfs.out mon.out; return 1; }
    wait "$HELPER" || { HELPER=; failed "making the OSD's store" mkfs.out; return 1; }
    HELPER=
    start_osd || { failed "starting the OSD" osd.out; return 1; }

    # The gateway would make the three bucket pools at the first bucket and the
    # first object; made here, the first request is as quick as the second.
    timeout "$WAIT" ceph -c "$DIR/ceph.conf" --connect-timeout "$WAIT" >>"$DIR/log/mkfs.out" 2>&1 9>&- <<'CMDS' &
osd pool create default.rgw.buckets.index
osd pool create default.rgw.buckets.data
osd pool create default.rgw.buckets.non-ec
osd pool application enable default.rgw.buckets.index rgw
osd pool application enable default.rgw.buckets.data rgw
osd pool application enable default.rgw.buckets.non-ec rgw
CMDS
    HELPER=$!
    timeout "$WAIT" radosgw-admin -c "$DIR/ceph.conf" -n client.rgw user create --uid=admin \
        --display-name="test administrator" --access-key="$access" --secret-key="$secret" \
        --caps="users=*;buckets=*;usage=*;metadata=*;zone=read" >"$DIR/log/admin-user.out" 2>&1 ||
        { end_helper; failed "making the administrator" admin-user.out; return 1; }
    wait "$HELPER" || { HELPER=; failed "making the bucket pools" mkfs.out; return 1; }
    HELPER=
    printf '%s %s\n' "$access" "$secret" >"$DIR/admin.env"
    start_rgw || { failed "starting the gateway" rgw.out client.rgw.log; return 1; }
    printf '%s %s\n' "$FSID" "$STORE" >"$DIR/filled"
}

# The monitor's address is part of its stored map; move it when its port is taken.
move_mon() {
    MON_PORT=$(free_port) || return 1
    { timeout "$WAIT" ceph-mon -c "$DIR/ceph.conf" -i a --extract-monmap "$DIR/monmap" &&
      monmaptool --rm a "$DIR/monmap" && monmaptool --addv a "[v2:$BIND:$MON_PORT]" "$DIR/monmap" &&
      timeout "$WAIT" ceph-mon -c "$DIR/ceph.conf" -i a --inject-monmap "$DIR/monmap"
    } >>"$DIR/log/mkfs.out" 2>&1 || failed "moving the monitor to another port" mkfs.out
}

next_start() {
    read -r FSID STORE <"$DIR/filled" || return 1
    . "$DIR/ports"
    SHARDS=$(sed -n 's/^rgw override bucket index max shards = //p' "$DIR/ceph.conf")
    SIZE=$(sed -n 's/^memstore device bytes = //p' "$DIR/ceph.conf")
    is_free "$MON_PORT" || move_mon || return 1
    pick_rgw_port && save_ports && write_conf || return 1
    start_mon
    start_osd || { failed "starting the OSD" mon.out osd.out; return 1; }
    start_rgw || { failed "starting the gateway" rgw.out client.rgw.log; return 1; }
}

# --- commands ---------------------------------------------------------------

lock() {
    exec 9>"$DIR/.ceph-test" || die 1 "cannot write in $DIR"
    flock -w "$((WAIT * 3))" 9 || die 1 "another ceph.sh holds $DIR"
}

ours() { [ -f "$DIR/.ceph-test" ]; }

do_start() {
    need_programs
    case $DIR in *[!A-Za-z0-9_./+@-]*) die 2 "DIR may hold letters, digits and _ . / + @ - only: $DIR" ;; esac
    case $STORE in memstore|bluestore) ;; *) die 2 "CEPH_DEV_STORE is memstore or bluestore, not '$STORE'" ;; esac
    mkdir -p "$DIR" || die 1 "cannot make $DIR"
    ours || [ -z "$(ls -A "$DIR")" ] || die 2 "$DIR is not empty and was not made by this script"
    lock
    if running mon && running osd && running rgw; then
        . "$DIR/ports"
        rgw_answers && { say "already up at http://$BIND:$RGW_PORT"; return 0; }
    fi
    end_all || return 1                 # a half-dead one
    trap 'end_helper; end_all; exit 1' INT TERM HUP
    local n ms began=${EPOCHREALTIME/./}
    for n in 1 2 3; do                  # a port may be taken in between
        if resumable; then next_start; else
            [ ! -f "$DIR/filled" ] || say "the memstore was not ended in order, its content is lost: starting afresh"
            first_start
        fi && {
            trap - INT TERM HUP
            ms=$(( (${EPOCHREALTIME/./} - began) / 1000 ))
            say "up at http://$BIND:$RGW_PORT ($STORE) in $((ms / 1000)).$(printf %03d $((ms % 1000))) s"
            return 0
        }
        end_all
        [ "$n" = 3 ] || say "try $((n + 1)) of 3"
    done
    die 1 "gave up; the logs are in $DIR/log"
}

do_gateway() {
    ours || die 3 "nothing of ours in $DIR"
    lock
    running mon && running osd || die 3 "monitor or OSD is down: use start"
    . "$DIR/ports"
    running rgw || start_rgw || { failed "starting the gateway" rgw.out client.rgw.log; die 1 "gave up"; }
}

do_stop() {
    ours || { say "nothing of ours in $DIR"; return 0; }
    lock
    end_all && say "stopped"
}

do_status() {
    local name pid up=0
    ours || { echo "down (nothing in $DIR)"; return 3; }
    for name in $DAEMONS; do
        if pid=$(pid_of "$name"); then
            up=$((up + 1))
            echo "$name up pid=$pid rss_kib=$(awk '/^VmRSS/{print $2}' "/proc/$pid/status")"
        else
            echo "$name down"
        fi
    done
    [ "$up" = 0 ] && return 3
    [ "$up" = 3 ] || return 1
    . "$DIR/ports"
    rgw_answers || { echo "gateway http://$BIND:$RGW_PORT does not answer"; return 1; }
    echo "gateway http://$BIND:$RGW_PORT answers"
}

do_env() {
    local access secret
    [ -f "$DIR/filled" ] || { say "nothing started in $DIR yet"; return 3; }
    . "$DIR/ports"
    read -r access secret <"$DIR/admin.env" || return 1
    printf 'RGW_ENDPOINT=http://%s:%s\nRGW_ADMIN_ACCESS_KEY=%s\nRGW_ADMIN_SECRET_KEY=%s\n' \
        "$BIND" "$RGW_PORT" "$access" "$secret"
}

do_wipe() {
    ours || { say "nothing of ours in $DIR"; return 0; }
    lock
    end_all || return 1
    rm -rf "$DIR"/{mon,osd,rgw,run,log,crash,monmap,keyring,admin.env,extra.conf,ceph.conf,ports,filled,clean,.ceph-test}
    rmdir "$DIR" 2>/dev/null
    say "wiped"
}

[ $# -eq 2 ] && [ -n "$2" ] || { usage >&2; exit 2; }
case $2 in /*) DIR=$2 ;; *) DIR=$PWD/$2 ;; esac
DIR=${DIR%/}
[ -n "$DIR" ] || die 2 "DIR must not be the root directory"
case $1 in
    start|gateway|stop|status|env|wipe) "do_$1" ;;
    *) usage >&2; exit 2 ;;
esac
