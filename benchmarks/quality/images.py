"""Score mask makers on images whose true sky is known; no imager is needed. Prints tables in Markdown.

The images are the mosaics of a field that is given and of simulated fields, in rounds whose calibration errors shrink.
Each mask is judged as it is made and eroded by the restoring beam, each figure in the rounds from left to right:

islands      islands of the mask
false        those in which the truth nowhere exceeds 1.5 sigma of the thermal noise
masked %     of the pixels of the image
empty %      of the mask: pixels where the truth is below 0.5 sigma of the thermal noise
covered %    of the detectable true islands: truth > 1.5 rms, grown from truth > 5 rms (local rms of the image)
faint %      of those of their pixels where the truth is below 5 rms: rims and diffuse emission
3-5 ... >15  per cent of the true islands with a peak (truth over local rms) in that range of which a pixel is masked
artefacts    masked pixels without emission, as in empty %, within 30 beams (FWHM) of the brightest source
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path

from benchmarks.quality.makers import MaskMaker, eroded, mask_makers
from benchmarks.quality.scenes import SEEDS_ASIDE, SEEDS_TO_CHOOSE, Scene, given_field, simulated_field
from benchmarks.quality.scores import SOURCE_BINS, Counts, judge_mask
from benchmarks.timing import row

ORACLE = "oracle: the detectable true islands"
STATES = ("as made", "eroded")
BINS = [*(f"{low:g}-{high:g}" for low, high in pairwise(SOURCE_BINS)), f">{SOURCE_BINS[-1]:g}"]
HEADS = ("mask", "islands", "false", "masked %", "empty %", "covered %", "faint %", *BINS, "artefacts")

Results = dict[tuple[str, str, int], Counts]
"""By state, mask maker and round."""


def judge_scenes(scenes: Iterable[Scene], makers: Sequence[MaskMaker]) -> Results:
    """Make every mask of every image, and judge it."""
    results: Results = {}
    for image, k, known in scenes:
        for maker in [*makers, MaskMaker(ORACLE, lambda _image, _k, mask=known.detectable: mask)]:
            mask = maker.make(image, k)
            as_made = maker.as_made(image, k) if maker.as_made else None if maker.erodes else mask
            if as_made is not None:
                results["as made", maker.name, k] = judge_mask(as_made, known)
            results["eroded", maker.name, k] = judge_mask(mask if maker.erodes else eroded(mask, image), known)
    return results


def together(fields: Sequence[Results]) -> Results:
    """Sum of the counts of several fields."""
    return {key: reduce(Counts.plus, (field[key] for field in fields)) for key in fields[0]}


def show(title: str, results: Results) -> None:
    """Print a table for each state of the masks."""
    rounds = sorted({k for _, _, k in results})
    for state in STATES:
        names = list(dict.fromkeys(name for made, name, _ in results if made == state))
        if not names:
            continue
        print(f"\n{title}, {state}; rounds {', '.join(map(str, rounds))}\n")
        print(row(*HEADS), row(*["---"] * len(HEADS)), sep="\n")
        for name in names:
            counts = [results[state, name, k] for k in rounds]
            print(row(name, *(" / ".join(map(figure, counts)) for figure in figures())), flush=True)
    sources = [results["eroded", ORACLE, k].sources for k in rounds]
    print(f"\nTrue islands of {', '.join(BINS)} sigma by round: {'; '.join(', '.join(map(str, n)) for n in sources)}.")


def figures() -> list[Callable[[Counts], str]]:
    """What is shown of the counts, in the order of `HEADS`."""

    def found(n: int) -> Callable[[Counts], str]:
        return lambda c: per_cent(c.found[n], c.sources[n], 0)

    return [
        lambda c: str(c.islands),
        lambda c: str(c.false_islands),
        lambda c: per_cent(c.masked, c.valid, 2),
        lambda c: per_cent(c.empty, c.masked, 1),
        lambda c: per_cent(c.covered, c.detectable, 1),
        lambda c: per_cent(c.faint_covered, c.faint, 1),
        *map(found, range(len(BINS))),
        lambda c: str(c.artefacts),
    ]


def per_cent(part: int, whole: int, digits: int) -> str:
    return f"{100 * part / whole:.{digits}f}" if whole else "-"


def main() -> None:
    """Parse the command line, and judge the masks of each field."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("field", type=Path, nargs="?", help="a field with mosaics and truth, like data/field")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seeds", type=int, nargs="*", default=SEEDS_TO_CHOOSE, help="of simulated fields (1 2 3 4)")
    seeds.add_argument(
        "--aside", action="store_const", dest="seeds", const=SEEDS_ASIDE, help="the seeds that constants never saw"
    )
    parser.add_argument("--size", type=int, default=768, help="width of a simulated beam, pixels (768)")
    parser.add_argument("--rounds", type=int, nargs="+", default=[0, 1, 2], help="(0 1 2)")
    parser.add_argument("--only", nargs="+", default=[""], metavar="MAKER", help="those whose names begin so")
    parser.add_argument("--each", action="store_true", help="show each simulated field too, not only all together")
    parser.add_argument("--directory", type=Path, help="keep the simulated fields here, and use those that are there")
    parser.add_argument("--breizorro", metavar="PROGRAM", help="run breizorro itself (another environment's)")
    given = parser.parse_args()
    makers = [maker for maker in mask_makers(given.breizorro) if maker.name.startswith(tuple(given.only))]
    if given.field is not None:
        show("/".join(given.field.resolve().parts[-2:]), judge_scenes(given_field(given.field, given.rounds), makers))
    fields = []
    for seed in given.seeds:
        with tempfile.TemporaryDirectory() as temporary:
            base = Path(temporary) if given.directory is None else given.directory
            scenes = simulated_field(base / f"seed{seed}.{given.size}", seed, given.size, given.rounds)
            fields.append(judge_scenes(scenes, makers))
        if given.each:
            show(f"Seed {seed}", fields[-1])
    if fields:
        show(f"Seeds {', '.join(map(str, given.seeds))} together", together(fields))


if __name__ == "__main__":
    main()
