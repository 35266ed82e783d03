#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory that an open session takes: a round that opens one to every node at once.

From the moment at which the first links are open to that at which the most are,
before a link is old enough to be answered: what the process grew by, for each.
"""
import threading
from measure import *

nodes = 4000 if QUICK else 15000

def look(pid):
    """(open descriptors, KiB that are the process's own), or None when it is over."""
    try:
        status = open("/proc/%d/status" % pid).read()
        return len(os.listdir("/proc/%d/fd" % pid)), int(re.search(r"RssAnon:\s+(\d+)", status).group(1))
    except (OSError, AttributeError):
        return None

def watch(seen):
    """Samples of the crawl that this process has as a grandchild."""
    while not done.is_set():
        for pid in os.listdir("/proc"):
            if pid.isdigit() and cwd_of(pid) == place and command_of(pid) == "kansoku":
                sample = look(int(pid))
                while sample is not None:
                    seen.append(sample)
                    time.sleep(.02)
                    sample = look(int(pid))
        time.sleep(.02)

def read_or(path, how):
    try:
        return how(path)
    except OSError:
        return ""

def cwd_of(pid):
    return read_or("/proc/%s/cwd" % pid, os.readlink)

def command_of(pid):
    return read_or("/proc/%s/comm" % pid, lambda p: open(p).read().strip())

place = os.path.realpath(work_place())
lab = Lab(nodes, keys_table=60)
seen, done = [], threading.Event()
thread = threading.Thread(target=watch, args=(seen,))
thread.start()
Crawl()
done.set()
thread.join()
lab.end()
most = max(range(len(seen)), key=lambda i: seen[i][0])
first = next(i for i in range(len(seen)) if seen[i][0] > 100)
links = seen[most][0] - seen[first][0]
if links < nodes / 4:
    sys.exit("only %d links were open at once" % links)
figure("memory-a-session", (seen[most][1] - seen[first][1]) / links, "KiB", "at_most", 6, "KiB", "ratio<1")
