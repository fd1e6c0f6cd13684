"""Time the whole workflow on the field of shared/data/field: four beams, three rounds.

Five runs, each in an empty directory: the default presets from the mosaics that are given, and from mosaics that are
co-added first; and signal to noise and the minimum absolute clip without a preset. On images so small most of the time
is the start of processes, so this times what the workflow itself costs.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

from benchmarks.timing import SKERRY, machine, row, run

FIELD = """\
field: SIM_0400-45
beams: "00-03"
rounds: 3
images: {data}/{{field}}.beam{{beam}}.round{{round}}.i.MFS.image.fits
mosaic: {mosaic}
{masking}
output: results
"""
MOSAICS = "{data}/{{field}}.round{{round}}.i.MFS.linmos.fits"
COADDED = "{{primary_beam_fwhm: 1.15 deg}}"
DEFAULT = "# The default presets."
SNR = "preset: none\nmasking: {flood_fill: true, flood_fill_positive_seed_clip: 5, beam_shape_erode: true}"
MAC = (
    "preset: none\nmasking: {flood_fill: true, flood_fill_use_mac: true, flood_fill_positive_seed_clip: 1.5, "
    "flood_fill_positive_flood_clip: 1.2, beam_shape_erode: true}"
)
CASES = {
    "mosaics given, default presets": (MOSAICS, DEFAULT),
    "co-adding, default presets": (COADDED, DEFAULT),
    "mosaics given, S/N 5/1.5, erode": (MOSAICS, SNR),
    "mosaics given, MAC 1.5/1.2, erode": (MOSAICS, MAC),
    "co-adding, S/N 5/1.5, erode": (COADDED, SNR),
}


def count_jobs(directory: Path) -> int:
    """Jobs that a run did, by Snakemake's own log; the target rule is none."""
    logs = sorted((directory / ".snakemake" / "log").glob("*.log"))
    done = re.findall(r"^(\d+) of \d+ steps", logs[-1].read_text(), flags=re.MULTILINE)
    return int(done[-1]) - 1


def main() -> None:
    """Run the cases and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the field: images and mosaics")
    parser.add_argument("--cores", type=int, default=2, help="cores for Snakemake (default 2)")
    given = parser.parse_args()
    data = given.data.resolve()
    print(f"4 beams of 1024 x 1024, mosaics of 1536 x 1536, 3 rounds, --cores {given.cores}; {machine()}\n")
    print(row("masks from", "wall s", "CPU s", "GB", "jobs", "masks"), row(*["---"] * 6), sep="\n")
    for name, (mosaic, masking) in CASES.items():
        with tempfile.TemporaryDirectory() as temporary:
            directory = Path(temporary)
            text = FIELD.format(data=data, mosaic=mosaic.format(data=data), masking=masking)
            (directory / "field.yaml").write_text(text)
            usage = run([SKERRY, "run", "field.yaml", "--cores", str(given.cores)], directory)
            masks = len(list((directory / "results").glob("*/round*/beam*.mask.fits")))
            print(row(name, *usage, count_jobs(directory), masks), flush=True)


if __name__ == "__main__":
    main()
