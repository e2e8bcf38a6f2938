# SPDX-License-Identifier: Apache-2.0
"""Reports in a real browser: they load without a fault and without a request, draw every point they
hold, change with the figure chosen, tell of the point under the mouse, and keep markup as text.
Usage: report_browser.py REPORT-PAGE FOLDER [REPORT.html ...]"""

import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import documents  # noqa: E402
from chromium import Chromium  # noqa: E402

passed = failed = 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"report: {what}")


def choose(browser, name, value):
    return browser.evaluate(
        f"(() => {{ const s = document.getElementById('{name}'); s.value = {json.dumps(value)};"
        "s.dispatchEvent(new Event('change')); return s.value; })()"
    )


CHART = "Chart.getChart('pareto')"
DRAWN = (
    f"{CHART}.data.datasets.map((s, i) => s.label === 'line' ? 0 : "
    f"{CHART}.getDatasetMeta(i).data.filter((e) => Number.isFinite(e.x) && e.x >= "
    f"{CHART}.chartArea.left - 1 && e.x <= {CHART}.chartArea.right + 1 && e.y >= "
    f"{CHART}.chartArea.top - 1 && e.y <= {CHART}.chartArea.bottom + 1).length)"
    ".reduce((a, b) => a + b, 0)"
)
TITLES = f"[{CHART}.options.scales.x.title.text, {CHART}.options.scales.y.title.text]"
DATA = "JSON.parse(document.getElementById('data').textContent)"


def page(browser, path):
    """What holds for every report."""
    name = os.path.basename(path)
    browser.open(path)
    data = browser.evaluate(DATA)
    check(
        isinstance(data, dict) and "points" in data, f"{name}: data does not parse in the browser"
    )
    names = [f["name"] for f in data["figures"]]
    x, y = browser.evaluate(
        "[document.getElementById('x').value, document.getElementById('y').value]"
    )
    both = [
        p
        for p in data["points"]
        if p["values"][names.index(x)] is not None and p["values"][names.index(y)] is not None
    ]
    drawn = browser.evaluate(DRAWN)
    check(drawn == len(both) and drawn > 0, f"{name}: wanted {len(both)} points drawn, got {drawn}")
    rows = browser.evaluate("document.querySelectorAll('#all tbody tr').length")
    check(rows == len(data["points"]), f"{name}: wanted {len(data['points'])} rows, got {rows}")
    before = browser.evaluate(TITLES)
    other = next(
        f
        for f in names
        if f not in (x, y) and any(p["values"][names.index(f)] is not None for p in data["points"])
    )
    choose(browser, "x", other)
    after = browser.evaluate(TITLES)
    check(
        before[0] != after[0] and other in after[0] and before[1] == after[1],
        f"{name}: choosing {other} left the axes {after}",
    )
    choose(browser, "x", x)
    # The mouse over the first point of the first set; what lies above it may answer instead.
    spot = browser.evaluate(
        f"(() => {{ const c = {CHART}; document.getElementById('pareto').scrollIntoView();"
        "const e = c.getDatasetMeta(0).data[0], r = c.canvas.getBoundingClientRect();"
        "return [r.left + e.x, r.top + e.y]; })()"
    )
    browser.mouse("mouseMoved", spot[0] - 30, spot[1] - 30)
    browser.mouse("mouseMoved", *spot)
    time.sleep(0.3)
    text = browser.evaluate(
        f"{CHART}.tooltip.opacity > 0 ? {CHART}.tooltip.body"
        ".flatMap((b) => b.lines).join('\\n') : ''"
    )
    check(text and y in text and "[" in text, f"{name}: wanted a hover text with {y}, got '{text}'")
    detail = browser.evaluate("document.getElementById('point').textContent")
    index = text.split()[0] if text else "#none"
    check(index in detail, f"{name}: the panel does not show the point {index} under the mouse")
    shown = next((p for p in data["points"] if f"#{p['index']}" == index), None)
    held = [n for n, v in zip(names, shown["values"]) if v is not None] if shown else ["?"]
    check(all(n in detail for n in held), f"{name}: the panel lacks figures of {index}")
    check(any(o in detail for o in data["origins"]), f"{name}: the panel shows no origin")
    was = "kept" if "; kept" in detail else ""
    browser.mouse("mousePressed", *spot)
    browser.mouse("mouseReleased", *spot)
    browser.mouse("mouseMoved", 5, 5)
    time.sleep(0.3)
    kept = browser.evaluate(
        "[document.getElementById('point').textContent.includes('; kept'),"
        "document.querySelector('#all tr.pinned td')?.textContent || '']"
    )
    wanted = [False, ""] if was else [True, index[1:]]
    check(kept == wanted, f"{name}: clicking {index} wanted {wanted}, got {kept}")
    for chart in ("roof", "energy", "time"):
        bars = browser.evaluate(
            f"Chart.getChart('{chart}').data.datasets" ".reduce((n, s) => n + s.data.length, 0)"
        )
        check(bars and bars > 0, f"{name}: {chart} is empty")
    browser.evaluate("0")
    check(not browser.faults(), f"{name}: the page logged {browser.faults()}")
    check(not browser.requests(), f"{name}: the page asked for {browser.requests()}")
    check(os.path.getsize(path) < 2_000_000, f"{name}: {os.path.getsize(path)} bytes")
    return data


