#!/usr/bin/env python3
"""Checks XARF reports against the official schemas of the version that they declare.

The master schema of vVERSION/ judges them (python3-jsonschema); what JSON Schema leaves
to its user, the formats and the evidence's hash, is checked here.
usage: validate.py REPORT.json...   names each fault; then the exit status is 1.
"""
import base64
import functools
import glob
import hashlib
import ipaddress
import json
import os
import re
import sys
import warnings

warnings.simplefilter("ignore")
from jsonschema import Draft202012Validator, RefResolver  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FAULTS = []


def need(ok, where, what):
    if not ok:
        FAULTS.append(f"{where}: {what}")


def refuse(uri):
    raise ValueError(uri + " is not here, and nothing is fetched")


@functools.cache
def schemas(version):
    return [json.load(open(p, encoding="utf-8"))
            for p in glob.glob(f"{HERE}/v{version}/**/*.json", recursive=True)]


def validator(version):
    docs = schemas(version)
    master = next(d for d in docs if d["$id"].endswith("/xarf-v4-master.json"))
    return Draft202012Validator(master, resolver=RefResolver(
        master["$id"], master, store={d["$id"]: d for d in docs}, handlers={"http": refuse, "https": refuse}))


def check_formats(where, r):
    label = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    need(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", r["report_id"]),
         where, "report_id is no UUID of version 4")
    for key in ("timestamp", "first_seen", "last_seen"):
        need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", r[key]), where, key)
    for party in (r["reporter"], r["sender"]):
        need(re.fullmatch(rf"{label}(\.{label})*", party["domain"]), where, "domain")
        need(re.fullmatch(rf"[^@\s,;<>]{{1,64}}@{label}(\.{label})*", party["contact"]), where, "contact")
        need(party["org"], where, "org")
    try:
        ipaddress.ip_address(r["source_identifier"])
    except ValueError:
        need(False, where, "source_identifier is no address")
    need("_internal" not in r, where, "_internal must not leave the house")


def check_evidence(where, items):
    for e in items:
        data = base64.b64decode(e["payload"], validate=True)
        need(e["size"] == len(data), where, "size of the evidence")
        need(e["hash"] == "sha256:" + hashlib.sha256(data).hexdigest(), where, "hash of the evidence")
        need(1 <= data.count(b"\n") <= 10, where, "number of log lines")


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as f:
        report = json.load(f)
    errors = list(validator(report.get("xarf_version", "4.2.0")).iter_errors(report))
    for error in errors:
        need(False, path, f"{list(error.path)}: {error.message[:160]}")
    if not errors:
        check_formats(path, report)
        check_evidence(path, report.get("evidence", []))
print(*FAULTS, sep="\n", end="\n" if FAULTS else "")
sys.exit(1 if FAULTS or len(sys.argv) < 2 else 0)
