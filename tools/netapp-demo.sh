#!/bin/sh
# The development server in front of a simulated NetApp filer, both in the background.
#
#   netapp-demo.sh start    the service on 127.0.0.1:$PORT, the filer on any free port
#   netapp-demo.sh stop     the filer; devserver.sh stops the service
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

FOLDER=.run/netapp-demo
PID_FILE=$FOLDER/pid
LOG=$FOLDER/log
CA_FILE=$PWD/$FOLDER/ca.pem
VOLUMES=300
LATENCY=0.05
SVM=vs1
PASSWORD=simulated
WAIT_SECONDS=30

start() {
    if running "$PID_FILE"; then
        say "The simulated filer runs already: https://127.0.0.1:$port/ (process $pid)"
    else
        # A service that was started without this filer would not know it.
        ! running .run/devserver.pid ||
            die "the development server runs already, in front of something else; end it with: make stop"
        start_filer
    fi
    filer="filer🌈NetappStorage🌈hostname🌈127.0.0.1:$port🌈vserver🌈$SVM🌈ca_file🌈$CA_FILE"
    export SAPI_BACKENDS="$filer🌈username🌈storage-api🌈password🌈$PASSWORD"
    tools/devserver.sh start || {
        stop
        exit 1
    }
    running .run/devserver.pid
    say "Volumes:     http://127.0.0.1:$port/v3/filer/volumes"
    say "Everything:  http://127.0.0.1:$port/login gives you every role"
}

start_filer() {
    rm -f "$LOG" "$CA_FILE"
    # UTF-8 whatever the locale, and each line as soon as it is printed.
    PYTHONUTF8=1 PYTHONUNBUFFERED=1 setsid .venv/bin/python -m tests.simulators.ontap \
        --volumes "$VOLUMES" --latency "$LATENCY" --ca-file "$CA_FILE" \
        --svm "$SVM" --password "$PASSWORD" </dev/null >"$LOG" 2>&1 9>&- &
    pid=$!
    started=$(start_time "$pid")

    deadline=$(($(date +%s) + WAIT_SECONDS))
    # The program says where it listens once it does.
    until port=$(sed -n 's/^address .*:\([0-9]*\)$/\1/p' "$LOG" 2>/dev/null) && [ -n "$port" ]; do
        [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ] || refuse "it ended"
        [ "$(date +%s)" -lt "$deadline" ] || refuse "no word within $WAIT_SECONDS seconds"
        sleep 0.2
    done
    say "$pid $started $port" >"$PID_FILE"
    say "Simulated filer with $VOLUMES volumes: https://127.0.0.1:$port/ (process $pid)"
}

# refuse WHY: nothing half-started stays behind.
refuse() {
    tail -n 15 "$LOG" >&2
    end_group "$pid"
    die "the simulated filer did not start: $1; its last words stand above, all of them in $LOG"
}

stop() {
    if running "$PID_FILE"; then
        end_group "$pid"
        say "Stopped the simulated filer, process $pid."
    fi
    rm -f "$PID_FILE"
}

mkdir -p "$FOLDER"
# Two calls at once must not start two filers.
exec 9>"$FOLDER/lock"
flock -w 90 9 || die "another make netapp-demo or make stop is still at work"
case ${1:-} in
start | stop) "$1" ;;
*) die "usage: netapp-demo.sh start|stop" ;;
esac