def main():
    program, folder, reports = sys.argv[1], sys.argv[2], sys.argv[3:]
    os.makedirs(folder, exist_ok=True)
    made = {}
    for name, hostile, count in (
        ("plain", False, 60),
        ("hostile", True, 60),
        ("long", False, 9000),
    ):
        document = documents.document("explore/figure.h", count, hostile)
        if hostile:
            document["unfinished"] = {"text": f"cut: {documents.HOSTILE}"}
        source, made[name] = f"{folder}/{name}.json", f"{folder}/{name}.html"
        with open(source, "w", encoding="utf-8") as file:
            json.dump(document, file)
        subprocess.run([program, source, made[name]], check=True)
    browser = Chromium()
    try:
        data = page(browser, made["plain"])
        check(
            len(data["points"]) == 60 and not any(data["left_out"].values()),
            "plain: points are missing",
        )
        cycles = browser.evaluate(
            "Chart.getChart('cycles').data.datasets.map((s) => s.data[0])"
            ".reduce((a, b) => a + b, 0)"
        )
        check(abs((cycles or 0) - 100) < 1e-6, f"plain: causes of cycles add up to {cycles} %")
        browser.evaluate("document.querySelector('#all tbody tr:nth-child(2)').click()")
        pinned = browser.evaluate("document.querySelector('#all tr.pinned td').textContent")
        check(pinned == "1", f"plain: clicking row #1 kept '{pinned}'")
        browser.evaluate(
            "[...document.querySelectorAll('#all th button')]"
            ".find((b) => b.textContent.startsWith('lut ')).click()"
        )
        column = browser.evaluate(
            "(() => { const i = [...document.querySelectorAll('#all th')].findIndex((h) => "
            "h.textContent.startsWith('lut ')); return [...document.querySelectorAll('#all tbody tr')]"
            ".map((r) => parseFloat(r.children[i].textContent.replace(/,/g, '')))"
            ".filter((v) => !isNaN(v)); })()"
        )
        check(
            len(column) == 59 and column == sorted(column), "plain: the table did not sort by lut"
        )
        browser.picture(f"{folder}/plain.png")
        page(browser, made["hostile"])
        check(
            browser.evaluate("document.title") != "HACKED"
            and browser.evaluate("document.querySelectorAll('main img').length") == 0
            and documents.HOSTILE
            in browser.evaluate("document.getElementById('title').textContent"),
            "hostile: a name became markup",
        )
        said = browser.evaluate("document.getElementById('unfinished').textContent")
        check(
            said == f"Unfinished, cut: {documents.HOSTILE}.",
            f"hostile: what cut the sweep reads '{said}'",
        )
        data = page(browser, made["long"])
        check(
            sum(data["left_out"].values()) + len(data["points"]) == 9000,
            "long: points are neither there nor counted",
        )
        for report in reports:
            page(browser, report)
    finally:
        browser.close()
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
