"""The page of a campaign's report in a browser, on a wide and a narrow screen: nothing overflows, overlaps or is lost.

`report_page_test.py OVLSPEC TRACES [SCREENSHOTS]`: the third argument is a directory to keep pictures in.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

SCREENS = {"desktop": (1280, 800), "phone": (390, 844)}
SKIPPED = 4

# Rectangles of pieces of text that lie on each other, by what they say; but for what is folded away.
OVERLAPS = """(() => {
  const pieces = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim() || !node.parentElement.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      if (box.width > 1 && box.height > 1) pieces.push({box, node});
  }
  pieces.sort((a, b) => a.box.top - b.box.top);
  const overlaps = [];
  for (let i = 0; i < pieces.length; ++i)
    for (let j = i + 1; j < pieces.length && pieces[j].box.top < pieces[i].box.bottom; ++j) {
      const [a, b] = [pieces[i].box, pieces[j].box];
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (pieces[i].node !== pieces[j].node && width > 2 && height > 4)
        overlaps.push(pieces[i].node.textContent.trim() + ' / ' + pieces[j].node.textContent.trim());
    }
  return overlaps;
})()"""

SEEN = """({
  width: innerWidth,
  content: document.documentElement.scrollWidth,
  articles: [...document.querySelectorAll('article.violation')].filter(a => a.offsetHeight > 60).length,
  links: [...document.querySelectorAll('td.cell a')].filter(a => !document.querySelector(a.getAttribute('href'))).length,
  text: document.body.innerText,
})"""


class Browser:
    """Chromium, told through a pair of pipes what to do: messages of JSON, each ended by a zero."""

    def __init__(self, program, home):
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()

        def ends():
            kept = os.dup(requests), os.dup(answers)
            os.dup2(kept[0], 3)
            os.dup2(kept[1], 4)

        self._process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--remote-debugging-pipe", "--user-data-dir=" + home],
            preexec_fn=ends, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(requests)
        os.close(answers)
        self._last, self._read, self.events, self._session = 0, b"", [], None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def _message(self):
        while b"\0" not in self._read:
            part = os.read(self._answers, 1 << 16)
            if not part:
                raise RuntimeError("the browser ended")
            self._read += part
        message, self._read = self._read.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **parameters):
        self._last += 1
        request = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        os.write(self._requests, json.dumps(request).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self._last:
                if "error" in message:
                    raise RuntimeError("%s: %s" % (method, message["error"]))
                return message["result"]
            self.events.append(message)

    def wait_for(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._message())

    def value_of(self, expression):
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"]["value"]

    def end(self):
        self._process.kill()
        self._process.wait()


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def complaints(events):
    """What the page did wrong, and what it asked for that is not of its own."""
    for event in events:
        method, told = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            yield "an exception: %s" % told["exceptionDetails"].get("text")
        if method == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert"):
            yield "an error on the console: %s" % told["args"]
        if method == "Log.entryAdded" and told["entry"]["level"] == "error":
            yield "an error in the log: %s" % told["entry"]["text"]
        if method == "Network.requestWillBeSent" and not told["request"]["url"].startswith(("file:", "data:")):
            yield "a request to %s" % told["request"]["url"]


def check_screen(browser, page, screen, violations):
    width, height = SCREENS[screen]
    browser.events.clear()
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                mobile=screen == "phone")
    browser.ask("Page.navigate", url="file://" + page)
    browser.wait_for("Page.loadEventFired")
    wrong = list(complaints(browser.events))
    seen = browser.value_of(SEEN)
    if seen["content"] > seen["width"]:
        wrong.append("the page is %d wide on a screen of %d" % (seen["content"], seen["width"]))
    if seen["articles"] != len(violations):
        wrong.append("%d violations are shown, there are %d" % (seen["articles"], len(violations)))
    if seen["links"]:
        wrong.append("%d links lead nowhere" % seen["links"])
    for violation in violations:
        for key in ("subject", "rule", "sentence", "source"):
            if violation[key] not in seen["text"]:
                wrong.append("not shown: %s" % violation[key])
    wrong += ["text lies on text: " + both for both in browser.value_of(OVERLAPS)[:10]]
    return ["%s: %s" % (screen, what) for what in wrong]


def keep_pictures(browser, page, directory):
    os.makedirs(directory, exist_ok=True)
    for screen, (width, height) in SCREENS.items():
        for scheme in ("light", "dark"):
            browser.events.clear()
            browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                        mobile=screen == "phone")
            browser.ask("Page.navigate", url="file://" + page)
            browser.wait_for("Page.loadEventFired")
            taken = browser.ask("Page.captureScreenshot", captureBeyondViewport=True, clip={
                "x": 0, "y": 0, "width": width, "height": 3600, "scale": 1})
            with open(os.path.join(directory, "%s-%s.png" % (screen, scheme)), "wb") as file:
                file.write(base64.b64decode(taken["data"]))


def main():
    ovlspec, traces = sys.argv[1:3]
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        skip("chromium is not there")
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "out")
        checked = subprocess.run([ovlspec, "check", "--traces", traces, "--subject", "engine", "--subject", "kernel",
                                  "--subject", "kernel:index=on,nfs_export=on,redirect_dir=on,xino=on", "--out", out],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if checked.returncode == SKIPPED:
            skip(checked.stdout.strip().splitlines()[-1])
        page = os.path.join(out, "index.html")
        with open(os.path.join(out, "report.jsonl")) as file:
            violations = [line for line in map(json.loads, file) if line["type"] == "violation"]
        if not violations:
            skip("this kernel shows no violation")
        browser = Browser(program, os.path.join(directory, "home"))
        try:
            for domain in ("Page", "Runtime", "Log", "Network"):
                browser.ask(domain + ".enable")
            wrong = [what for screen in SCREENS for what in check_screen(browser, page, screen, violations)]
            if len(sys.argv) > 3:
                keep_pictures(browser, page, sys.argv[3])
                shutil.copytree(out, os.path.join(sys.argv[3], "out"), dirs_exist_ok=True)
        finally:
            browser.end()
    print("\n".join(wrong) or "%d violations, shown on %s" % (len(violations), " and ".join(SCREENS)))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
