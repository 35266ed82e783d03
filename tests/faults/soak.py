# usage: soak.py PID ROUNDS.jsonl HEAP ROUNDS
#
# Looks at a crawl after each of its rounds: resident and anonymous memory, bytes
# of malloc in use, open descriptors.  Ends with 1 when one of them grows.
import json, os, struct, sys, time

pid, path, heap, rounds = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
DEADLINE = time.monotonic() + 60 + 20 * rounds
NAMES = ("resident KiB", "anonymous KiB", "malloc KiB", "descriptors")


def look():
    status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status"))
    return (int(status["VmRSS"].split()[0]), int(status["RssAnon"].split()[0]),
            struct.unpack("=q", open(heap, "rb").read(8))[0] / 1024,
            len(os.listdir(f"/proc/{pid}/fd")))


def slope(ys):
    n = len(ys)
    mx, my = (n - 1) / 2, sum(ys) / n
    return sum((x - mx) * (y - my) for x, y in enumerate(ys)) / sum((x - mx) ** 2 for x in range(n))


series, reached = [], []
with open(path) as lines:
    while len(series) < rounds and time.monotonic() < DEADLINE:
        line = lines.readline()
        if not line.endswith("\n"):
            lines.seek(lines.tell() - len(line))
            if open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "Z":
                break
            time.sleep(0.02)
            continue
        reached.append(json.loads(line)["reached"])
        try:
            series.append(look())
        except (OSError, KeyError):
            break               # the crawl is over: its last line was not seen in time
if len(series) < rounds - 1:
    sys.exit(f"{len(series)} of {rounds} rounds were seen")
print("round  reached " + " ".join(f"{n:>14}" for n in NAMES))
for i in sorted({0, *range(9, len(series), max(1, rounds // 10)), len(series) - 1}):
    print(f"{i + 1:5} {reached[i]:8} " + " ".join(f"{v:14.0f}" for v in series[i]))
after = series[rounds // 2:-1]          # by the last line the crawl is closing down
bad = []
for name, ys in zip(NAMES, zip(*after)):
    s, mean = slope(ys), sum(ys) / len(ys)
    if name == "descriptors":   # a look may fall into the next round: the least of ten counts
        s = slope([min(ys[i:i + 10]) for i in range(0, len(ys), 10)]) / 10
    # Growth over all that was watched, against what may come and go by itself.
    allowed = 1 if name == "descriptors" else max(0.02 * mean, 64)
    print(f"slope of {name}: {s:+.4f} a round over {len(ys)} rounds: {s * len(ys):+.1f} on a mean of"
          f" {mean:.0f}, at most {allowed:.0f}")
    if s * len(ys) > allowed:
        bad.append(name)
if min(reached[1:]) == 0:
    bad.append("rounds that reach nobody")
print(f"not ok - grows: {', '.join(bad)}" if bad else
      f"ok - no growth over {len(after)} rounds after a warm-up of {rounds // 2}")
sys.exit(bool(bad))
