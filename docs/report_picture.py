"""Take the picture of the report in docs/report.md, in Chromium without a window.

skerry simulate demo && skerry run demo/field.yaml --cores 2 && skerry report demo/field.yaml -o report.html
python docs/report_picture.py report.html docs/report.jpg
"""

from __future__ import annotations

import argparse
import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from browser import running_browser

WIDTH, HEIGHT = 1100, 620
QUALITY = 75


def main() -> None:
    """Take it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--part", default="round-2", help="id of what stands at the top")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, running_browser(Path(directory)) as browser:
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.open(given.report)
        browser.ask("document.getElementById(arguments[0]).scrollIntoView()", given.part)
        shown = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
    # Noise makes a PNG large.
    picture = Image.open(io.BytesIO(base64.b64decode(shown))).convert("RGB")
    picture.save(given.picture, quality=QUALITY, subsampling=0, optimize=True)


if __name__ == "__main__":
    main()
