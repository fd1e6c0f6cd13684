"""The cases whose products are compared: fields, demos, profiles, odd headers, and calls that are refused."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from benchmarks.steps.product_cases import Case, Group, cases
from benchmarks.timing import CHECKOUT

STAND_IN = CHECKOUT / "tests" / "stand_in_imager.py"
RUN = "run field.yaml --cores 1"
SIZES = "--size 256 --beams 3 --rounds 2"

FIELD = """\
field: SIM_0400-45
beams: {beams}
rounds: {rounds}
images: data/{{field}}.beam{{beam}}.round{{round}}.i.MFS.image.fits
{more}
"""
GIVEN = "mosaic: data/{field}.round{round}.i.MFS.linmos.fits\n"
COADDED = "mosaic: {primary_beam_fwhm: 1.15 deg}\n"
SNR = "flood_fill: true, flood_fill_positive_seed_clip: 5, beam_shape_erode: true"
MAC = "flood_fill: true, flood_fill_use_mac: true, flood_fill_positive_seed_clip: 1.5, beam_shape_erode: true"
ALL_BEAMS, TWO_BEAMS = '"00-03"', '["00", "02"]'

FIELD_RUNS = {
    "default": FIELD.format(beams=ALL_BEAMS, rounds=3, more=GIVEN),
    "beam": FIELD.format(beams=TWO_BEAMS, rounds=2, more="source: beam\npreset: {1: early-round, 2: compact}"),
    "scales": FIELD.format(
        beams=TWO_BEAMS,
        rounds=1,
        more=f"{COADDED}split_scales: true\n"
        f"masking: {{{SNR}, beam_shape_erode_scales: [0, 8, 16], extract_beam_union: true}}",
    ),
    "mac": FIELD.format(
        beams=TWO_BEAMS,
        rounds=2,
        more=f"{GIVEN}masking: {{{MAC}, flood_fill_use_mac_adaptive_max_depth: 3}}\n"
        "masking_rounds: {2: {flood_fill_positive_flood_clip: 0.8, grow_low_snr_island: true}}",
    ),
    "noise-given": FIELD.format(
        beams=TWO_BEAMS,
        rounds=1,
        more="mosaic: mosaic{round}.fits\nrms: mosaic{round}.rms.fits\nbkg: mosaic{round}.bkg.fits\npreset: diffuse",
    ),
}

DEMO = """\
field: {field}
beams: "00-02"
rounds: 2
images: demo/images/DEMO_0400-45.beam{{beam}}.round{{round}}.i.MFS.image.fits
{more}
"""
DEMO_COADDED = "mosaic: {primary_beam_fwhm: 0.3869 deg, primary_beam_cutoff: 0.2}\n"
DEMO_RUNS = {
    "default": DEMO.format(field="D", more=DEMO_COADDED),
    "scales": DEMO.format(
        field="D",
        more=f"{DEMO_COADDED}split_scales: true\n"
        f"masking: {{{SNR}, beam_shape_erode_scales: [0, 4, 8], beam_shape_erode_rims: true}}",
    ),
    "convolve-first": DEMO.format(
        field="D",
        more=f"source: beam\nmasking: {{{MAC}, convolve_first: true, beam_shape_erode_scales: [0, 8]}}",
    ),
    "weights": DEMO.format(
        field="D",
        more='mosaic: {weights: "demo/truth/beam{beam}.restored.fits"}\nmask_rounds: [2]\n'
        f"masking: {{{MAC}, flood_fill_count_negative: true, extract_beam_blank_border: 5}}",
    ),
    "clip": DEMO.format(field="D", more="source: beam\nmask_rounds: 2\nmasking: {base_snr_clip: 5}"),
    "clip-erode": DEMO.format(
        field="D",
        more="source: beam\nmask_rounds: 2\nmasking: {base_snr_clip: 3, beam_shape_erode: true}",
    ),
    "none": DEMO.format(field="D", more="source: beam\nmask_rounds: none"),
}

IMAGED = """\
field: F
beams: ["00", "01"]
rounds: 2
source: beam
measurement_sets: "sets/{field}.beam{beam}.ms"
imager:
  command: "python imager.py {ms} {prefix} {mask_argument} -j {threads} {extra}"
  extra: --noise 1e-3
  extra_rounds: {0: --noise 4e-3}
