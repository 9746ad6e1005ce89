#!/bin/sh
# The development server: `flask run` with debugger and reloader, in the background.
#
#   devserver.sh start    on 127.0.0.1:$PORT
#   devserver.sh stop
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

PID_FILE=.run/devserver.pid
LOG=.run/devserver.log
WAIT_SECONDS=60

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

start() {
    if running "$PID_FILE"; then
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
        running "$PID_FILE" || refuse "the service did not start"
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
    if running "$PID_FILE"; then
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
