# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: arguments.py BUILD TABLE

Runs every command line of the table in a folder of known files and compares
status, output and folder with what misuse is: the status, one line on stderr
that matches the pattern, nothing on stdout, nothing made and nothing changed."""
import hashlib
import os
import re
import shlex
import subprocess
import sys

FILES = {
    "peers": "127.0.0.1:24601\n", "junk": "not a node\n", "empty": "", "cidr": "1.2.3.4/8\n",
    "capture": "", "good.map": "127.0.0.1:80 58.0.0.1:80\n",
    "public.map": "58.0.0.1:80 58.0.0.2:80\n",
    "twice.map": "127.0.0.1:80 58.0.0.1:80\n127.0.0.2:80 58.0.0.1:80\n",
    "word.ini": "[crawl]\nscope = 127.0.0.0/8\npeers = peers\nrounds = many\n",
    "unknown.ini": "scope = 127.0.0.0/8\n\nfrequency = 3\n",
    "twice.ini": "rounds = 1\nrounds = 2\n", "novalue.ini": "[crawl]\nrounds\n",
    "section.ini": "[sensor]\nrounds = 1\n", "flag.ini": "json = maybe\n",
    "nested.ini": "config = word.ini\n", "long.ini": "retry = " + "0" * 300 + "\n",
    "range.ini": "windows = 101\n", "unit.ini": "round-every = 30\n",
    "w.ini": "[world]\nnodes = 100\n",
    "good.jsonl": '{"type":"round","round":1,"sensor":"s","overlay":"winny",'
                  '"start":"2010-05-21T00:00:00Z","end":"2010-05-21T00:20:00Z",'
                  '"tried":1,"reached":1}\n',
}
# SQLite's and the lock's own files beside a database that was only opened.
BESIDE = re.compile(r"^(good)\.db(-shm|-wal|\.lock)$")


def prepare(build):
    for name, text in FILES.items():
        with open(name, "w", encoding="ascii") as f:
            f.write(text)
    os.mkdir("folder")
    for words in ("import -q --db good.db good.jsonl", "analyze -q --db good.db",
                  "keygen -q --key good.key"):
        subprocess.run([f"{build}/kansoku", *words.split()], check=True,
                       stdout=subprocess.DEVNULL)


def folder():
    """Every file with what it holds and when it was written."""
    found = {}
    for name in sorted(os.listdir(".")):
        if BESIDE.match(name):
            continue
        info = os.stat(name)
        data = b"" if os.path.isdir(name) else open(name, "rb").read()
        found[name] = (info.st_mode, info.st_mtime_ns, hashlib.sha256(data).hexdigest())
    return found


def faults(build, status, pattern, words, before):
    environment = {k: v for k, v in os.environ.items() if k != "KANSOKU_DB"}
    try:
        ran = subprocess.run([f"{build}/{words[0]}", *words[1:]], stdin=subprocess.DEVNULL,
                             capture_output=True, env=environment, timeout=60)
    except subprocess.TimeoutExpired:
        return ["it did not end"]
    said = ran.stderr.decode(errors="replace")
    bad = []
    if ran.returncode != status:
        bad.append(f"status {ran.returncode}, want {status}")
    if said.count("\n") != 1 or not said.endswith("\n"):
        bad.append(f"{said.count(chr(10))} lines on stderr")
    if not re.search(f"^{words[0]}(?:-plot)?: (?:{pattern})", said.split("\n", 1)[0]):
        bad.append(f"stderr does not match {pattern}")
    if ran.stdout:
        bad.append("something on stdout")
    after = folder()
    if after != before:
        bad.append("changed: " + " ".join(sorted(n for n in set(after) | set(before)
                                                 if after.get(n) != before.get(n))))
    return bad and bad + [said.strip()[:300]]


def main():
    build, table = sys.argv[1:]
    prepare(build)
    before, cases, failed = folder(), 0, 0
    with open(table, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#"):
                continue
            status, pattern, command = line.rstrip("\n").split("\t")
            cases += 1
            bad = faults(build, int(status), pattern, shlex.split(command), before)
            if bad:
                failed += 1
                print(f"FAILED: {os.path.basename(table)}:{number}: {command}: " + "; ".join(bad))
                before = folder()
    print(f"{cases} cases, {failed} failed")
    sys.exit(failed > 0 or cases < 150)


main()
