"""`python -m tests.java`: installs a Java runtime for the Spark tests where that is possible, and says so.

Where it is not (no apt-get, not root, no network), the Spark tests skip with that reason.
"""

import os
import shutil
import subprocess
import sys


def install() -> str:
    """Install Java 17 when there is none and it may be installed; return what was found or done."""
    if shutil.which("java") is not None:
        return "Java is there."
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return "Java is missing and cannot be installed here (needs apt-get and root): Spark tests will skip."
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "openjdk-17-jre-headless"]):
        if subprocess.run(command, env=environment, capture_output=True, text=True, check=False).returncode:
            return "Java could not be installed: Spark tests will skip."
    return "Java was installed."


if __name__ == "__main__":
    sys.stdout.write(install() + "\n")
