#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: node_counts.py DATABASE [SENSOR] >counts.csv

Counts the nodes of each round anew from what the sensor was handed over, with
nothing but Python's standard library and the views of the database (kansoku
schema): the numbers of the chart of nodes, which anybody can hold against the
chart's CSV.  Read-only; a crawl may go on beside it.

instant         distinct sources of keys of the round
day_keys        the same of all rounds that ended in the 24 hours to its end
*_clean         each source counts 1 - p, where p is the probability that it is bogus,
                as it is judged today: kansoku counts says how it was judged then
"""
import csv
import datetime
import sqlite3
import sys
import urllib.parse


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def rounds_of(db, sensor):
    return db.execute("""SELECT round_key, round, start, end FROM v_round
        WHERE complete AND end IS NOT NULL AND (?1 IS NULL OR sensor = ?1)
        ORDER BY sensor, round""", (sensor,)).fetchall()


def main(path, sensor=None):
    db = sqlite3.connect("file:" + urllib.parse.quote(path) + "?mode=ro", uri=True)
    bogus = dict(db.execute("""SELECT node_id, probability FROM v_verdict
        WHERE probability IS NOT NULL AND (?1 IS NULL OR sensor = ?1)""", (sensor,)))
    rounds = [(key, number, moment(start), moment(end)) for key, number, start, end in rounds_of(db, sensor)]
    sources = {key: {row[0] for row in db.execute(
        "SELECT DISTINCT source_id FROM v_key WHERE round_key = ?", (key,))} for key, *_ in rounds}
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["round", "start", "end", "instant", "day_keys", "instant_clean", "day_keys_clean"])
    for i, (key, number, start, end) in enumerate(rounds):
        day, since = set(), end - datetime.timedelta(hours=24)
        for earlier, _, _, ended in reversed(rounds[:i + 1]):
            if ended <= since:
                break
            day |= sources[earlier]
        out.writerow([number, start.isoformat(), end.isoformat(), len(sources[key]), len(day)] +
                     [round(sum(1 - bogus.get(node, 0) for node in s), 3) for s in (sources[key], day)])


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__.split("\n", 1)[0])
    try:
        main(*sys.argv[1:])
    except sqlite3.Error as why:
        sys.exit(f"node_counts.py: {sys.argv[1]}: {why}")
