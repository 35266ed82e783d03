#!/bin/sh
# usage: confine-offline.sh BUILD
#
# Programs that read what others made are confined before they read: each is
# looked at while it waits for a database that somebody else keeps locked.
. "$(dirname "$0")/lib.sh"
if [ "$(nm -D "$kansoku" 2>/dev/null | grep -c -E ' U __(asan|tsan)_init')" != 0 ]; then
	echo "ok - a sanitized build confines nothing"; exit 0
fi

echo '{"type":"round","round":1,"sensor":"s","overlay":"winny","start":"2010-05-21T00:00:00Z","end":"2010-05-21T00:20:00Z","tried":1,"reached":1}' >o.jsonl
"$kansoku" import --db a.db o.jsonl 2>err || fail "import"
python3 - >held <<'X' &
import sqlite3, time
db = sqlite3.connect("a.db", isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")
db.execute("BEGIN EXCLUSIVE")
db.execute("UPDATE round SET tried = tried")
print("held", flush=True)
time.sleep(60)
X
holder=$!
owned $holder
until_so 20 test -s held || fail "the database is not locked"

looked_at() {	# PROGRAM ARGUMENT...: seccomp's mode and the limit of memory while it waits
	"$build/$@" >out 2>err &
	waiter=$!
	owned $waiter
	until_so 5 says /proc/$waiter/status '^Seccomp:.*2' || :
	mode=$(sed -n 's/^Seccomp:[[:space:]]*//p' /proc/$waiter/status)
	memory=$(sed -n 's/^Max address space *\([a-z0-9]*\) .*/\1/p' /proc/$waiter/limits)
	kill $waiter
	wait $waiter 2>/dev/null
}
for verb in analyze "import o.jsonl" "prune --compact" verify status counts; do
	# shellcheck disable=SC2086: a verb and its operand
	looked_at kansoku $verb --db a.db
	same "$verb is confined" 2 "$mode"
done
looked_at kansoku-plot --db a.db --out charts
same "kansoku-plot is confined, in memory too" "2 2147483648" "$mode $memory"
kill $holder

# The verbs that start another program must not be.
"$kansoku" plot --help | grep -q 'usage: kansoku-plot' || fail "kansoku plot does not start kansoku-plot"

# Where that is refused, -v says so and nothing else changes.
for v in "" -v; do
	python3 "$here/refuse.py" EPERM seccomp,prctl "$kansoku" nodestr 127.0.0.1:7743 $v >out 2>err
	same "nodestr $v: status" 0 $?
	same "nodestr $v: complaints" "${v:+1}" "$(grep -c 'not confined: seccomp: Operation not permitted' err | grep -v 0)"
done
