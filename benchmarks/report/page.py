"""Size of the page of a report, CPU seconds to write it, and how soon Chromium has loaded it.

python -m benchmarks.report.page --beams 36 540 --rounds 4 3

Pictures are as large as they get, and of nothing but noise, which is the most that they can take.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from skerry.pictures.thumbnail import thumbnail
from skerry.report.changes import Changes
from skerry.report.field_facts import FieldFacts, RoundFacts, picture_sizes
from skerry.report.page import page_of
from skerry.report.target_facts import TargetFacts, TargetFiles

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from browser import running_browser

LOADS = 5


def field(beams: int, rounds: int) -> FieldFacts:
    """A field of so many beams and rounds, with a mosaic."""
    rng = np.random.default_rng(1)
    mosaic, beam = (
        thumbnail(rng.normal(size=(size, size)).astype(np.float32), size=size)
        for size in picture_sizes(rounds, rounds * beams)
    )
    files = TargetFiles(Path("mask.fits"), Path("image.fits"))

    def target(k: int, name: str, picture: bytes, *, is_mosaic: bool = False) -> TargetFacts:
        numbers = {
            "islands": 30,
            "fraction": 0.01,
            "noise": float(rng.uniform(1e-5, 2e-5)),
            "flux": float(rng.gamma(1)),
        }
        changes = Changes(25, 5, 1)
        return TargetFacts(k, name, files, is_mosaic, changes=changes, unit="Jy/beam", picture=picture, **numbers)

    found = [
        RoundFacts(
            k,
            (target(k, "mosaic", mosaic, is_mosaic=True),),
            tuple(target(k, f"{n:03d}", beam) for n in range(beams)),
        )
        for k in range(1, rounds + 1)
    ]
    return FieldFacts("F", "field.yaml", "results/F", tuple(found))


def main() -> None:
    """Measure fields of some sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beams", type=int, nargs="+", default=[36, 540])
    parser.add_argument("--rounds", type=int, nargs="+", default=[4, 3])
    given = parser.parse_args()
    print("| beams x rounds | MB | CPU s to write | load event, s |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as directory, running_browser(Path(directory, "browser")) as browser:
        for beams, rounds in zip(given.beams, given.rounds, strict=True):
            facts, path = field(beams, rounds), Path(directory, "report.html")
            start = time.process_time()
            path.write_text(page_of(facts), encoding="utf-8")
            taken, loads = time.process_time() - start, []
            for _ in range(LOADS):
                browser.open(path)
                loads.append(browser.ask("return performance.getEntriesByType('navigation')[0].loadEventEnd") / 1e3)
            size = path.stat().st_size / 1e6
            print(f"| {beams} x {rounds} | {size:.1f} | {taken:.2f} | {statistics.median(loads):.2f} |")


if __name__ == "__main__":
    main()
