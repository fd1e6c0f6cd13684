"""A browser without a window: what it says of a page, what it fetches, and what a reader would see."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PROGRAMS = {"browser": ("chromium", "chromium-browser"), "driver": ("chromedriver",)}
OF_THE_PAGE = ("file:", "http:", "https:", "ws:", "wss:", "ftp:")
"""Of what is fetched: the browser's own pages are none of a report's."""


class Browser:
    """A browser and the page that is open in it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, path: Path) -> None:
        """Open a page, and wait until it is loaded."""
        self.driver.get("about:blank")
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.driver.get(path.resolve().as_uri())

    def errors(self) -> list[str]:
        """Errors of the console since the page was opened, each as far as a reader wants to know."""
        return [entry["message"][:300] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def fetched(self) -> list[str]:
        """Addresses that were asked for since the page was opened, but data within it."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        sockets = [event["params"]["url"] for event in events if event["method"] == "Network.webSocketCreated"]
        return [url for url in [*(one["request"]["url"] for one in sent), *sockets] if url.startswith(OF_THE_PAGE)]

    def ask(self, script: str, *arguments: Any) -> Any:
        """Value of a script, the body of a function."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        """First element of a selector of CSS."""
        return self.driver.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        """Text of each element of a selector."""
        return list(self.ask("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector))

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        self.driver.switch_to.active_element.send_keys(key)

    def waits_for(self, script: str) -> bool:
        """Whether a script gets to be true within some seconds."""
        from selenium.common.exceptions import TimeoutException
        from selenium.webdriver.support.ui import WebDriverWait

        try:
            return bool(WebDriverWait(self.driver, 20).until(lambda driver: driver.execute_script(script)))
        except TimeoutException:
            return False


@contextmanager
def running_browser(directory: Path) -> Iterator[Browser]:
    """A browser that keeps what it writes in an empty directory; the test is skipped where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="no selenium (pip install 'skerry[dev]')")
    found = {what: next(filter(None, map(shutil.which, names)), None) for what, names in PROGRAMS.items()}
    for what, path in found.items():
        if path is None:
            pytest.skip(
                f"no {what} on the PATH: {PROGRAMS[what][0]} (Debian: apt-get install chromium chromium-driver)"
            )
    options = webdriver.ChromeOptions()
    options.binary_location = found["browser"]
    for flag in (*FLAGS, f"--user-data-dir={directory}", "--window-size=1280,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(found["driver"]))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
