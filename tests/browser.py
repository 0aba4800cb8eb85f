"""`python -m tests.browser`: installs Debian's Chromium for the browser tests where that is possible, and says so.

Where it is not (no apt-get, not root, no network), the browser tests skip with that reason.
"""

import os
import shutil
import subprocess
import sys

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Return the path of Chromium, or None."""
    return shutil.which("chromium")


def install() -> str:
    """Install Chromium when it is missing and may be installed; return what was found or done."""
    if chromium() is not None:
        return "Chromium is there."
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return "Chromium is missing and cannot be installed here (needs apt-get and root): browser tests will skip."
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium", "fonts-dejavu-core"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return "Chromium could not be installed: browser tests will skip."
    return "Chromium was installed."


if __name__ == "__main__":
    sys.stdout.write(install() + "\n")
