# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bench programs in Python share: figures, children, a lab.  No program itself.

Sockets stay on 127.0.0.0/8: the lab cannot leave it, and the crawls are given its map.
"""
import atexit, json, os, re, shutil, subprocess, sys, tempfile, time

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
QUICK = os.environ.get("BENCH") == "quick"
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
PATIENCE_S = 600         # for any child; past it the bench fails

def figure(name, value, unit, against, limit, limit_unit, target=""):
    """One line for bench.sh; the target is what the ratio or value should be, as ratio>=0.6."""
    print(name, "%.6g" % value, unit, against, "%.6g" % limit, limit_unit,
          "%.4f" % (value / limit), target, flush=True)

def work_place():
    """A new folder, the current one from now on; gone at the end."""
    place = tempfile.mkdtemp(prefix="kansoku-bench-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    os.chdir(place)
    return place

class Run:
    """A child that was waited for: output, seconds on the wall and on the cores."""
    def __init__(self, *command, ok=(0,)):
        with open("run.err", "w") as err, open("run.out", "w+") as out:
            start = time.monotonic()
            child = subprocess.Popen(["timeout", "-k", "5", str(PATIENCE_S), *command], stdout=out, stderr=err)
            _, status, usage = os.wait4(child.pid, 0)
            self.seconds = time.monotonic() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            self.out = out.read()
        self.err = open("run.err").read()
        self.cpu = usage.ru_utime + usage.ru_stime
        if child.returncode not in ok:
            sys.exit("%s: status %d\n%s" % (" ".join(command), child.returncode, self.err[-2000:]))

def kansoku(*words, ok=(0,)):
    return Run(BUILD + "/kansoku", *words, ok=ok)

class Lab:
    """kansoku-lab serve over clean.ini with other settings; ended by its pid."""
    def __init__(self, nodes, scale=1, **settings):
        text = open(ROOT + "/tests/lab/worlds/clean.ini").read()
        for name, value in settings.items():
            section, name = name.split("_", 1)
            text, n = re.subn(r"(?m)^%s = .*" % name, "%s = %s" % (name, value), text)
            if n == 0:      # a section that the file has takes it, another is new
                head = "[%s]\n" % section
                text = text.replace(head, head + "%s = %s\n" % (name, value)) if head in text else \
                    text + "\n%s%s = %s\n" % (head, name, value)
        open("world.ini", "w").write(text)
        self.child = subprocess.Popen(
            [BUILD + "/kansoku-lab", "serve", "-q", "--world", "world.ini", "--nodes", str(nodes), "--peers", str(nodes),
             "--peers-out", "peers", "--map-out", "map", "--map-for", "60s", "--time-scale", str(scale),
             "--port-base", str(11000 + os.getpid() % 2000 * 8), "--for", "%ds" % PATIENCE_S],
            stdout=subprocess.PIPE, stderr=open("lab.err", "w"), text=True)
        if not self.child.stdout.readline().startswith("ready"):
            sys.exit("the lab did not start: " + open("lab.err").read())

    def end(self):
        self.child.terminate()
        self.child.wait(30)

class Crawl:
    """A crawl of the lab, one round unless told: JSON and seconds of the last, what it said, sessions."""
    def __init__(self, *words, scale=1):
        shutil.rmtree("crawl", ignore_errors=True)
        os.mkdir("crawl")
        run = kansoku("crawl", "--db", "crawl/a.db", "--peers", "peers", "--lab-map", "map", "--json",
                      "--time-scale", str(scale), *words)
        self.err = run.err
        self.round = json.loads(run.out.splitlines()[-1])
        self.sessions = int(re.search(r"at most (\d+) links at once", run.err).group(1))
        self.each = [float(s) for s in re.findall(r" reached in ([\d.]+) s", run.err)]
        self.seconds = self.each[-1]

def bare_dials(n, in_flight):
    """Seconds of n bare dials, so many in flight."""
    return float(Run(BUILD + "/tests/bench/dials", str(n), str(in_flight)).out)
