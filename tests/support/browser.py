"""Chromium, the real browser of the tests: the system's own, driven by Playwright.

    python -m tests.support.browser        installs it where it is missing, or prints how to

Playwright's own browsers come from outside the package index, so none of them is used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
MISSING = (
    "There is no Chromium on this machine, and the tests look at the UI in a real browser. Install it: "
    "`apt-get install chromium` (Debian), `dnf install chromium` (Fedora), `brew install chromium` (macOS)."
)


def chromium() -> str:
    """The browser's path; AssertionError with the command that installs it."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    assert found, MISSING
    return found


@contextmanager
def browsing(*flags: str) -> Iterator[Page]:
    """A page of a new browser, as wide as a desk's screen; `flags` are further options of Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *flags])
        try:
            yield browser.new_page(viewport={"width": 1600, "height": 1000})
        finally:
            browser.close()


def main() -> int:
    """Install the browser if it is missing and this is root on Debian; 0 if it is there then."""
    if any(map(shutil.which, NAMES)):
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quietly = {"DEBIAN_FRONTEND": "noninteractive", **os.environ}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            result = subprocess.run(["apt-get", *command], env=quietly, stdout=subprocess.DEVNULL, check=False)
            if result.returncode:
                break
    if any(map(shutil.which, NAMES)):
        return 0
    print(MISSING, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
