#!/bin/sh
# The development server: `flask run` with debugger and reloader, in the background.
#
#   devserver.sh start    on 127.0.0.1:$PORT
#   devserver.sh stop
#
# .run/devserver.pid holds process id, the kernel's start time of that process, and port. The
# start time tells our server from a stranger that got the same process id later.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

PID_FILE=.run/devserver.pid
LOG=.run/devserver.log
WAIT_SECONDS=60

# start_time PID: field 22 of /proc/PID/stat, counted after the name, which may hold blanks.
start_time() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# running: sets pid and port of our server, if it lives.
running() {
    pid='' started='' port=''
    read -r pid started port 2>/dev/null <"$PID_FILE" || return 1
    [ "$(start_time "$pid")" = "$started" ]
}

# answers PORT: no proxy of the environment may stand between.
answers() {
    .venv/bin/python -c '
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
connection.request("GET", "/health/live")
sys.exit(connection.getresponse().status != 200)' "$1" 2>/dev/null
}

# free PORT
free() {
    .venv/bin/python -c '
import socket, sys
with socket.socket() as candidate:
    candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    candidate.bind(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null
}

# group_lives PID: the reloader and the server that it started share a process group.
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

start() {
    if running; then
        say "Already running: http://127.0.0.1:$port/ (process $pid). Stop it with: make stop"
        return
    fi
    port=${PORT:-5000}
    case $port in '' | *[!0-9]*) die "PORT=$port is no port number" ;; esac
    free "$port" || die "port $port is taken or not allowed; choose another: make devserver PORT=5001"

    # UTF-8 whatever the locale: the separators in SAPI_BACKENDS are emoji.
    PYTHONUTF8=1 FLASK_APP=storage_api/app.py FLASK_DEBUG=1 \
        SAPI_BACKENDS="${SAPI_BACKENDS-dummy🌈DummyStorage}" \
        setsid .venv/bin/flask run --host 127.0.0.1 --port "$port" </dev/null >"$LOG" 2>&1 9>&- &
    pid=$!
    say "$pid $(start_time "$pid") $port" >"$PID_FILE"

    deadline=$(($(date +%s) + WAIT_SECONDS))
    until answers "$port"; do
        running || refuse "the service did not start"
        [ "$(date +%s)" -lt "$deadline" ] || refuse "no answer within $WAIT_SECONDS seconds"
        sleep 0.2
    done
    say "Swagger UI:  http://127.0.0.1:$port/"
    say "Log:         $LOG"
    say "Stop:        make stop"
}

# refuse WHY: nothing half-started stays behind.
refuse() {
    tail -n 15 "$LOG" >&2
    end_group "$pid"
    rm -f "$PID_FILE"
    die "$1; its last words stand above, all of them in $LOG"
}

stop() {
    if running; then
        end_group "$pid"
        say "Stopped process $pid."
    else
        say "Not running."
    fi
    rm -f "$PID_FILE"
}

# Two calls at once must not start two servers.
exec 9>.run/devserver.lock
flock -w 90 9 || die "another make devserver or make stop is still at work"
case ${1:-} in
start | stop) "$1" ;;
*) die "usage: devserver.sh start|stop" ;;
esac