calibrate: {command: "cp -r {ms} {calibrated} && echo {round} >> {calibrated}/DATA"}
masking: {flood_fill: true, flood_fill_use_mac: true, flood_fill_use_mac_box_size: 12}
"""
SETS = {f"sets/F.beam0{n}.ms/{file}": f"{file} of beam {n}\n" for n in (0, 1) for file in ("DATA", "ANTENNA/table.dat")}

# What is refused, or warned of: exit statuses, and that nothing is left behind.
REFUSED = {
    "unknown-command": "flod image.fits",
    "unknown-option": "flood image.fits --no-such-option",
    "nothing": "",
    "no-argument": "flood",
    "absent": "flood absent.fits",
    "not-fits": "noise field.txt",
    "directory": "noise directory",
    "out-of-range": "noise image.fits --box-size 3",
    "not-a-number": "noise image.fits --box-size wide",
    "too-little-memory": "noise image.fits --memory 1kB",
    "no-memory": "noise image.fits --memory much",
    "no-threads": "noise image.fits --threads 0",
    "no-signal": "flood image.fits",
    "no-signal-snr-mask": "snr-mask image.fits",
    "both-no-image": "snr-mask image.fits --seeds --statistic both",
    "statistic": "flood image.fits --statistic either",
    "mac-and-statistic": "flood image.fits --use-mac --statistic snr",
    "mac-low-snr": "flood image.fits --use-mac --grow-low-snr-island",
    "mac-artefacts": "flood image.fits --use-mac --suppress-artefacts",
    "smooth-mac": "flood image.fits --use-mac --smooth-beams 1",
    "other-shape": "signal image.fits --rms beam.fits",
    "seeds-other-shape": "flood image.fits --use-mac --seeds beam.fits",
    "seeds-and-clip": "flood image.fits --use-mac --seeds image.fits --positive-seed-clip 2",
    "false-and-mac": "flood image.fits --use-mac --false-islands 1",
    "scales-absent": "scale-mask image.fits",
    "scales-words": "scale-mask image.fits --scales 0,wide",
    "scales-twice": "scale-mask image.fits --scales 8,8",
    "scales-many": "erode image.fits --scales 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,"
    "27,28,29,30,31,32,33",
    "rims-no-signal": "erode image.fits --rims",
    "beam-half": "erode image.fits --bmaj 30asec",
    "beam-angle": "erode image.fits --bmaj 30parsec --bmin 20asec --bpa 0",
    "beam-wider": "erode image.fits --bmaj 20asec --bmin 30asec --bpa 0",
    "beam-huge": "erode image.fits --bmaj 20deg --bmin 20deg --bpa 0",
    "border": "extract-beam beam.fits image.fits --blank-border -1",
    "not-a-mask": "extract-beam image.fits image.fits",
    "mosaic-no-output": "mosaic image.fits --primary-beam-fwhm 1deg",
    "mosaic-weights-few": "mosaic image.fits beam.fits --weights image.fits -o x.fits",
    "mosaic-both": "mosaic image.fits --weights image.fits --primary-beam-fwhm 1deg -o x.fits",
    "output-is-input": "signal image.fits --rms image.fits -o image.fits --overwrite",
    "output-exists": "signal image.fits --rms image.fits -o field.txt",
    "output-twice": "noise image.fits --rms-output a.fits --bkg-output a.fits",
    "output-nowhere": "noise image.fits --rms-output no/where.fits",
    "output-directory": "signal image.fits --rms image.fits -o .",
    "overwrite": "signal image.fits --rms image.fits -o field.txt --overwrite",
    "preset": "mask image.fits --preset no-such",
    "no-effect": "mask image.fits --flood-fill --flood-fill-pixel-clip 1 --beam-shape-erode-rims",
    "no-effect-flood": "flood image.fits --use-mac --pixel-clip 1 --mac-seed-factor 2",
    "mask-scales-alone": "mask image.fits --beam-shape-erode-scales 0,8",
    "convolve-first-alone": "mask image.fits --convolve-first",
    "bkg-alone": "mask image.fits --bkg image.fits",
    "check-both": "check image.fits --image image.fits --size 10 10 --scale 1asec",
    "check-channels": "check image.fits --image image.fits --channels 0",
    "simulate-size": "simulate demo --size 10",
    "simulate-file": "simulate field.txt",
    "profile": "profile no-such there",
    "run-absent": "run absent.yaml --cores 1",
    "run-no-cores": "run field.txt",
    "run-not-a-field": "run field.txt --cores 1",
    "summary-absent": "summary absent.yaml",
}
TOO_WIDE = ("beam_arcsec", "beam_half_degree")
"""Beams of so many pixels that it depends on the machine whether there is memory for them."""

KEYS = 'field: F\nbeams: ["00"]\nrounds: 1\n'
BAD_FIELDS = {
    "empty": "",
    "not-yaml": "field: [",
    "unknown-key": f"{KEYS}images: x{{beam}}{{round}}.fits\nsource: beam\nmask: 1",
    "no-mosaic": f"{KEYS}images: x{{beam}}{{round}}.fits",
    "pattern": f"{KEYS}images: x{{beam}}.fits\nsource: beam",
    "absent-images": f"{KEYS}images: x{{beam}}{{round}}.fits\nsource: beam",
    "range": f"{KEYS}images: x{{beam}}{{round}}.fits\nsource: beam\nmasking: {{flood_fill_positive_seed_clip: -1}}",
    "option": f"{KEYS}images: x{{beam}}{{round}}.fits\nsource: beam\nmasking: {{flood: true}}",
    "preset": f"{KEYS}images: x{{beam}}{{round}}.fits\nsource: beam\npreset: none-such",
    "round": f"{KEYS}images: x{{beam}}{{round}}.fits\nsource: beam\nmasking_rounds: {{4: {{flood_fill: true}}}}",
    "scales": f"{KEYS}images: x{{beam}}{{round}}.fits\nsource: beam\nmasking: {{convolve_first: true}}",
    "imager": f"{KEYS}source: beam\nimager: {{command: wsclean}}",
    "both-mosaics": f"{KEYS}images: x{{beam}}{{round}}.fits\nmosaic: {{primary_beam_fwhm: 1, weights: w}}",
}


def field_group(data: Path) -> Group:
    """Runs on the field of shared/data/field, each with its summary."""
    made = cases({"noise": "noise mosaic0.fits"})
    uses = {"noise-given": ("mosaic0.fits", "noise/mosaic0.rms.fits", "noise/mosaic0.bkg.fits")}
    for name, text in FIELD_RUNS.items():
        made += run_and_summary(name, text, ("data", *uses.get(name, ())))
    files = {"data": data, "mosaic0.fits": data / "SIM_0400-45.round0.i.MFS.linmos.fits"}
    return Group("field.runs", files, made)


def demo_group() -> Group:
    """A demo and runs on it."""
    made = cases(
        {
            "simulate": f"simulate demo {SIZES}",
            "simulate.seed": "simulate other --size 64 --beams 1 --rounds 1 --seed 7",
            "simulate.default": "simulate demo",
        }
    )
    demo = ("simulate/demo",)
    made.append(Case("run.own", ["run", "demo/field.yaml", "--cores", "1"], uses=demo))
    made.append(Case("summary.own", ["summary", "demo/field.yaml"], uses=(*demo, "run.own/results")))
    for name, text in DEMO_RUNS.items():
        made += run_and_summary(name, text, demo)
    two = {f"{field}.yaml": DEMO.format(field=field, more="source: beam\nmask_rounds: [1]") for field in ("A", "B")}
    made.append(Case("run.two-fields", ["run", *two, "--cores", "1"], two, demo))
    made.append(Case("summary.none-made", ["summary", "demo/field.yaml"], uses=demo))
    return Group("demo", {}, made)


def run_and_summary(name: str, text: str, uses: tuple[str, ...]) -> Iterator[Case]:
    """Run a field, and show its summary."""
    texts = {"field.yaml": text}
    yield Case(f"run.{name}", shlex.split(RUN), texts, uses)
    yield Case(f"summary.{name}", ["summary", "field.yaml"], texts, (*uses, f"run.{name}/results"))


def imaging_group(loop: bool) -> Group:
    """Fields that are imaged: by a stand-in and, if `loop`, a demo of measurement sets by WSClean."""
    made = [Case("run.stand-in", shlex.split(RUN), {"field.yaml": IMAGED, **SETS}, ("imager.py",))]
    if loop:
        made += cases(
            {
                "simulate": "simulate ms --measurement-sets --beams 1 --rounds 1 --size 128",
                "simulate.three": "simulate ms --measurement-sets --beams 3 --rounds 2 --size 64 --seed 3",
            }
        )
        # WSClean writes its model into the measurement sets, and their names into its images.
        made.append(Case("run", ["run", "simulate/ms/field.yaml", "--cores", "1"], alters=True))
    return Group("imaging", {"imager.py": STAND_IN}, made)


def refused_group(image: Path, beam: Path) -> Group:
    """Calls that are refused, or of which a part has no effect."""
    texts = {"field.txt": "no field", "directory/file.txt": "no image"}
    made = [Case(name, shlex.split(line), texts) for name, line in REFUSED.items()]
    for name, text in BAD_FIELDS.items():
        made.append(Case(f"field.{name}", shlex.split(RUN), {"field.yaml": text}))
    made += cases({"profile.default": "profile default there", "profile.slurm": "profile slurm there"})
    made += cases({"version": "--version"})
    return Group("refused", {"image.fits": image, "beam.fits": beam}, made)


def header_group(directory: Path) -> Group:
    """Small files with odd headers, each through some steps."""
    files = {path.name: path for path in sorted(directory.glob("*.fits")) if path.stem not in TOO_WIDE}
    calls: dict[str, str] = {}
    for name in files:
        stem = Path(name).stem
        calls |= {
            f"{stem}.mask": f"mask {name} --preset late-round",
            f"{stem}.check": f"check {stem}.mask/{stem}.mask.fits --image {name}",
            f"{stem}.erode": f"erode ok.mask/ok.mask.fits --beam {name}",
            f"{stem}.extract": f"extract-beam {name} ok.mask/ok.mask.fits",
            f"{stem}.mosaic": f"mosaic ok.fits {name} -o mosaic.fits --primary-beam-fwhm 0.2deg",
        }
    calls["pole"] = "extract-beam pole.fits pole.mask.fits"
    return Group("headers", files, cases(dict(sorted(calls.items(), key=lambda call: not call[0].startswith("ok.")))))
