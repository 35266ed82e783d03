#!/usr/bin/env python3
"""Checks XARF v4 reports against the required fields of the official schemas.

The rules are our transcription of xarf-core.json and reputation-threat_intelligence.json
of github.com/xarf/xarf-spec (v4): what is required there, and the form it must have.
usage: xarf_required.py FILE...   names each fault; then the exit status is 1.
"""
import base64
import hashlib
import ipaddress
import json
import re
import sys

FAULTS = []


def need(ok, where, what):
    if not ok:
        FAULTS.append(f"{where}: {what}")


def matches(pattern):
    return lambda v: isinstance(v, str) and re.fullmatch(pattern, v) is not None


def is_address(v):
    try:
        ipaddress.ip_address(v)
        return True
    except ValueError:
        return False


def is_party(v):
    """contact_info: org, contact and domain, no other member."""
    return (isinstance(v, dict) and set(v) == {"org", "contact", "domain"} and
            1 <= len(v["org"]) <= 200 and
            re.fullmatch(r"[^@\s]+@[^@\s]+", v["contact"]) is not None and
            re.fullmatch(r"[A-Za-z0-9.-]+", v["domain"]) is not None)


REQUIRED = {
    "xarf_version": matches(r"4\.[0-9]+\.[0-9]+"),
    "report_id": matches(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    "timestamp": matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
    "reporter": is_party,
    "sender": is_party,
    "source_identifier": is_address,
    "category": lambda v: v == "reputation",
    "type": lambda v: v == "threat_intelligence",
    "threat_type": lambda v: isinstance(v, str) and v != "",
}
OPTIONAL = {
    "source_port": lambda v: isinstance(v, int) and 1 <= v <= 65535,
    "evidence_source": lambda v: isinstance(v, str),
    "confidence": lambda v: isinstance(v, (int, float)) and 0 <= v <= 1,
    "tags": lambda v: len(v) <= 20 and all(matches(r"[a-z0-9_-]+:[A-Za-z0-9_.-]+")(t) for t in v),
}


def check_evidence(where, items):
    need(len(items) <= 50, where, "more than 50 pieces of evidence")
    for e in items:
        need({"content_type", "payload"} <= set(e), where, "evidence lacks a required member")
        data = base64.b64decode(e["payload"], validate=True)
        need(len(data) <= 5 << 20 and e["size"] == len(data), where, "size of the evidence")
        need(e["hash"] == "sha256:" + hashlib.sha256(data).hexdigest(), where, "hash of the evidence")
        need(1 <= data.count(b"\n") <= 10, where, "number of log lines")


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as f:
        report = json.load(f)
    for name, good in REQUIRED.items():
        need(name in report, path, f"{name} is missing")
        need(name not in report or good(report[name]), path, f"{name}: {report.get(name)!r}")
    for name, good in OPTIONAL.items():
        need(name not in report or good(report[name]), path, f"{name}: {report.get(name)!r}")
    need("_internal" not in report, path, "_internal must not leave the house")
    check_evidence(path, report.get("evidence", []))
print(*FAULTS, sep="\n", end="\n" if FAULTS else "")
sys.exit(1 if FAULTS or len(sys.argv) < 2 else 0)
