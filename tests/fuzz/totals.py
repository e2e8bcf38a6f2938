#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds the totals of build/reports/fuzz.json to build/reports/models.json: totals.py FUZZ MODELS.

Keys of others in the file are kept."""
import json
import os
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    targets = json.load(file)
report = {}
if os.path.exists(sys.argv[2]):
    with open(sys.argv[2], encoding="utf-8") as file:
        report = json.load(file)
report["fuzz_executions"] = sum(t["executions"] for t in targets)
report["fuzz_findings"] = sum(t["findings"] for t in targets)
with open(sys.argv[2] + ".tmp", "w", encoding="utf-8") as file:
    json.dump(report, file, indent=2)
    file.write("\n")
os.replace(sys.argv[2] + ".tmp", sys.argv[2])
