"""Headless Chromium in front of a playground that runs: Debian's, driven by its ChromeDriver, with a fresh profile each time.

RAILGUARD_SLOW=6 makes the pages six times as slow: what is not waited for shows.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / ".venv-heavy" / "browser-pictures"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RESTS = """
const place = () => {
  const one = document.querySelector(arguments[0]);
  one?.scrollIntoView({ block: 'nearest' });
  const box = one?.getBoundingClientRect();
  const hit = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return hit && one.contains(hit) ? JSON.stringify(box) : null;
};
const before = place();
return new Promise((done) => setTimeout(() => done(before !== null && before === place()), 100));
"""


class Page:
    """A tab with the playground in it."""

    def __init__(self, driver: webdriver.Chrome, address: str, folder: Path) -> None:
        self.driver, self.address, self.folder = driver, address, folder

    def open(self, fragment: str | None = None) -> None:
        """Open the page, and wait until the spec was checked."""
        self.driver.get(self.address if fragment is None else f"{self.address.partition('#')[0]}#{fragment}")
        self.until(
            "return !document.getElementById('starting') && document.getElementById('summary').textContent !== ''"
        )

    def js(self, script: str, *given: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *given)

    def until(self, script: str, *given: Any, seconds: float = 120) -> Any:
        """Wait until a script returns something true."""
        return WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(lambda _: self.js(script, *given))

    def until_after(self, act: Callable[[], object], script: str) -> None:
        """Do something, again and again, until a script returns something true: help that comes too late is not shown."""
        for _ in range(12):
            act()
            with suppress(TimeoutException):
                self.until(script, seconds=10)
                return
        raise AssertionError(script)

    def click(self, selector: str) -> None:
        """Click on an element once it is there, at rest and not covered."""
        self.until(RESTS, selector)
        self.driver.find_element("css selector", selector).click()

    def line(self, part: str) -> None:
        """Put the cursor into the line of the spec that holds a text."""

        def clicked(driver: webdriver.Chrome) -> bool:
            found = [one for one in driver.find_elements("css selector", ".cm-line") if part in one.text]
            if found:
                found[0].click()
            return bool(found)

        # The editor may draw its lines anew at any moment.
        WebDriverWait(self.driver, 60, ignored_exceptions=[StaleElementReferenceException]).until(clicked)

    def spec(self) -> str:
        """The text in the editor, without its line breaks."""
        return str(self.js("return document.querySelector('.cm-content').textContent"))

    def text(self, id: str) -> str:
        """The text of an element."""
        return str(self.js("return document.getElementById(arguments[0]).textContent", id))

    def show(self, tab: str) -> None:
        """Show a tab."""
        self.driver.find_element("id", f"tab-{tab}").click()

    def keys(self, *keys: str) -> None:
        """Press keys, one after the other, where the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def chord(self, *keys: str) -> None:
        """Press keys together."""
        chain = ActionChains(self.driver)
        for key in keys:
            chain.key_down(key)
        for key in reversed(keys):
            chain.key_up(key)
        chain.perform()

    def to_end(self) -> None:
        """Put the cursor behind the last character of the spec."""
        self.driver.find_element("css selector", ".cm-content").click()
        self.chord(Keys.CONTROL, Keys.END)

    def write(self, text: str) -> None:
        """Insert a text where the cursor is, at once, as a paste does."""
        self.driver.execute_cdp_cmd("Input.insertText", {"text": text})

    def picture(self, name: str) -> None:
        """Keep a screenshot, to be looked at."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(PICTURES / f"{name}.png"))

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        """Make the window so large, with the colours that the system asks for."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        motion = {"name": "prefers-reduced-motion", "value": "reduce"}  # no colour is on its way to another one
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, motion]})
        if "RAILGUARD_SLOW" in os.environ:
            rate = {"rate": float(os.environ["RAILGUARD_SLOW"])}
            self.driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", rate)

    def requests(self) -> list[str]:
        """The addresses of all requests to a network so far."""
        messages = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        sent = [
            one["params"]
            for one in messages
            if one["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated")
        ]
        urls = [one["request"]["url"] if "request" in one else one["url"] for one in sent]
        return [url for url in urls if url.split(":")[0] in ("http", "https", "ws", "wss", "ftp")]


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """The browser."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    options.set_capability("unhandledPromptBehavior", "accept")
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    yield started
    started.quit()


@pytest.fixture
def play(driver: webdriver.Chrome, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Starts `railguard play` with a copy of the example, and gives the page, which is not open yet."""
    processes = []

    def start(*arguments: str) -> Page:
        for name in ("specs/fees.rail", "examples/fees/conversation.jsonl", "examples/fees/agreement.txt"):
            shutil.copy(ROOT / name, tmp_path)
        command = [sys.executable, "-m", "railguard", "play", *arguments, "--port", "0", "--format", "json"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        page = Page(driver, json.loads(process.stdout.readline())["url"], tmp_path)
        page.size(1400, 900)
        driver.get_log("performance")
        driver.get_log("browser")
        return page

    yield start
    first, *others = driver.window_handles
    for other in others:
        driver.switch_to.window(other)
        driver.get("about:blank")  # a page with changes asks before it is closed
        driver.close()
    driver.switch_to.window(first)
    driver.get("about:blank")
    for process in processes:
        process.terminate()
        process.wait(60)


@pytest.fixture
def fees(play: Callable[..., Page]) -> Page:
    """The example with its recording, open."""
    page = play("fees.rail", "--cassette", "conversation.jsonl", "--var", "document=@agreement.txt")
    page.open()
    return page
