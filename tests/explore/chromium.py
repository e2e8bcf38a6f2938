# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium over its DevTools pipe: opens a page, evaluates, moves the mouse, and keeps
what the page logs and asks the network for. Tests nothing itself."""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time


class Chromium:
    def __init__(self, dark=False):
        program = shutil.which("chromium")
        if program is None:
            sys.exit("browser: wanted chromium, got none; install chromium")
        self.profile = tempfile.mkdtemp(prefix="tritium-browser-")
        to_browser, self.out = os.pipe()
        self.back, from_browser = os.pipe()

        def descriptors():  # the browser reads requests at 3 and writes answers at 4
            low = os.dup(to_browser), os.dup(from_browser)
            os.dup2(low[0], 3)
            os.dup2(low[1], 4)

        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-pipe",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-extensions",
            "--disable-dev-shm-usage",
            f"--user-data-dir={self.profile}",
            "--window-size=1280,1800",
        ]
        if dark:
            flags.append("--force-dark-mode")
        self.process = subprocess.Popen(
            [program, *flags, "about:blank"],
            close_fds=False,
            preexec_fn=descriptors,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.events, self.session = b"", 0, [], None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def read(self, seconds):
        """The next message, or None."""
        end = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.back], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            more = os.read(self.back, 1 << 16)
            if not more:
                sys.exit("browser: wanted an answer, got the end; chromium stopped")
            self.buffer += more
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def ask(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        while True:
            message = self.read(60)
            if message is None:
                sys.exit(f"browser: wanted an answer to {method}, got none in 60 s")
            if message.get("id") == self.number:
                if "error" in message:
                    sys.exit(f"browser: {method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def open(self, path):
        """Opens a file and waits until it is loaded."""
        self.events = []
        self.ask("Page.navigate", url="file://" + os.path.abspath(path))
        end = time.monotonic() + 60
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            message = self.read(max(0.1, end - time.monotonic()))
            if message is None:
                sys.exit(f"browser: wanted {path} loaded, got nothing in 60 s")
            self.events.append(message)

    def evaluate(self, expression):
        answer = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            detail = answer["exceptionDetails"]
            return {"exception": detail.get("exception", {}).get("description", detail["text"])}
        return answer["result"].get("value")

    def mouse(self, kind, x, y):
        click = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **click)

    def picture(self, path):
        import base64

        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def faults(self):
        """What the page logged as an error or warning, or threw."""
        found = []
        for event in self.events:
            method, what = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(str(what["exceptionDetails"].get("exception", {}).get("description")))
            elif method == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning"):
                found.append(str(what["args"]))
            elif method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
                found.append(what["entry"]["text"])
        return found

    def requests(self):
        """Addresses asked for other than the page's own file."""
        asked = [
            e["params"]["request"]["url"]
            for e in self.events
            if e.get("method") == "Network.requestWillBeSent"
        ]
        return [url for url in asked[1:] if not url.startswith("data:")]

    def close(self):
        try:
            self.session = None
            self.ask("Browser.close")
            self.process.wait(10)
        except (SystemExit, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
