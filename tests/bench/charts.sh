#!/bin/sh
# The whole gallery of 60 days, 57 rounds a day: seconds, and the largest process's memory.
set -eu
build=${BUILD:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 tests/e2e/plot_db.py "$build" "$tmp/t.db" 3420 1500
python3 - "$build/kansoku-plot" "$tmp" <<'END'
import resource, subprocess, sys, time
start = time.monotonic()
subprocess.run([sys.argv[1], "-q", "--db", sys.argv[2] + "/t.db", "--out", sys.argv[2] + "/out"], check=True)
seconds = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
mib = used.ru_maxrss / 1024
print("gallery_60d %.2f s at_most 15 s %.3f ratio<1" % (seconds, seconds / 15))
print("gallery_60d_cpu %.2f s at_most 15 s %.3f ratio<1" % (used.ru_utime + used.ru_stime, (used.ru_utime + used.ru_stime) / 15))
print("gallery_60d_memory %.1f MB at_most 200 MB %.3f ratio<1" % (mib, mib / 200))
END
